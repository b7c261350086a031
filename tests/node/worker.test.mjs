// Worker mode where there are no workers, and how a worker gathers what it has for the page.
import assert from "node:assert/strict";
import { appendFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Clock } from "../rules/clock.mjs";
import { deferred, soon, turn, within } from "../rules/check.mjs";
import { makeApp } from "../support/app.mjs";
import { Socket, install } from "../support/fake-socket.mjs";
import { importPkg, pkg } from "../support/paths.mjs";
import { workerHere } from "../support/worker-here.mjs";

test("where there are no workers, worker: true is a typed error", async () => {
  const { Client, McpError } = await importPkg();
  await assert.rejects(Client.connect("ws://127.0.0.1:9/", { worker: true }), (/** @type {any} */ error) => {
    assert.ok(error instanceof McpError);
    assert.equal(error.code, "UNSUPPORTED");
    assert.match(error.message, /no Worker/);
    return true;
  });
});

test("progress that comes while a handler runs is delivered, and what was behind it after that", async () => {
  install();
  const { Client } = await importPkg();
  const words = await import(pathToFileURL(path.join(pkg, "wasm/words.js")).href);
  const make = await workerHere("nested");
  /** @type {(event: { data: object }) => void} */
  let hear = () => {};
  const worker = () => {
    const own = make();
    const addEventListener = (/** @type {string} */ type, /** @type {import("../support/worker-here.mjs").Listener} */ listener) => {
      if (type === "message") hear = listener;
      own.addEventListener(type, listener);
    };
    return { ...own, addEventListener };
  };
  const connecting = Client.connect("ws://fake.test/mcp", { worker: /** @type {any} */ (worker), mode: "legacy" });
  const before = Socket.all.length;
  await soon("the socket", () => Socket.all.length > before);
  const server = /** @type {Socket} */ (Socket.all.at(-1));
  server.open();
  const client = await within(connecting, "the connection");
  server.answers = false;
  /** Some reports of a call, in one batch. @param {number} token @param {string[]} messages */
  const say = (token, messages) => {
    const numbers = new Float64Array(messages.length * words.FIELDS);
    let text = " ";
    for (const [i, message] of messages.entries()) {
      const at = i * words.FIELDS;
      numbers.set([token, i + 1, NaN, text.length, text.length + message.length], at + words.FIELD_TOKEN);
      text += message;
    }
    hear({ data: { mcp: "batch", numbers, text, others: [] } });
  };
  const token = (/** @type {string} */ name) => server.sent.find(({ params }) => params?.name === name).params._meta.progressToken;
  /** @type {unknown[][]} */
  const heard = [];
  const inner = client.callTool("inner", {}, { progressHandler: (/** @type {number} */ progress, /** @type {unknown} */ _total, /** @type {string} */ message) => void heard.push(["inner", progress, message]) });
  const outer = client.callTool("outer", {}, {
    progressHandler: (/** @type {number} */ progress, /** @type {unknown} */ _total, /** @type {string} */ message) => {
      heard.push(["outer", progress, message]);
      if (progress === 1) say(token("inner"), ["a", 'b "\\n"', "c"]);
    },
  });
  await soon("the calls", () => server.sent.filter(({ method }) => method === "tools/call").length === 2);
  say(token("outer"), ["first", 'second \\ "', "third", "fourth"]);
  assert.deepEqual(heard, [
    ["outer", 1, "first"],
    ["inner", 1, "a"],
    ["inner", 2, 'b "\\n"'],
    ["inner", 3, "c"],
    ["outer", 2, 'second \\ "'],
    ["outer", 3, "third"],
    ["outer", 4, "fourth"],
  ]);
  await Promise.all([assert.rejects(inner), assert.rejects(outer), client.close()]);
});

describe("what a server says", () => {
  /** A client whose machine is ready when it is let, or at once; and the server's socket. @param {string} name @param {boolean} late */
  async function begin(name, late) {
    const app = await makeApp(`hears-${name}`, []);
    // Who is told of changes of lists has all of the machine before it begins.
    if (late) await appendFile(path.join(app.directory, "node_modules/mcp-wasm/client/subscription.js"), "await globalThis.untilLet;\n");
    const { promise, resolve } = deferred();
    Object.assign(globalThis, { untilLet: promise });
    const { Client } = await app.import("index.js");
    const worker = await workerHere(`heard-${name}`);
    const before = Socket.all.length;
    const connecting = Client.connect("ws://fake.test/mcp", { worker, mode: "legacy", listChanged: { tools: { onChanged() {} } } });
    await soon("the socket", () => Socket.all.length > before);
    return { connecting, server: /** @type {Socket} */ (Socket.all.at(-1)), let: resolve };
  }
  const PING = { jsonrpc: "2.0", id: "early", method: "ping" };
  const GREETED = ["initialize", "early", "notifications/initialized"];

  test("before the worker can read is read in its place", async () => {
    install();
    const { connecting, server } = await begin("worker", false);
    server.open();
    server.say(PING);
    const client = await within(connecting, "the connection");
    await soon("the greeting", () => server.sent.length > 2);
    assert.deepEqual(server.sent.map(({ method, id }) => method ?? id), GREETED);
    await client.close();
  });

  test("before the page can read is read in its place", async () => {
    install();
    const { connecting, server, let: ready } = await begin("page", true);
    server.open();
    server.say(PING);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(server.sent, []);
    ready();
    const client = await within(connecting, "the connection");
    await soon("the greeting", () => server.sent.length > 2);
    assert.deepEqual(server.sent.map(({ method, id }) => method ?? id), GREETED);
    await client.close();
  });

  test("last, before the page can read, is that it has closed the connection", async () => {
    install();
    const { connecting, server, let: ready } = await begin("closed", true);
    const failed = assert.rejects(within(connecting, "the connection"), { code: "CLOSED" });
    server.open();
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.close();
    ready();
    await failed;
    assert.deepEqual(server.sent, []);
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
    const { textsOf } = await importPkg("wasm/records.js");
    const words = await importPkg("wasm/words.js");
    return Array.from({ length: numbers.length / words.FIELDS }, (_, i) => {
      const at = i * words.FIELDS;
      const { message, params } = textsOf(numbers, at, text);
      return [numbers[at + words.FIELD_TOKEN], numbers[at + words.FIELD_PROGRESS], numbers[at + words.FIELD_TOTAL], message, params];
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
