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
    const { Batch } = await import(pathToFileURL(path.join(pkg, "worker", "batch.js")).href);
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
  const tokens = (/** @type {any} */ { numbers }) => Array.from(numbers).filter((_, index) => index % 7 === 6);

  test("the first leaves at once, the rest 16 ms after the one before, all in order", async () => {
    const left = await record(async (batch, clock) => {
      for (let token = 1; token <= 100; token++) {
        batch.progress(token, token / 2, 50, `step ${token}`);
        await turn();
        await clock.pass(1);
      }
      await clock.pass(100);
    });
    assert.deepEqual(left.map(({ at }) => at), [0, 16, 32, 48, 64, 80, 96, 112]);
    assert.deepEqual(left.flatMap(({ batch }) => tokens(batch)), Array.from({ length: 100 }, (_, i) => i + 1));
    const { numbers, text } = left[1]?.batch;
    assert.deepEqual([numbers[6], numbers[1], numbers[2], text.substring(numbers[3], numbers[4])], [2, 1, 50, "step 2"]);
  });

  test("what somebody waits for leaves at once, and all before it comes along in its place", async () => {
    const left = await record(async (batch, clock) => {
      batch.progress(1, 0.5, NaN);
      await turn();
      batch.progress(2, 1, NaN, "");
      batch.add("frame", "news", false);
      batch.progress(3, 1, NaN, "größer 🎉");
      await clock.pass(5);
      batch.add("frame", "result");
      batch.progress(4, 2, NaN);
      await turn();
      await clock.pass(20);
    });
    assert.deepEqual(left.map(({ at }) => at), [0, 5]);
    const { numbers, text, others } = left[1]?.batch;
    assert.deepEqual(tokens(left[1]?.batch), [2, 3, 4]);
    assert.deepEqual(others, [[1, "frame", "news"], [2, "frame", "result"]]);
    // Without a message it starts at 0; an empty one is one.
    assert.deepEqual([0, 1, 2].map((i) => (numbers[i * 7 + 3] ? text.substring(numbers[i * 7 + 3], numbers[i * 7 + 4]) : undefined)), ["", "größer 🎉", undefined]);
  });

  test("what comes in one chunk leaves in one batch, however much it is", async () => {
    const left = await record(async (batch) => {
      for (let token = 1; token <= 5000; token++) batch.progress(token, token, NaN);
      await turn();
    });
    assert.equal(left.length, 1);
    assert.equal(left[0]?.batch.numbers.length, 35_000);
  });
});
