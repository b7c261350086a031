// What is left of calls once they have ended and been collected.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { startFrameServer } from "../bench/frame-server.mjs";
import { importPkg, pkg } from "../support/paths.mjs";

setFlagsFromString("--allow-natives-syntax");
/** Whether the engine holds objects for alike, so that what it compiled for one serves the other. */
const areAlike = /** @type {(one: object, other: object) => boolean} */ (new Function("one", "other", "return %HaveSameMap(one, other)"));

test("objects that look as calls and their contexts do outlast them, so that what engines compiled for those does, and hold nothing of theirs", async () => {
  const { Client } = await importPkg();
  const { Call } = await import(pathToFileURL(path.join(pkg, "client/call.js")).href);
  const { CallTable } = await import(pathToFileURL(path.join(pkg, "client/table.js")).href);
  /** @type {object | undefined} */
  let latest;
  const { take } = CallTable.prototype;
  CallTable.prototype.take = function (/** @type {number} */ slot) {
    return (latest = take.call(this, slot));
  };
  const server = await startFrameServer();
  const client = await Client.connect(server.http);
  try {
    for (let i = 0; i < 3; i++) {
      let reports = 0;
      /** @type {object | undefined} */
      let context;
      await client.callTool("flood", { n: 2000, shape: "meta" }, {
        progressHandler(/** @type {unknown[]} */ ...given) {
          reports++;
          context = /** @type {object} */ (given[3]);
        },
      });
      assert.equal(reports, 2000);
      const { model } = Call;
      assert.ok(latest && latest !== model && areAlike(model, latest), `after ${i + 1} calls`);
      assert.ok(context && context !== model.context && areAlike(model.context, context), `contexts after ${i + 1} calls`);
      await client.callTool("flood", { n: 0, shape: "meta" });
      assert.equal(Call.model, model, "a call without progress makes no other");
      for (const value of [...Object.values(model), ...Object.values(model.context)]) {
        assert.ok(Object(value) !== value || (typeof value === "object" && !Object.keys(value).length));
      }
    }
  } finally {
    CallTable.prototype.take = take;
    await client.close();
    server.stop();
  }
});
