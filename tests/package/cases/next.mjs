// Next: the package is imported where pages are rendered, called from a route on the server, and
// used in the browser.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { browsers, launch } from "../../support/browser.mjs";
import { start } from "../../support/process.mjs";
import { assertRuns } from "./browsers.mjs";
import { app, expected, output, state, tool, versionOf } from "./install.mjs";
import { works } from "./table.mjs";

const cwd = path.join(app, "next");
const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" };

describe("next", () => {
  /** @type {import("../../support/process.mjs").Running} */
  let next;
  before(async () => {
    const cli = tool("next", "dist", "bin", "next");
    await output(process.execPath, [cli, "build"], { cwd, env });
    next = await start(process.execPath, [cli, "start", "--port", "0", "--hostname", "127.0.0.1"], { ready: /http:\/\/127\.0\.0\.1:(\d+)[\s\S]*Ready/, cwd, env });
  });
  after(() => next?.stop());

  const url = () => `http://127.0.0.1:${next.match[1]}/`;
  const row = () => `Next ${versionOf("next")}`;

  test("server rendering imports it and makes a client", async () => {
    const html = await (await fetch(url())).text();
    assert.match(html, /<p>function, 0 calls<\/p>/);
    works(row(), "server rendering");
  });

  test("a route handler calls a tool", async () => {
    const answer = await fetch(`${url()}call?server=${encodeURIComponent(state.server.url)}`);
    assert.deepEqual(await answer.json(), expected);
    works(row(), "route handler");
  });

  test("a client component calls a tool", async () => {
    const browser = await launch(/** @type {"chromium"} */ (browsers[0]));
    try {
      await assertRuns(browser, url());
    } finally {
      await browser.close();
    }
    works(row(), "client component");
  });
});
