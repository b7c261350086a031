// The third browser engine, that of Safari: WebKitGTK, by its WebDriver.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startStaticServer } from "../../support/static-server.mjs";
import { launchWebkit } from "../../support/webkit.mjs";
import { app, expected, state } from "./install.mjs";
import { plainPages } from "./pages.mjs";
import { works } from "./table.mjs";

describe("webkit", () => {
  /** @type {import("../../support/webkit.mjs").Webkit} */
  let webkit;
  before(async () => {
    webkit = await launchWebkit();
  });
  after(() => webkit?.close());

  for (const { how, csp, page, files } of plainPages) {
    test(how, async () => {
      const site = await startStaticServer({ mounts: { "/": app }, files: await files(), csp });
      try {
        await webkit.open(`${site.url}${page}?server=${encodeURIComponent(state.server.url)}`);
        assert.deepEqual(await webkit.done(), expected);
      } finally {
        await site.stop();
      }
      works("WebKit", how);
    });
  }
});
