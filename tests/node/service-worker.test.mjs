// What is missing in a service worker is said in words.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { pkg } from "../support/paths.mjs";

/** @type {typeof import("mcp-wasm")} */
const { Client, Server } = await import(pathToFileURL(path.join(pkg, "index.js")).href);
const scope = /** @type {any} */ (globalThis);
after(() => void delete scope.ServiceWorkerGlobalScope);

test("a server in a service worker, which loads nothing later, says which entry is for it", async () => {
  scope.ServiceWorkerGlobalScope = class {
    static [Symbol.hasInstance]() {
      return true;
    }
  };
  const server = new Server({ name: "s", version: "1.0.0" });
  await assert.rejects(Client.connect(server), { code: "UNSUPPORTED", message: /service worker.*initServer.*mcp-wasm\/slim/ });
  // It is no state that stays.
  delete scope.ServiceWorkerGlobalScope;
  const client = await Client.connect(server);
  await client.close();
});
