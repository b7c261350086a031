// Sessions of before 2026 over HTTP: whoever listens to the server is connected when there is a stream for what it says by itself,
// and whoever does not listen when the server knows of the session. Calls wait for that stream then.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deferred, pending, soon, within } from "../rules/check.mjs";
import { importPkg } from "../support/paths.mjs";
import { workerHere } from "../support/worker-here.mjs";

/** As long as the stream is waited for, with some room for a busy machine. */
const PATIENCE = 140;

/** A server, by a function like `fetch`, that does not answer GET before it is told to. */
function server() {
  /** @type {string[]} */
  const asked = [];
  const { promise: held, resolve: open } = deferred();
  /** When the server has heard of the session. */
  let since = Infinity;
  const fetch = async (/** @type {string} */ _url, /** @type {any} */ { method, body, signal }) => {
    if (method === "GET") {
      asked.push("GET");
      await held;
      return new Response(new ReadableStream({ start: (stream) => signal.addEventListener("abort", () => stream.error(signal.reason)) }), { headers: { "content-type": "text/event-stream" } });
    }
    const { id, method: about, params } = body ? JSON.parse(body) : { method };
    asked.push(about);
    // The wait begins with the answer to that: whatever stands still after it counts as waiting.
    if (about === "notifications/initialized") since = performance.now();
    const json = (/** @type {object} */ answer, more = {}) => new Response(JSON.stringify({ jsonrpc: "2.0", id, ...answer }), { headers: { "content-type": "application/json", ...more } });
    if (id === undefined) return new Response(null, { status: 202 });
    if (about === "initialize") return json({ result: { protocolVersion: params.protocolVersion, capabilities: { tools: { listChanged: true }, resources: {} }, serverInfo: { name: "fake", version: "1" } } }, { "mcp-session-id": "s1" });
    return json({ result: { content: [], tools: [], resources: [] } });
  };
  /** Whether the stream may still be waited for. */
  const early = () => performance.now() - since < PATIENCE;
  return { asked, fetch: /** @type {any} */ (fetch), open: () => open(undefined), early };
}

test("a client that listens to nothing is connected at once, and what a server may report about waits for its stream", async () => {
  const { Client } = await importPkg();
  const { asked, fetch, open, early } = server();
  const client = new Client(undefined, { mode: "legacy" });
  await within(client.connect("http://fake.test/mcp", { fetch }), "the connection");
  assert.deepEqual(asked, ["initialize", "notifications/initialized", "GET"]);
  const call = client.callTool("t");
  const read = client.request({ method: "resources/read", params: { uri: "x:y" } });
  await within(client.listTools(), "the list");
  await within(client.listResources(), "the list");
  await within(client.ping(), "the ping");
  const waits = !asked.includes("tools/call") && !asked.includes("resources/read");
  if (early()) assert.ok(waits, String(asked));
  open();
  await within(Promise.all([call, read]), "the calls");
  assert.deepEqual(asked.filter((method) => /call|read/.test(method)), ["tools/call", "resources/read"]);
  await client.close();
});

test("a server that never answers GET is waited for no longer than a moment", async () => {
  const { Client } = await importPkg();
  const { asked, fetch } = server();
  const client = await within(Client.connect("http://fake.test/mcp", { fetch, mode: "legacy" }), "the connection");
  await within(client.callTool("t"), "the call");
  assert.equal(asked.filter((method) => method === "tools/call").length, 1);
  await client.close();
});

/** A connection is there when the stream is, and not before. @param {Promise<unknown>} connecting @param {ReturnType<typeof server>} peer */
async function waitsForStream(connecting, { asked, open, early }) {
  await soon("the request for it", () => asked.includes("GET"));
  const waits = await pending(connecting);
  if (early()) assert.ok(waits, "what the server says right after would be lost");
  open();
  await within(connecting, "the connection");
}

/** Who listens. @type {[string, any, ((client: any) => void)?][]} */
const LISTENERS = [
  ["hears logs", { logHandler() {} }],
  ["hears all messages", { messageHandler() {} }],
  ["hears of changes of lists", { listChanged: { tools: { onChanged() {} } } }],
  ["has a handler for a notification", {}, (client) => client.setNotificationHandler("notifications/custom", () => {})],
  ["answers questions", { roots: () => [] }],
  ["has a handler for a request", {}, (client) => client.setRequestHandler("sampling/createMessage", () => ({}))],
];
for (const [what, options, prepare] of LISTENERS) {
  test(`a client that ${what} is connected when the server's own stream is there`, async () => {
    const { Client } = await importPkg();
    const peer = server();
    const client = new Client(undefined, { mode: "legacy", ...options });
    prepare?.(client);
    const connecting = client.connect("http://fake.test/mcp", { fetch: peer.fetch });
    await waitsForStream(connecting, peer);
    await client.close();
  });
}

for (const version of ["v1", "v2"]) {
  test(`a program of the SDK ${version} is connected when the server's own stream is there: it may listen from any time on`, async () => {
    const { Client, StreamableHTTPClientTransport } = await importPkg(`compat/${version}.js`);
    const peer = server();
    const client = new Client({ name: "app", version: "1" });
    const connecting = client.connect(new StreamableHTTPClientTransport(new URL("http://fake.test/mcp"), { fetch: peer.fetch }));
    await waitsForStream(connecting, peer);
    await client.close();
  });
}

test("in a worker it is the same, and the first request is on its way before the module is there", async () => {
  const { Client } = await importPkg();
  const { asked, fetch, open, early } = server();
  const own = globalThis.fetch;
  globalThis.fetch = fetch;
  try {
    const client = new Client(undefined, {});
    const worker = await workerHere("own-stream");
    await within(client.connect("http://fake.test/mcp", { worker: /** @type {any} */ (worker) }), "the connection");
    assert.deepEqual(asked, ["server/discover", "initialize", "notifications/initialized", "GET"]);
    const call = client.callTool("t");
    await within(client.listTools(), "the list");
    const waits = !asked.includes("tools/call");
    if (early()) assert.ok(waits, String(asked));
    open();
    await within(call, "the call");
    await client.close();
  } finally {
    globalThis.fetch = own;
  }
});

/** How a server refuses a request, and whether that says that it does not know the session. @type {[string, number, object | undefined, boolean][]} */
const REFUSALS = [
  ["404", 404, undefined, true],
  ["400", 400, undefined, true],
  ["400 and says why", 400, { id: null, error: { code: -32000, message: "Bad Request: No valid session ID provided" } }, true],
  ["200 and an error", 200, { error: { code: -32001, message: "Session not found" } }, true],
  ["400 and an answer", 400, { error: { code: -32602, message: "no such cursor" } }, false],
  ["200 and another error", 200, { error: { code: -32602, message: "no such cursor" } }, false],
];
for (const where of ["the page", "a worker"]) {
  for (const [how, status, says, ends] of REFUSALS) {
    test(`a call in ${where} that waits for the server's own stream is sent once, in ${ends ? "the new session" : "the same session"}, when another request is refused by ${how}`, async () => {
      const { Client } = await importPkg();
      const { asked, fetch, open } = server();
      /** @type {unknown[]} */
      const sessions = [];
      let refuses = true;
      let opened = 0;
      const refusing = async (/** @type {string} */ url, /** @type {any} */ given) => {
        const { id, method } = given.body ? JSON.parse(given.body) : { id: undefined, method: given.method };
        if (method === "tools/call") sessions.push(given.headers.get("mcp-session-id"));
        if (method === "tools/list" && refuses) {
          refuses = false;
          asked.push(method);
          return new Response(says && JSON.stringify({ jsonrpc: "2.0", id, ...says }), { status, headers: { "content-type": "application/json" } });
        }
        const answer = await fetch(url, given);
        if (method === "initialize") answer.headers.set("mcp-session-id", `s${++opened}`);
        return answer;
      };
      const own = globalThis.fetch;
      globalThis.fetch = /** @type {any} */ (refusing);
      try {
        const worker = where === "a worker" ? /** @type {any} */ (await workerHere(`own-stream-${how.replaceAll(" ", "-")}`)) : undefined;
        const client = new Client(undefined, { mode: "legacy" });
        await within(client.connect("http://fake.test/mcp", { worker }), "the connection");
        const call = client.callTool("t");
        const list = client.listTools();
        if (ends) await within(list, "the list of the new session");
        else await assert.rejects(within(list, "the answer"), { rpcCode: -32602 });
        open();
        await within(call, "the call");
        assert.deepEqual(sessions, [ends ? "s2" : "s1"]);
        assert.equal(asked.filter((method) => method === "initialize").length, ends ? 2 : 1);
        assert.equal(asked.filter((method) => method === "tools/list").length, ends ? 2 : 1);
        await client.close();
      } finally {
        globalThis.fetch = own;
      }
    });
  }
}

for (const where of ["the page", "a worker"]) {
  for (const end of ["closed", "its transport is closed", "given up", "out of time"]) {
    // What the worker has yet to send, the page cannot know at once: the call may have run, as far as that knows.
    if (where === "a worker" && end.includes("closed")) continue;
    test(`a call in ${where} that waits for the server's own stream was never sent, and says so: ${end}`, async () => {
      const { Client, StreamableHttpTransport } = await importPkg();
      const { asked, fetch, early } = server();
      const own = globalThis.fetch;
      // What is listed is sent at once, and not answered.
      const slow = async (/** @type {string} */ url, /** @type {any} */ how) => {
        const answer = await fetch(url, how);
        if (/tools.list/.test(how.body)) await new Promise(() => {});
        return answer;
      };
      globalThis.fetch = /** @type {any} */ (slow);
      try {
        const client = new Client(undefined, { mode: "legacy" });
        const worker = where === "a worker" ? /** @type {any} */ (await workerHere(`own-stream-${end.slice(0, 5)}`)) : undefined;
        const transport = worker ? undefined : new StreamableHttpTransport("http://fake.test/mcp", { fetch: slow });
        await within(transport ? client.connect(transport) : client.connect("http://fake.test/mcp", { worker }), "the connection");
        const giveUp = new AbortController();
        const call = client.callTool("t", {}, { signal: giveUp.signal, ...(end === "out of time" && { timeout: 30 }) });
        const list = client.listTools();
        const ends = Promise.all([call, list].map((one) => one.catch((/** @type {unknown} */ reason) => reason)));
        await soon("the list to be sent", () => asked.includes("tools/list"));
        const over = end === "out of time" && (await within(call.then(() => "answered", (/** @type {any} */ error) => error.code), "the end of the call"));
        const waited = early() && (over || !asked.includes("tools/call"));
        if (over && waited) assert.equal(over, "TIMEOUT");
        if (end === "given up") giveUp.abort();
        await (end === "its transport is closed" ? transport.close() : client.close());
        const [failed, lost] = await within(ends, "the ends of both");
        assert.ok(!waited || !asked.includes("tools/call"), String(asked));
        // A machine that is too busy for that has sent it.
        if (end.includes("closed") && waited) assert.deepEqual([failed.code, failed.mayHaveRun], ["CLOSED", false]);
        assert.equal(lost.mayHaveRun, true);
        await new Promise((resolve) => setTimeout(resolve, 200));
        if (waited) assert.ok(!/call|cancelled/.test(String(asked)), String(asked));
      } finally {
        globalThis.fetch = own;
      }
    });
  }
}

for (const listens of [false, true]) {
  test(`the wait begins when a slow server has taken \`initialized\`, ${listens ? "for who listens" : "for calls"}`, async () => {
    const { Client } = await importPkg();
    const { asked, fetch, open, early } = server();
    // Longer than the stream is waited for.
    const slow = async (/** @type {string} */ url, /** @type {any} */ request) => {
      if (/initialized/.test(request.body)) await new Promise((resolve) => setTimeout(resolve, 170));
      return fetch(url, request);
    };
    const client = new Client(undefined, { mode: "legacy", ...(listens && { logHandler() {} }) });
    const connecting = client.connect("http://fake.test/mcp", { fetch: /** @type {any} */ (slow) });
    if (!listens) await within(connecting, "the connection");
    const call = listens ? connecting : client.callTool("t");
    await soon("the request for the stream", () => asked.includes("GET"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const waits = await pending(call);
    if (early()) assert.ok(waits && !asked.includes("tools/call"), "the stream is not there");
    open();
    await within(call, "the end of the wait");
    await client.close();
  });
}

for (const where of ["the page", "a worker"]) {
  test(`a subscription in ${where} is acknowledged when what the server tells unasked would be heard`, async () => {
    const { Client } = await importPkg();
    const { asked, fetch, open, early } = server();
    const own = globalThis.fetch;
    globalThis.fetch = fetch;
    try {
      const client = new Client(undefined, { mode: "legacy" });
      // What subscriptions need has been loaded then.
      for (const again of [false, true]) {
        const worker = where === "a worker" ? /** @type {any} */ (await workerHere(`own-stream-news-${again}`)) : undefined;
        await within(client.connect("http://fake.test/mcp", { worker }), "the connection");
        const subscription = client.listen({ toolsListChanged: true });
        if (!again) await within(subscription, "an end of the wait where no stream comes");
        else {
          await new Promise((resolve) => setTimeout(resolve, 20));
          const waits = await pending(subscription);
          if (early()) assert.ok(waits, "a change would be lost");
          open();
          await within(subscription, "the acknowledgement");
        }
        assert.deepEqual(asked.splice(0), ["initialize", "notifications/initialized", "GET"]);
        await client.close();
        asked.splice(0);
      }
    } finally {
      globalThis.fetch = own;
    }
  });
}

test("a client whose name cannot be posted to a worker is connected when the stream is there, and a subscription asks nobody for it", async () => {
  const { Client } = await importPkg();
  const { asked, fetch } = server();
  const own = globalThis.fetch;
  globalThis.fetch = fetch;
  try {
    const client = new Client({ name: "app", version: "1", extra() {} }, { mode: "legacy" });
    const worker = await workerHere("own-stream-unnamed");
    await within(client.connect("http://fake.test/mcp", { worker: /** @type {any} */ (worker) }), "the connection");
    await within(client.listen({ toolsListChanged: true }), "the acknowledgement");
    assert.deepEqual(asked, ["initialize", "notifications/initialized", "GET"]);
    await client.close();
  } finally {
    globalThis.fetch = own;
  }
});
