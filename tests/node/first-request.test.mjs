// The first request over HTTP, which is on its way while the module is compiled: once, and none that the core would not
// have sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deferred, pending, soon, within } from "../rules/check.mjs";
import { makeApp } from "../support/app.mjs";
import { workerHere } from "../support/worker-here.mjs";

/** @typedef {{ url: string, method: string, text: string, headers: Record<string, string>, signal: AbortSignal, early: boolean }} Asked */

// Node's own HTTP has a module, which it compiles when something of it is touched.
void Response;
/** How many parts of the module have been begun to be compiled beside the first one. */
let compiled = 0;
/** What the first part waits for. @type {Promise<unknown> | undefined} */
let gate;
/** What the others wait for. @type {Promise<unknown> | undefined} */
let rest;
const { compile, instantiate } = WebAssembly;
Object.assign(WebAssembly, {
  compile: async (/** @type {BufferSource} */ source) => (compiled++, await rest, compile(source)),
  instantiate: async (/** @type {BufferSource} */ source, /** @type {WebAssembly.Imports} */ imports) => (await gate, instantiate(source, imports)),
});

const DISCOVERED = { supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, ttlMs: 0, cacheScope: "private", _meta: { "io.modelcontextprotocol/serverInfo": { name: "fake", version: "1" } } };

/** A server of 2026-07-28, or an earlier one, by a function like `fetch`, which keeps what it was asked. @param {{ era?: "modern" | "legacy" }} [how] */
function server({ era = "modern" } = {}) {
  /** @type {Asked[]} */
  const asked = [];
  /** @type {any} */
  const fetch = async (/** @type {string} */ url, /** @type {any} */ { method, headers, body, signal }) => {
    asked.push({ url, method, text: body, headers: Object.fromEntries(headers), signal, early: compiled === 0 });
    if (method !== "POST") return new Response(null, { status: 405 });
    const { id, method: about, params } = JSON.parse(body);
    const json = (/** @type {object} */ answer, more = {}) => new Response(JSON.stringify({ jsonrpc: "2.0", id, ...answer }), { headers: { "content-type": "application/json", ...more } });
    if (id === undefined) return new Response(null, { status: 202 });
    if (about === "server/discover") return era === "modern" ? json({ result: { resultType: "complete", ...DISCOVERED } }) : json({ error: { code: -32601, message: "Method not found" } });
    if (about === "initialize") return json({ result: { protocolVersion: params.protocolVersion, capabilities: {}, serverInfo: { name: "fake", version: "1" } } }, { "mcp-session-id": "s1" });
    return json({ result: { resultType: "complete", content: [] } });
  };
  return { asked, fetch, about: () => asked.map(({ text, method }) => (text ? JSON.parse(text).method : method)) };
}

/** The package, of which nothing has been compiled yet. */
let apps = 0;
async function fresh() {
  const app = await makeApp(`first-request-${++apps}`, []);
  const mcp = await app.import("index.js");
  compiled = 0;
  return mcp;
}

/** Who says nothing but its name. @type {[string, any, any][]} */
const PLAIN = [
  ["a client without a name", undefined, {}],
  ["one with a name", { name: "app", version: "7" }, {}],
  ["one with a title", { name: "app", version: "7", title: "The app" }, { progressHandler: null, timeout: 5 }],
  ["one that hears logs", { name: "app", version: "7" }, { logHandler() {} }],
];

for (const [who, info, options] of PLAIN) {
  test(`${who}: the first request is on its way while the module is compiled, and there is no other`, async () => {
    const { Client } = await fresh();
    const { asked, fetch, about } = server();
    const client = new Client(info, options);
    await within(client.connect("http://fake.test/mcp", { fetch, headers: { "x-own": "yes" } }), "the connection");
    assert.deepEqual(about(), ["server/discover"]);
    assert.ok(asked[0]?.early, "it waited for the module");
    assert.equal(asked[0]?.headers["x-own"], "yes");
    await client.callTool("t");
    assert.deepEqual(about(), ["server/discover", "tools/call"]);
    // By the core alone, to another server.
    const other = server();
    const second = new Client(info, options);
    await second.connect("http://fake.test/other", { fetch: other.fetch, headers: { "x-own": "yes" } });
    assert.deepEqual([other.asked[0]?.text, other.asked[0]?.headers], [asked[0]?.text, asked[0]?.headers]);
    await Promise.all([client.close(), second.close()]);
  });
}

test("a server of before 2026 is asked no more often than without", async () => {
  const { Client } = await fresh();
  const { fetch, about } = server({ era: "legacy" });
  const client = await within(Client.connect("http://fake.test/mcp", { fetch }), "the connection");
  assert.equal(client.era, "legacy");
  assert.deepEqual(about(), ["server/discover", "initialize", "notifications/initialized", "GET"]);
  await client.close();
});

/** Who has more to say, or knows the server. @type {[string, any, any, any][]} */
const OTHERS = [
  ["answers questions", { name: "app", version: "7" }, { samplingHandler: async () => ({}) }, {}],
  ["has capabilities", undefined, { capabilities: { experimental: { x: {} } } }, {}],
  ["speaks of tasks", undefined, { tasks: true }, {}],
  ["has more of a name", { name: "app", version: "7", icons: [], websiteUrl: "https://app.example" }, {}, {}],
  ["says its version first", { version: "7", name: "app" }, {}, {}],
  ["speaks an early revision", undefined, { mode: "legacy" }, {}],
  ["has pinned a revision", undefined, { mode: { pin: "2026-07-28" } }, {}],
  ["knows the era", undefined, {}, { knownEra: "legacy" }],
  ["knows the server", undefined, {}, { prior: { kind: "modern", discover: DISCOVERED } }],
  ["makes headers for each request", undefined, {}, { headers: () => ({ "x-own": "yes" }) }],
  ["asks an authorizer", undefined, {}, { auth: { headers: async () => ({ authorization: "Bearer x" }), answered: async () => false, ticket: async () => undefined } }],
];

for (const [what, info, options, given] of OTHERS) {
  test(`who ${what} says nothing before the core does`, async () => {
    const { Client } = await fresh();
    const { asked, fetch, about } = server({ era: options.mode === "legacy" || given.knownEra ? "legacy" : "modern" });
    const client = new Client(info, options);
    await within(client.connect("http://fake.test/mcp", { fetch, ...given }), "the connection");
    await client.callTool("t");
    assert.ok(asked.every(({ early }) => !early), "the module was not there");
    assert.equal(about().filter((method) => method === about()[0]).length, 1, String(about()));
    await client.close();
  });
}

test("what is no longer what the client says is given up, and what it says now is sent", async () => {
  const { Client } = await fresh();
  const { asked, fetch } = server();
  const info = { name: "app", version: "7" };
  const { promise, resolve } = deferred();
  gate = promise;
  const connecting = new Client(info).connect("http://fake.test/mcp", { fetch });
  await soon("the request", () => asked.length);
  info.version = "8";
  resolve();
  await within(connecting, "the connection");
  assert.deepEqual(asked.map(({ signal }) => signal.aborted), [true, false]);
  assert.match(asked[1]?.text ?? "", /"version":"8"/);
});

test("a client that is closed meanwhile gives it up and sends nothing else", async () => {
  const { Client } = await fresh();
  const { asked, fetch } = server();
  const client = new Client();
  const { promise, resolve } = deferred();
  gate = promise;
  const failed = assert.rejects(client.connect("http://fake.test/mcp", { fetch }), { code: "CLOSED" });
  await soon("the request", () => asked.length);
  await client.close();
  await within(failed, "the end of the connection");
  resolve();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(asked.map(({ signal }) => signal.aborted), [true]);
});

test("a client that is closed at once sends nothing at all", async () => {
  const { Client } = await fresh();
  for (let round = 0; round < 3; round++) {
    const { asked, fetch } = server();
    const client = new Client();
    const failed = assert.rejects(client.connect("http://fake.test/mcp", { fetch }), { code: "CLOSED" });
    await client.close();
    await within(failed, "the end of the connection");
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(asked.length, 0);
  }
});

/** A transport that a client gives up before the module is there: the next client of it is the one that counts. @param {any} first @param {any} second */
async function takenOver(first, second) {
  const { Client, StreamableHttpTransport } = await fresh();
  const { asked, fetch, about } = server({ era: "legacy" });
  const { promise: held, resolve: open } = deferred();
  const own = async (/** @type {string} */ url, /** @type {any} */ how) => {
    const answer = fetch(url, how);
    if (how.method === "GET") await held;
    return answer;
  };
  const { promise, resolve } = deferred();
  rest = promise;
  const transport = new StreamableHttpTransport("http://fake.test/mcp", { fetch: own });
  const one = new Client(undefined, first);
  const failed = assert.rejects(one.connect(transport), { code: "CLOSED" });
  await soon("the first request", () => asked.length);
  await one.close();
  await within(failed, "the end of the first connection");
  const other = new Client(undefined, second);
  const connecting = other.connect(transport);
  await new Promise((resolve) => setTimeout(resolve, 10));
  rest = undefined;
  // Before the stream is asked for: a busy machine may stand still between that and the test's next look.
  const since = performance.now();
  resolve();
  await soon("the request for the stream", () => about().includes("GET"));
  return { asked, about, other, connecting, open, since };
}

test("a transport that was another client's before the module was there belongs to who listens: connected when the stream is there", async () => {
  const { other, connecting, open, about, since } = await takenOver({}, { logHandler() {} });
  const waits = await pending(connecting);
  if (performance.now() - since < 100) assert.ok(waits, "what the server says by itself would be lost");
  open();
  await within(connecting, "the connection");
  assert.deepEqual(about(), ["server/discover", "server/discover", "initialize", "notifications/initialized", "GET"]);
  await other.close();
});

test("a transport that was a listener's before the module was there does not make who listens to nothing wait", async () => {
  const { other, connecting, open } = await takenOver({ logHandler() {} }, {});
  assert.equal(await pending(connecting), false, "it waits for the stream");
  await within(connecting, "the connection");
  open();
  await other.close();
});

test("a client that is closed at once does not start its transport", async () => {
  const { Client, Server } = await fresh();
  const one = new Client();
  await one.connect(new Server({ name: "page", version: "1" }));
  await one.close();
  let starts = 0;
  const idle = { start: async () => void starts++, send: async () => {}, close: async () => {} };
  const ended = assert.rejects(one.connect(idle), { code: "CLOSED" });
  await one.close();
  await within(ended, "the end of the connection");
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(starts, 0);
});

test("a transport that a client gives up, however early, asks once for the next client of it", async () => {
  for (const turns of [0, 1, 2, 3, 10]) {
    const { Client, Server, StreamableHttpTransport } = await fresh();
    const one = new Client();
    // It has its core then, and nothing that HTTP needs.
    await one.connect(new Server({ name: "page", version: "1" }));
    await one.close();
    const { fetch, about } = server();
    const transport = new StreamableHttpTransport("http://fake.test/mcp", { fetch });
    const failed = assert.rejects(one.connect(transport), { code: "CLOSED" });
    for (let turn = 0; turn < turns; turn++) await undefined;
    const closed = one.close();
    const other = new Client();
    await within(Promise.all([other.connect(transport), closed, failed]), "the connection");
    assert.deepEqual(about(), ["server/discover"], `${turns} turns`);
    await other.close();
  }
});

test("a request that is lost before the module is there fails the connection as one that is lost later", async () => {
  /** @type {any[]} */
  const errors = [];
  for (const early of [true, false]) {
    const { Client } = await fresh();
    const lost = async () => {
      throw new TypeError("no network");
    };
    if (!early) await (await Client.connect("http://fake.test/other", { fetch: server().fetch })).close();
    const error = await Client.connect("http://fake.test/mcp", { fetch: lost }).catch((/** @type {unknown} */ reason) => reason);
    errors.push([error.name, error.code, error.message, error.cause?.message]);
  }
  assert.deepEqual(errors[0], errors[1]);
  assert.equal(errors[0][0], "ClosedError");
});

test("a function that throws instead of answering fails the connection, and nothing is thrown past it", async () => {
  const { Client } = await fresh();
  const fetch = () => {
    throw new RangeError("not today");
  };
  await assert.rejects(Client.connect("http://fake.test/mcp", { fetch }), (/** @type {any} */ error) => /not today/.test(`${error.message} ${error.cause?.message}`));
});

test("headers that HTTP does not allow fail the connection in the same words", async () => {
  const { Client } = await fresh();
  const { asked, fetch } = server();
  await assert.rejects(Client.connect("http://fake.test/mcp", { fetch, headers: { "not allowed": "x" } }), /`headers` holds a name or a value that HTTP does not allow/);
  assert.equal(asked.length, 0);
});

test("one that is larger than messages may be is not sent, and the core says so", async () => {
  const { Client } = await fresh();
  const { asked, fetch } = server();
  await assert.rejects(Client.connect("http://fake.test/mcp", { fetch, maxMessageSize: 20 }), { code: "MESSAGE_TOO_LARGE" });
  assert.equal(asked.length, 0);
});

/** A worker in this process, and what its platform fetches by. @param {string} name @param {any} fetch @param {(worker: any) => Promise<void>} run */
async function inWorker(name, fetch, run) {
  const own = globalThis.fetch;
  globalThis.fetch = fetch;
  try {
    await run(await workerHere(name));
  } finally {
    globalThis.fetch = own;
  }
}

test("a worker sends it before it has the module", async () => {
  const { Client } = await fresh();
  const { asked, fetch, about } = server();
  const { promise, resolve } = deferred();
  gate = promise;
  await inWorker("first-in-worker", fetch, async (worker) => {
    const connecting = Client.connect("http://fake.test/mcp", { worker, headers: { "x-own": "yes" } });
    await soon("the request", () => asked.length);
    resolve();
    const client = await within(connecting, "the connection");
    await client.callTool("t");
    assert.deepEqual(about(), ["server/discover", "tools/call"]);
    assert.equal(asked[0]?.headers["x-own"], "yes");
    await client.close();
  });
});

/** Who has to be asked for headers. @type {[string, (said: string[]) => any, string, string][]} */
const ASKED = [
  ["makes headers for each request", (said) => ({ headers: async () => (await undefined, said.push("headers"), { "x-own": `number ${said.length}` }) }), "x-own", "number "],
  ["asks an authorizer", (said) => ({ auth: { headers: async () => (await undefined, said.push("headers"), { authorization: `Bearer ${said.length}` }), answered: async () => false, ticket: async () => undefined } }), "authorization", "Bearer "],
];
for (const where of ["the page", "a worker"]) {
  for (const [what, given, name, value] of ASKED) {
    test(`in ${where}, who ${what} is asked once for each request, and the first one waits for the module`, async () => {
      const { Client } = await fresh();
      const { asked, fetch, about } = server();
      /** @type {string[]} */
      const said = [];
      const run = async (/** @type {any} */ by) => {
        const client = await within(Client.connect("http://fake.test/mcp", { ...given(said), ...by }), "the connection");
        await client.callTool("t");
        assert.deepEqual(about(), ["server/discover", "tools/call"]);
        assert.deepEqual(asked.map(({ headers }) => headers[name]), [`${value}1`, `${value}2`]);
        assert.equal(said.length, 2);
        assert.ok(asked.every(({ early }) => !early), "the module was not there");
        await client.close();
      };
      if (where === "a worker") await inWorker(`asked-${name}`, fetch, (worker) => run({ worker }));
      else await run({ fetch });
    });
  }
}

test("a name that cannot be posted to a worker is none that it sends by itself", async () => {
  const { Client } = await fresh();
  const { fetch, about } = server();
  await inWorker("named-in-worker", fetch, async (worker) => {
    const info = { name: "app", version: "1", extra() {} };
    const client = new Client(info);
    await within(client.connect("http://fake.test/mcp", { worker }), "the connection");
    assert.deepEqual(about(), ["server/discover"]);
    await client.close();
  });
});

test("it is traced once, when the core has taken it", async () => {
  const { Client } = await fresh();
  const { fetch } = server();
  /** @type {string[]} */
  const sent = [];
  const trace = (/** @type {string} */ direction, /** @type {string} */ text) => void (direction === "sent" && sent.push(JSON.parse(text).method));
  const client = await within(Client.connect("http://fake.test/mcp", { fetch, trace }), "the connection");
  assert.deepEqual(sent, ["server/discover"]);
  await client.close();
});
