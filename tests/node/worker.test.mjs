// Worker mode where there are no workers, and how a worker gathers what it has for the page.
import assert from "node:assert/strict";
import path from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Clock } from "../rules/clock.mjs";
import { turn } from "../rules/check.mjs";
import { importPkg, pkg } from "../support/paths.mjs";

test("where there are no workers, worker: true is a typed error", async () => {
  const { Client, McpError } = await importPkg();
  await assert.rejects(Client.connect("ws://127.0.0.1:9/", { worker: true }), (/** @type {any} */ error) => {
    assert.ok(error instanceof McpError);
    assert.equal(error.code, "UNSUPPORTED");
    assert.match(error.message, /no Worker/);
    return true;
  });
});

describe("batches", () => {
  /**
   * What leaves, each with its time, while `run` lets time pass.
   * @param {(batch: any, clock: Clock) => Promise<void>} run
   */
  async function record(run) {
    const { Batch } = await importPkg("worker/batch.js");
    const clock = new Clock();
    const start = performance.now();
    /** @type {{ at: number, batch: any }[]} */
    const left = [];
    try {
      await run(new Batch((/** @type {any} */ batch) => left.push({ at: performance.now() - start, batch })), clock);
    } finally {
      clock.stop();
    }
    return left;
  }
  /** The records of a batch, as the page reads them. @param {any} batch */
  async function read({ numbers, text }) {
    const { messageOf, paramsOf } = await importPkg("wasm/records.js");
    const words = await importPkg("wasm/words.js");
    return Array.from({ length: numbers.length / words.FIELDS }, (_, i) => {
      const at = i * words.FIELDS;
      return [numbers[at + words.FIELD_TOKEN], numbers[at + words.FIELD_PROGRESS], numbers[at + words.FIELD_TOTAL], messageOf(numbers, at, text), paramsOf(numbers, at, text)];
    });
  }

  test("the first leaves at once, the rest 16 ms after the one before, all in order", async () => {
    const left = await record(async (batch, clock) => {
      for (let token = 1; token <= 100; token++) {
        batch.progress(0, token, token / 2, 50, `step ${token}`);
        await turn();
        await clock.pass(1);
      }
      await clock.pass(100);
    });
    assert.deepEqual(left.map(({ at }) => at), [0, 16, 32, 48, 64, 80, 96, 112]);
    const all = (await Promise.all(left.map(({ batch }) => read(batch)))).flat();
    assert.deepEqual(all, Array.from({ length: 100 }, (_, i) => [i + 1, (i + 1) / 2, 50, `step ${i + 1}`, undefined]));
  });

  test("what somebody waits for leaves at once, and all before it comes along in its place", async () => {
    const left = await record(async (batch, clock) => {
      batch.progress(0, 1, 0.5, NaN);
      await turn();
      batch.progress(0, 2, 1, NaN, "", '{"größe":1}');
      batch.add("frame", "news", false);
      batch.progress(1, 3, 1, NaN, "größer 🎉");
      await clock.pass(5);
      batch.add("frame", "result");
      batch.progress(4, 4, 2, NaN);
      await turn();
      await clock.pass(20);
    });
    assert.deepEqual(left.map(({ at }) => at), [0, 5]);
    assert.deepEqual(left[1]?.batch.others, [[1, "frame", "news"], [2, "frame", "result"]]);
    // An empty message is one.
    const records = [[2, 1, NaN, "", '{"größe":1}'], [3, 1, NaN, "größer 🎉", undefined], [4, 2, NaN, undefined, undefined]];
    assert.deepEqual(await read(left[1]?.batch), records);
  });

  test("what comes in one chunk leaves in one batch, however much it is", async () => {
    const left = await record(async (batch) => {
      for (let token = 1; token <= 5000; token++) batch.progress(0, token, token, NaN);
      await turn();
    });
    assert.equal(left.length, 1);
    assert.equal(left[0]?.batch.numbers.length, 50_000);
  });
});
