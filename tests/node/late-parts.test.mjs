// A package of which parts cannot be loaded, as when a page is older than what its server has: what needs such a
// part fails for that reason, and nothing else does.
import assert from "node:assert/strict";
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { soon, within } from "../rules/check.mjs";
import { makeApp } from "../support/app.mjs";
import { Socket, install, socket } from "../support/fake-socket.mjs";
import { workerHere } from "../support/worker-here.mjs";

install();
const AUTH = { headers: async () => ({}), answered: async () => false, ticket: async () => undefined };
const TOOL = { name: "t", inputSchema: { type: "object" }, outputSchema: { type: "object" } };
const QUESTION = { jsonrpc: "2.0", id: "q", method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } };
const ELICITATION = { ...QUESTION, id: "e", method: "elicitation/create", params: { message: "?", requestedSchema: { type: "object", properties: {} } } };

/**
 * A client of a package that lacks a file, connected to a server of before 2026, and the server's socket.
 * @param {string} file @param {object} options
 */
async function lacking(file, options) {
  const app = await makeApp(`lacks-${path.basename(file, ".js")}`, []);
  await rm(path.join(app.directory, "node_modules/mcp-wasm", file));
  const { Client } = await app.import("index.js");
  const before = Socket.all.length;
  const connecting = Client.connect("ws://fake.test/mcp", { mode: "legacy", ...options });
  await soon("the socket", () => Socket.all.length > before);
  const server = await socket(before);
  server.open();
  return { client: await within(connecting, "the connection"), server };
}

/** The answer to a question. @param {Socket} server @param {string} id */
const answerTo = async (server, id) => {
  await soon("the answer", () => server.sent.some((message) => message.id === id));
  return server.sent.find((message) => message.id === id);
};

for (const file of ["client/answers.js", "wasm/inline-dialogue.js"]) {
  test(`a question that cannot be answered without ${file} is refused for that reason, and calls go on`, async () => {
    let asked = 0;
    const { client, server } = await lacking(file, { samplingHandler: () => void asked++, elicitationHandler: () => void asked++ });
    for (const question of [QUESTION, ELICITATION]) {
      const call = client.callTool("t");
      server.say(question);
      const { error } = await answerTo(server, question.id);
      assert.equal(error.code, -32603);
      assert.match(error.message, /^a part of this package could not be loaded: /);
      assert.ok(await within(call, "the call"));
    }
    assert.equal(asked, 0);
    await client.close();
  });
}

test("a result that cannot be checked without client/results.js fails its call where it must be, is told of where it should be, and others go on", async () => {
  let given = 0;
  const jsonSchemaValidator = { getValidator: () => (given++, () => ({ valid: true })) };
  const { client } = await lacking("client/results.js", { outputValidation: "strict", jsonSchemaValidator });
  /** @type {string[]} */
  const told = [];
  client.onerror = (/** @type {any} */ { code }) => void told.push(code);
  await assert.rejects(within(client.callTool(TOOL.name), "the call"), { code: "NOT_LOADED", message: /results\.js/ });
  assert.deepEqual(told, []);
  assert.ok(await within(client.callTool(TOOL.name, {}, { outputValidation: "warn" }), "the other call"));
  assert.deepEqual(told, ["NOT_LOADED"]);
  assert.ok(await within(client.callTool(TOOL.name, {}, { outputValidation: "off" }), "the third call"));
  assert.equal(given, 0);
  await client.close();
});

for (const file of ["client/subscription.js", "wasm/inline-dialogue.js"]) {
  test(`a subscription without ${file} fails by name, and calls go on`, async () => {
    const { client } = await lacking(file, {});
    const missing = { name: "McpError", code: "NOT_LOADED", message: new RegExp(path.basename(file)) };
    await assert.rejects(within(client.listen({ toolsListChanged: true }), "the subscription"), missing);
    assert.ok(await within(client.callTool("t"), "the call"));
    await client.close();
  });

  test(`lists that are not listened to for want of ${file} are told of by name`, async () => {
    /** @type {any[]} */
    const told = [];
    const { client } = await lacking(file, { listChanged: { tools: { onChanged() {} } } });
    client.onerror = (/** @type {any} */ { code }) => void told.push(code);
    await soon("the error", () => told.length);
    assert.deepEqual(told, ["NOT_LOADED"]);
    assert.ok(await within(client.callTool("t"), "the call"));
    await client.close();
  });
}

for (const [era, asks] of /** @type {const} */ ([
  ["auto", { result: { resultType: "input_required", inputRequests: { a: { method: "elicitation/create", params: ELICITATION.params } } } }],
  ["legacy", { error: { code: -32042, message: "open this", data: { elicitations: [] } } }],
])) {
  test(`a call to a server of the era ${era} that cannot go on without wasm/inline-dialogue.js fails by name, and others go on`, async () => {
    const { client, server } = await lacking("wasm/inline-dialogue.js", { mode: era });
    server.answers = false;
    const call = client.callTool("t");
    const failed = assert.rejects(within(call, "the call"), { name: "McpError", code: "NOT_LOADED", message: /inline-dialogue\.js/ });
    await soon("the call", () => server.sent.at(-1)?.method === "tools/call");
    server.say({ jsonrpc: "2.0", id: call.id, ...asks });
    await failed;
    server.answers = true;
    assert.ok(await within(client.callTool("t"), "the other call"));
    await client.close();
  });
}

test("a subscription by its method fails by name without wasm/inline-dialogue.js, and calls go on", async () => {
  const { client } = await lacking("wasm/inline-dialogue.js", {});
  const asked = client.request({ method: "subscriptions/listen", params: { notifications: { toolsListChanged: true } } });
  await assert.rejects(within(asked, "the subscription"), { name: "McpError", code: "NOT_LOADED" });
  assert.ok(await within(client.callTool("t"), "the call"));
  await client.close();
});

test("who connects again while what listens to lists is loaded, for a second time, listens once", async () => {
  const app = await makeApp("lacks-at-first", []);
  const file = path.join(app.directory, "node_modules/mcp-wasm/client/subscription.js");
  const script = await readFile(file, "utf8");
  await rm(file);
  let load = () => {};
  Object.assign(globalThis, { secondTime: new Promise((resolve) => (load = () => resolve(undefined))) });
  const { Client } = await app.import("index.js");
  const client = new Client(undefined, { listChanged: { tools: { onChanged() {} } } });
  /** @type {string[]} */
  const told = [];
  client.onerror = (/** @type {any} */ { code }) => void told.push(code);
  const first = Socket.all.length;
  const connect = async () => {
    const before = Socket.all.length;
    const connecting = client.connect("ws://fake.test/mcp");
    const server = await socket(before);
    server.answers = false;
    server.open();
    await soon("the question", () => server.sent.length);
    // By now, what is missing has failed.
    if (before === first) await writeFile(file, `${script}\nawait globalThis.secondTime;\n`);
    const [{ id, method }] = server.sent;
    assert.equal(method, "server/discover");
    const serverInfo = { name: "fake", version: "1" };
    const result = { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: { tools: { listChanged: true } }, serverInfo };
    server.say({ jsonrpc: "2.0", id, result });
    await within(connecting, "the connection");
    return server;
  };
  await connect();
  await client.close();
  const server = await connect();
  load();
  const asked = () => server.sent.filter(({ method }) => method === "subscriptions/listen").length;
  await soon("the subscription", asked);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(asked(), 1);
  assert.deepEqual(told, []);
  await client.close();
});

for (const [file, target, options] of /** @type {[string, string, object][]} */ ([
  ["worker/worker-transport.js", "ws://fake.test/mcp", { worker: true }],
  ["transports/whole.js", "http://fake.test/mcp", {}],
  ["wasm/inline-http.js", "http://fake.test/mcp", {}],
  ["transports/authorized.js", "http://fake.test/mcp", { auth: AUTH }],
  ["transports/authorized.js", "ws://fake.test/mcp", { auth: AUTH }],
])) {
  test(`a connection to ${target} that needs ${file} fails by name, and one that does not is opened all the same`, async () => {
    const app = await makeApp(`lacks-${path.basename(file, ".js")}-to-connect-${target.slice(0, 2)}`, []);
    await rm(path.join(app.directory, "node_modules/mcp-wasm", file));
    const { Client, McpError } = await app.import("index.js");
    const client = new Client();
    await assert.rejects(within(client.connect(target, options), "the end"), (/** @type {any} */ error) => error instanceof McpError && error.code === "NOT_LOADED");
    const before = Socket.all.length;
    const connecting = client.connect("ws://fake.test/mcp");
    (await socket(before)).open();
    await within(connecting, "the connection");
    await client.close();
  });
}

test("progress that cannot be read by its shape without wasm/shapes.js is scanned, however much there is", async () => {
  const { client, server } = await lacking("wasm/shapes.js", {});
  server.answers = false;
  /** @type {number[]} */
  const heard = [];
  const call = client.callTool("t", {}, { progressHandler: (/** @type {number} */ progress) => void heard.push(progress) });
  await soon("the call", () => server.sent.at(-1)?.method === "tools/call");
  const { id, params } = server.sent.at(-1);
  for (let progress = 1; progress <= 40; progress++) {
    server.say({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: params._meta.progressToken, progress } });
    if (progress === 20) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  server.say({ jsonrpc: "2.0", id, result: { content: [] } });
  assert.ok(await within(call, "the call"));
  assert.deepEqual(heard, Array.from({ length: 40 }, (_, i) => i + 1));
  await client.close();
});

/** How late something is, in milliseconds. */
const LATE = 2_500;

for (const [file, options] of /** @type {[string, object][]} */ ([
  ["worker/worker-transport.js", { worker: true }],
  ["client/subscription.js", { listChanged: { tools: { onChanged() {} } } }],
  ["wasm/inline-dialogue.js", { auth: AUTH }],
])) {
  for (const [who, code] of [["closes a client that waits", "CLOSED"], ["has waited long enough", "TIMEOUT"]]) {
    test(`who ${who} for ${file} is not kept waiting, and may connect otherwise`, async () => {
      const app = await makeApp(`waits-for-${path.basename(file, ".js")}-${code}`, []);
      await appendFile(path.join(app.directory, "node_modules/mcp-wasm", file), `\nawait new Promise((resolve) => setTimeout(resolve, ${LATE}));\n`);
      const { Client } = await app.import("index.js");
      const { listChanged, ...connection } = /** @type {any} */ (options);
      const client = new Client(undefined, { listChanged, mode: "legacy" });
      let ends = 0;
      client.onclose = () => void ends++;
      const begun = performance.now();
      const failed = assert.rejects(client.connect("ws://fake.test/mcp", { ...connection, connectTimeout: code === "TIMEOUT" ? 50 : 5000 }), { code });
      if (code === "CLOSED") {
        await new Promise((resolve) => setTimeout(resolve, 50));
        await client.close();
      }
      await failed;
      assert.ok(performance.now() - begun < LATE, `${performance.now() - begun} ms`);
      const before = Socket.all.length;
      const connecting = client.connect("ws://fake.test/mcp");
      (await socket(before)).open();
      await within(connecting, "the connection");
      assert.equal(ends, 0);
      await client.close();
    });
  }
}

test("a call that lacks rights fails as the server says where transports/authorized.js cannot be loaded", async () => {
  // What a worker holds has that in the worker's script.
  const { client, server } = await lacking("transports/authorized.js", { auth: AUTH, worker: await workerHere("lacks-in-no-worker") });
  server.answers = false;
  const failed = assert.rejects(within(client.callTool("t"), "the call"), { code: "RPC_ERROR", rpcCode: 40300 });
  await soon("the call", () => server.sent.at(-1)?.method === "tools/call");
  server.say({ jsonrpc: "2.0", id: server.sent.at(-1).id, error: { code: 40300, message: "more rights are needed" } });
  await failed;
  await client.close();
});

test("the validator of a call counts for it, whatever its client has", async () => {
  const { Client } = await (await makeApp("lacks-nothing", [])).import("index.js");
  const connecting = Client.connect("ws://fake.test/mcp", { mode: "legacy" });
  const server = await socket(Socket.all.length);
  server.open();
  const client = await within(connecting, "the connection");
  server.answers = false;
  const answer = async (/** @type {string} */ method, /** @type {object} */ result) => {
    await soon(method, () => server.sent.at(-1)?.method === method);
    server.say({ jsonrpc: "2.0", id: server.sent.at(-1).id, result });
  };
  const refusing = { getValidator: () => () => ({ valid: false, errorMessage: "not that" }) };
  const call = client.callTool(TOOL.name, {}, { outputValidation: "strict", jsonSchemaValidator: refusing });
  const failed = assert.rejects(within(call, "the call"), { code: "INVALID_OUTPUT", message: /not that/ });
  await answer("tools/call", { content: [], structuredContent: {} });
  await answer("tools/list", { tools: [TOOL] });
  await failed;
  server.answers = true;
  await client.close();
});

test("what a handler starts that had to be loaded first comes after it, as with any other", async () => {
  const app = await makeApp("lacks-for-a-while", []);
  await appendFile(path.join(app.directory, "node_modules/mcp-wasm/client/answers.js"), "await new Promise((resolve) => setTimeout(resolve, 100));\n");
  const { Client } = await app.import("index.js");
  /** @type {unknown} */
  let withdrawn;
  const elicitationHandler = (/** @type {unknown} */ _, /** @type {{ signal: AbortSignal }} */ { signal }) =>
    new Promise((resolve) => {
      call.cancel("enough");
      signal.addEventListener("abort", () => resolve((withdrawn = signal.reason)));
    });
  const connecting = Client.connect("ws://fake.test/mcp", { mode: "legacy", elicitationHandler });
  const server = await socket(Socket.all.length);
  const { send } = server;
  // One that answers at once, as a server in the same page does.
  server.send = (text) => {
    send.call(server, text);
    const { method } = JSON.parse(text);
    if (method === "notifications/initialized") server.answers = false;
    if (method === "tools/call") server.say(ELICITATION);
    if (method === "notifications/cancelled") server.say({ jsonrpc: "2.0", method, params: { requestId: ELICITATION.id } });
  };
  server.open();
  const client = await within(connecting, "the connection");
  const call = client.callTool("t");
  await assert.rejects(within(call, "the call"), { code: "ABORTED" });
  await soon("the withdrawal", () => withdrawn);
  await client.close();
});

test("a call that is given up while what answers is loaded asks nobody", async () => {
  const app = await makeApp("lacks-too-long", []);
  await appendFile(path.join(app.directory, "node_modules/mcp-wasm/client/answers.js"), "await globalThis.lateEnough;\n");
  let load = () => {};
  Object.assign(globalThis, { lateEnough: new Promise((resolve) => (load = () => resolve(undefined))) });
  const { Client } = await app.import("index.js");
  /** @type {string[]} */
  const asked = [];
  const elicitationHandler = async (/** @type {{ message: string }} */ { message }) => (asked.push(message), { action: "decline" });
  const before = Socket.all.length;
  let arrived = 0;
  const connecting = Client.connect("ws://fake.test/mcp", { elicitationHandler, messageHandler: () => void arrived++ });
  const server = await socket(before);
  server.open();
  const client = await within(connecting, "the connection");
  server.answers = false;
  const ask = async (/** @type {string} */ message) => {
    const call = client.callTool("t");
    await soon("the call", () => server.sent.at(-1).params?._meta?.progressToken === call.id);
    const params = { mode: "form", message, requestedSchema: { type: "object", properties: {} } };
    server.say({ jsonrpc: "2.0", id: call.id, result: { resultType: "input_required", inputRequests: { a: { method: "elicitation/create", params } } } });
    return { call };
  };
  const first = await ask("given up");
  const second = await ask("wanted");
  await soon("the questions", () => arrived === 2);
  first.call.cancel("enough");
  await assert.rejects(within(first.call, "the call"), { code: "ABORTED" });
  load();
  await soon("the answer", () => server.sent.at(-1).params?.inputResponses);
  assert.deepEqual(asked, ["wanted"]);
  second.call.cancel();
  await assert.rejects(second.call);
  await client.close();
});

test("a large answer that cannot be read without transports/seldom.js fails its call by name, and others go on", async () => {
  const app = await makeApp("lacks-seldom", []);
  await rm(path.join(app.directory, "node_modules/mcp-wasm/transports/seldom.js"));
  const { Client } = await app.import("index.js");
  let asked = 0;
  const answered = async (/** @type {string} */ _, /** @type {RequestInit} */ { method, body }) => {
    if (method !== "POST") return new Response(null, { status: 405 });
    const { id, method: what, params } = JSON.parse(String(body));
    const result = { resultType: "complete", content: [], ttlMs: 0, cacheScope: "private" };
    if (what === "server/discover") Object.assign(result, { supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, serverInfo: { name: "fake", version: "1" } });
    if (params.name === "large") Object.assign(result, { content: [{ type: "text", text: "x".repeat(300_000) }], asked: ++asked });
    return new Response(JSON.stringify({ jsonrpc: "2.0", id, result }), { headers: { "content-type": "application/json" } });
  };
  const client = await within(Client.connect("http://fake.test/mcp", { fetch: answered }), "the connection");
  let ends = 0;
  client.onclose = () => void ends++;
  const other = client.callTool("small");
  await assert.rejects(within(client.callTool("large"), "the call"), { name: "McpError", code: "NOT_LOADED", message: /seldom\.js/ });
  assert.equal(asked, 1);
  assert.ok(await within(other, "the other call"));
  assert.ok(await within(client.callTool("small"), "the third call"));
  assert.equal(ends, 0);
  await client.close();
});

test("mcp-wasm/slim: a connection by HTTP without transports/exchanges.js fails by name, and one by WebSocket is opened", async () => {
  const app = await makeApp("lacks-exchanges", []);
  await rm(path.join(app.directory, "node_modules/mcp-wasm/transports/exchanges.js"));
  const { Client, McpError, init } = await app.import("slim.js");
  await init(readFile(path.join(app.directory, "node_modules/mcp-wasm/core.wasm")));
  const client = new Client();
  await assert.rejects(within(client.connect("http://fake.test/mcp"), "the end"), (/** @type {any} */ error) => error instanceof McpError && error.code === "NOT_LOADED");
  const before = Socket.all.length;
  const connecting = client.connect("ws://fake.test/mcp");
  (await socket(before)).open();
  await within(connecting, "the connection");
  await client.close();
});

test("a server in the page fails by name without its module, and is there once that is", async () => {
  const app = await makeApp("lacks-server-module", []);
  const file = path.join(app.directory, "node_modules/mcp-wasm/wasm/server-module.js");
  const script = await readFile(file);
  await rm(file);
  const { Client, McpError, Server } = await app.import("index.js");
  const server = new Server({ name: "s", version: "1" });
  await assert.rejects(within(Client.connect(server), "the end"), (/** @type {any} */ error) => error instanceof McpError && error.code === "NOT_LOADED");
  await writeFile(file, script);
  await (await within(Client.connect(server), "the connection")).close();
});
