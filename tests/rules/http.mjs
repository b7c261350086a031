// Streamable HTTP over real requests: what is asked for, every kind of answer, streams that are cut
// anywhere, sessions and their end. The rows of the machine are tests of the library; these see
// that the browser's `fetch` does as told.
import { deferred, equal, fail, hasMembers, match, ok, pending, rejects, soon, turn, within } from "./check.mjs";
import { collect } from "./env.mjs";

const { rules, rule: add } = collect();
export { rules };

/** @param {string} name @param {(env: import("./env.mjs").Env) => Promise<void>} run @param {{ eras?: import("./env.mjs").Era[], worker?: boolean }} [options] */
const rule = (name, run, options) => add(`http: ${name}`, run, { ...options, on: ["http"] });
/** @type {{ eras: import("./env.mjs").Era[] }} */
const MODERN = { eras: ["modern"] };
/** @type {{ eras: import("./env.mjs").Era[] }} */
const LEGACY = { eras: ["legacy"] };

const EVENTS = { "content-type": "text/event-stream" };
const JSON_TYPE = { "content-type": "application/json" };
const encoder = new TextEncoder();

/** @param {import("./peer.mjs").Peer} peer @param {string} method @returns {import("./peer.mjs").Exchange} */
const exchangeOf = (peer, method) =>
  peer.exchanges.findLast(({ message }) => message?.method === method) ?? fail(`no exchange carries ${method}`);

/** Answers every request of a method in full. @param {import("./peer.mjs").Peer} peer @param {string} method @param {Record<string, unknown>} answer */
function answering(peer, method, answer) {
  peer.intercept = ({ exchange, message }) => {
    if (message?.method !== method) return false;
    peer.link.command({ exchange, end: true, ...answer });
    peer.received.push(message);
    return true;
  };
}

rule("headers of the application come along, and the protocol's own win", async (env) => {
  for (const headers of [
    { Authorization: "Bearer x", "Mcp-Method": "lies", Accept: "text/html" },
    () => ({ authorization: "Bearer x" }),
    async () => new Headers({ authorization: "Bearer x", "content-type": "text/plain" }),
  ]) {
    const peer = await env.peer();
    const client = env.client();
    await within(client.connect(peer.target, { headers }), "the connection");
    await client.ping();
    for (const { headers, verb } of peer.exchanges.filter(({ verb }) => verb === "POST")) {
      hasMembers(headers, { authorization: "Bearer x", "content-type": "application/json", accept: "application/json, text/event-stream" });
      equal(headers.cookie, undefined);
      equal(headers.referer, undefined, verb);
    }
    const { headers: sent } = exchangeOf(peer, env.era === "modern" ? "server/discover" : "ping");
    if (env.era === "modern") hasMembers(sent, { "mcp-method": "server/discover", "mcp-protocol-version": "2026-07-28" });
    else hasMembers(sent, { "mcp-session-id": "session-1", "mcp-protocol-version": "2025-11-25" });
  }
});

rule("headers of a call go with its requests only, above the connection's, and the protocol's own win", async (env) => {
  const peer = await env.peer();
  const client = env.client();
  await within(client.connect(peer.target, { headers: { "x-tenant": "all", "x-more": "1" } }), "the connection");
  const headers = { "X-Tenant": "blue", Accept: "text/html", "mcp-protocol-version": "lies" };
  const call = client.callTool("a", {}, { headers });
  peer.send(peer.result(await peer.next("tools/call")));
  await call;
  await client.ping();
  const [first, second] = ["tools/call", env.era === "modern" ? "server/discover" : "ping"].map((method) => exchangeOf(peer, method).headers);
  hasMembers(first, { "x-tenant": "blue", "x-more": "1", accept: "application/json, text/event-stream" });
  equal(first?.["mcp-protocol-version"], second?.["mcp-protocol-version"]);
  equal(second?.["x-tenant"], "all");
  // What is no header fails the call, not the connection.
  await rejects(client.callTool("a", {}, { headers: { "no header": "x" } }));
  await client.ping();
});

rule("headers of a call go with all that is asked and said for its sake: how its task stands, its end, and the list of tools", async (env) => {
  const peer = await env.peer();
  const task = { taskId: "t-1", createdAt: "2026-01-01T00:00:00Z", lastUpdatedAt: "2026-01-01T00:00:00Z", ttl: 1e5, ttlMs: 1e5, pollInterval: 100, pollIntervalMs: 100 };
  const modern = env.era === "modern";
  const { initialize, "server/discover": discover } = peer.answers;
  const capabilities = { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } }, extensions: { "io.modelcontextprotocol/tasks": {} } };
  peer.answers[modern ? "server/discover" : "initialize"] = (request) => ({ ...(modern ? discover : initialize)?.(request), capabilities });
  /** @param {import("./peer.mjs").Message} request @param {object} result */
  const answer = (request, result) => void peer.send({ jsonrpc: "2.0", id: request.id, result });
  const content = /** @type {object[]} */ ([]);
  const done = { resultType: "complete", content };
  peer.answers["tools/call"] = (request) => {
    const { name } = request.params;
    const own = { ...task, taskId: name, status: "working" };
    if (name === "idle") return;
    if (name !== "mirrored") return answer(request, modern ? { ...own, resultType: "task" } : { task: own });
    return peer.exchanges.find(({ message }) => message === request)?.headers["mcp-param-r"] ? done : peer.refuse(request, -32020, "the headers do not fit");
  };
  peer.answers["tasks/get"] = ({ params }) => ({ ...task, ...params, status: params.taskId === "kept" ? "working" : "completed", result: done });
  peer.answers["tasks/result"] = () => done;
  peer.answers["tasks/cancel"] = ({ params }) => ({ ...task, ...params, status: "cancelled" });
  peer.answers["tools/list"] = () => ({ tools: [{ name: "mirrored", inputSchema: { type: "object", properties: { r: { type: "string", "x-mcp-header": "R" } } } }] });
  const client = env.client({ tasks: true });
  await within(client.connect(peer.target), "the connection");
  const first = peer.exchanges.length;
  const options = { task: true, headers: { "x-tenant": "blue" } };
  await within(client.callTool("short", {}, options), "the task");
  const asked = ["tools/call", "tasks/get", ...(modern ? [] : ["tasks/result"])];
  /** @param {string} name @param {string} method @param {string} end */
  const given = async (name, method, end) => {
    const call = client.callTool(name, {}, options);
    call.catch(() => {});
    await peer.until(method, () => peer.all(method).some(({ params }) => name === (params.taskId ?? params.name)));
    call.cancel();
    asked.push("tools/call", ...(method === "tools/call" ? [] : [method]));
    if (!end) return;
    await peer.next(end);
    asked.push(end);
  };
  await given("kept", "tasks/get", "tasks/cancel");
  // The end of an exchange is no request.
  await given("idle", "tools/call", modern ? "" : "notifications/cancelled");
  if (modern) {
    await within(client.callTool("mirrored", { r: "x" }, options), "the call");
    asked.push("tools/call", "tools/list", "tools/call");
  }
  await client.ping();
  const last = /** @type {const} */ ([modern ? "server/discover" : "ping", undefined]);
  equal(peer.exchanges.slice(first).filter(({ verb }) => verb === "POST").map(({ message, headers }) => [message.method, headers["x-tenant"]]), [...asked.map((method) => [method, "blue"]), last]);
});

rule("headers of a call go with what it said when that is said again in a new session", async (env) => {
  const peer = await env.peer();
  const client = env.client();
  await within(client.connect(peer.target, { headers: { "x-tenant": "all" } }), "the connection");
  peer.answers["logging/setLevel"] = () => ({});
  await client.request({ method: "logging/setLevel", params: { level: "info" } }, { headers: { "x-tenant": "blue" } });
  peer.intercept = ({ exchange, message, headers }) => {
    if (message?.method !== "tools/call" || headers["mcp-session-id"] !== "session-1" || peer.all("initialize").length > 1) return false;
    peer.link.command({ exchange, status: 404, end: true });
    return true;
  };
  client.callTool("a").catch(() => {});
  await peer.until("the new session", () => peer.all("logging/setLevel").length > 1);
  const levels = peer.exchanges.filter(({ message }) => message?.method === "logging/setLevel");
  equal(levels.map(({ headers }) => headers["x-tenant"]), ["blue", "blue"]);
}, LEGACY);

rule("many streams that stay open to one origin are warned of, once", async (env) => {
  // Node has no such limit, so it has to look like a browser; a copy has not warned yet.
  const scope = /** @type {any} */ (globalThis);
  const pretends = !("document" in scope || "WorkerGlobalScope" in scope);
  if (pretends) scope.WorkerGlobalScope = function WorkerGlobalScope() {};
  env.later(() => pretends && delete scope.WorkerGlobalScope);
  const { Client } = await env.setting.copy();
  const warnings = env.console("warn");
  const open = async () => {
    const peer = await env.peer();
    const client = new Client({ name: "rules", version: "1" }, { progressHandler: null });
    env.later(() => client.close());
    await within(client.connect(peer.target), "the connection");
    await peer.until("its stream", () => peer.exchanges.some(({ verb, streams }) => verb === "GET" && streams));
  };
  for (let i = 0; i < 4; i++) await open();
  equal(warnings, []);
  await open();
  await soon("the warning", () => warnings.length === 1);
  ok(/5 streams are open to http:.*HTTP\/2/.test(String(warnings[0])), String(warnings[0]));
}, LEGACY);

rule("a header function that fails, whatever it throws, fails the call by a typed error that says why", async (env) => {
  const peer = await env.peer();
  const broken = new Error("no token today");
  let thrown = /** @type {any} */ (broken);
  let works = true;
  const client = env.client();
  await client.connect(peer.target, {
    headers: () => {
      if (!works) throw thrown;
      return {};
    },
  });
  works = false;
  const error = await rejects(client.callTool("t"), { name: "ClosedError", code: "CLOSED", mayHaveRun: false, message: /tools\/call t: .*no token today/ });
  equal(error.cause, broken);
  for (thrown of ["no token", undefined, null, 7, [broken], {}, new DOMException("stop", "AbortError")]) {
    const error = await rejects(client.callTool("t"), { name: "ClosedError", code: "CLOSED", mayHaveRun: false });
    ok(error instanceof env.mcp.ClosedError && error instanceof Error, "a typed error");
    await rejects(env.client().connect(peer.target, { headers: () => Promise.reject(thrown) }), { name: "ClosedError", code: "CLOSED" });
  }
  works = true;
  await client.ping();
});

rule("another fetch can be given", async (env) => {
  const peer = await env.peer();
  /** @type {any[]} */
  const seen = [];
  const client = env.client();
  await client.connect(peer.target, {
    fetch: (url, init) => {
      seen.push([String(url), init?.method, init?.redirect, init?.credentials, init?.cache, init?.referrerPolicy]);
      return fetch(url, init);
    },
  });
  ok(seen.some(([, method]) => method === "POST"), "messages are posted");
  // By `no-store`, browsers would ask a server of another origin for leave before each message.
  for (const [url, method, ...how] of seen) equal([url, ...how], [peer.target, "error", "omit", method === "GET" ? "no-store" : undefined, "no-referrer"]);
}, { worker: false });

rule("what a name has to be in a header, and what not", async (env) => {
  const { client, peer } = await env.connect();
  for (const [name, value] of [["plain", "plain"], ["größer 🎉", "=?base64?Z3LDtsOfZXIg8J+OiQ==?="], [" blank ", "=?base64?IGJsYW5rIA==?="]]) {
    const call = client.callTool(/** @type {string} */ (name));
    peer.send(peer.result(await peer.next("tools/call")));
    await call;
    equal(exchangeOf(peer, "tools/call").headers["mcp-name"], value);
  }
}, MODERN);

rule("arguments are repeated in headers as the tools say; tools that cannot be called are dropped and named", async (env) => {
  const { client, peer } = await env.connect();
  const tool = (/** @type {string} */ name, /** @type {object} */ region) => ({ name, inputSchema: { type: "object", properties: { region } } });
  peer.answers["tools/list"] = () => ({
    tools: [tool("good", { type: "string", "x-mcp-header": "Region" }), tool("bad", { type: "number", "x-mcp-header": "Region" })],
  });
  const { tools } = await client.listTools();
  equal(tools.map(({ name }) => name), ["good"]);
  equal(client.errors.length, 1);
  hasMembers(client.errors[0], { code: "PROTOCOL_ERROR", message: /bad.*string, an integer or a boolean/ });
  const call = client.callTool("good", { region: "zürich" });
  peer.send(peer.result(await peer.next("tools/call")));
  await call;
  equal(exchangeOf(peer, "tools/call").headers["mcp-param-region"], "=?base64?esO8cmljaA==?=");
}, MODERN);

for (const [what, answer, members] of /** @type {[string, Record<string, unknown>, Record<string, unknown>][]} */ ([
  ["401", { status: 401, headers: { "www-authenticate": "Bearer" }, write: "who are you?" }, { name: "HttpError", code: "HTTP_ERROR", status: 401, body: "who are you?" }],
  ["403", { status: 403, headers: JSON_TYPE, write: '{"error":"no"}' }, { name: "HttpError", status: 403, message: /tools\/call t: HTTP status 403/ }],
  ["413", { status: 413 }, { name: "HttpError", status: 413, message: /too large/ }],
  ["500 with a page", { status: 500, headers: { "content-type": "text/html" }, write: "<h1>oops" }, { name: "HttpError", status: 500, body: "<h1>oops" }],
  ["another type", { status: 200, headers: { "content-type": "text/html" }, write: "<h1>hello" }, { code: "PROTOCOL_ERROR", message: /neither JSON nor a stream: <h1>hello/ }],
  ["no JSON", { status: 200, headers: JSON_TYPE, write: "{" }, { code: "PROTOCOL_ERROR", message: /does not answer/ }],
  ["202", { status: 202 }, { code: "PROTOCOL_ERROR", message: /gave no answer/ }],
  ["a redirect", { status: 307, headers: { location: "/elsewhere" } }, { code: "CLOSED", mayHaveRun: true }],
  ["a status without CORS, or a cut connection", { destroy: true }, { code: "CLOSED", mayHaveRun: true, message: /network.*CORS/ }],
  ["an empty stream", { status: 200, headers: EVENTS }, { code: "CLOSED", mayHaveRun: true, message: /ended without one/ }],
])) {
  rule(`a call answered with ${what} fails by a typed error, and nothing else does`, async (env) => {
    const { client, peer } = await env.connect();
    answering(peer, "tools/call", answer);
    const error = await rejects(client.callTool("t"), members);
    ok(error instanceof env.mcp.McpError, "one of ours");
    await client.ping();
    equal(client.errors, []);
  });
}

rule("a connect answered with 401 says so by its status", async (env) => {
  const peer = await env.peer();
  answering(peer, "server/discover", { status: 401, write: "who?" });
  const error = await rejects(env.client().connect(peer.target), { name: "HttpError", status: 401 });
  ok(error instanceof env.mcp.HttpError, "an HttpError");
}, MODERN);

rule("a probe that fails without a word, as CORS makes it, means initialize, and is no lasting verdict", async (env) => {
  const peer = await env.peer();
  for (let round = 1; round < 3; round++) {
    const client = env.client();
    await within(client.connect(peer.target, {
      fetch: (url, init) => {
        const { method } = JSON.parse(String(init?.body ?? "{}"));
        return method === "server/discover" ? Promise.reject(new TypeError("Failed to fetch")) : fetch(url, init);
      },
    }), "the connection");
    equal(client.era, "legacy");
    await client.close();
  }
  await within(env.client().connect(peer.target), "the connection");
  equal(peer.all("server/discover").length, 1, "probed again");
}, { ...LEGACY, worker: false });

rule("a server that is not there, or not for this page, is told with the platform's words", async (env) => {
  const { nobody, relay } = env.setting;
  const target = nobody.replace("ws", "http");
  const error = await rejects(env.client().connect(target), { code: "CLOSED", message: /connecting to http.*network.*CORS/ });
  equal(error.cause.name, "TypeError");
  ok(error.message.includes(error.cause.message), error.message);
  await rejects(env.client().connect(`${relay.replace("ws", "http")}/nothing`), { name: "HttpError", status: 404, message: /HTTP\+SSE/ });
}, LEGACY);

rule("a server that shows itself to be of the old era is not probed again", async (env) => {
  const peer = await env.peer();
  for (let round = 0; round < 2; round++) await within(env.client().connect(peer.target), "the connection");
  equal([peer.all("server/discover").length, peer.all("initialize").length], [1, 2]);
}, LEGACY);

/** @param {import("./peer.mjs").Message} request @param {number} from @param {number} to @param {string} end of a line */
const ticks = (request, from, to, end) =>
  Array.from({ length: to - from + 1 }, (_, i) => {
    const n = from + i;
    const params = { progressToken: request.params._meta.progressToken, progress: n, total: to, message: n % 3 ? `step ${n}` : `größer ${n} 🎉` };
    return `${n % 4 ? "" : `: ping${end}${end}`}data: ${JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params })}${end}${end}`;
  }).join("");

for (const [name, end] of /** @type {[string, string][]} */ ([["LF", "\n"], ["CRLF", "\r\n"], ["CR", "\r"]])) {
  rule(`a stream with ${name} is read whole, however it is cut`, async (env) => {
    const { client, peer } = await env.connect();
    for (const size of [1, 7, 64, 1000, 1e6]) {
      /** @type {any[]} */
      const heard = [];
      const call = client.callTool("t", {}, { progressHandler: (...values) => void heard.push(values.slice(0, 3)) });
      const request = await peer.next("tools/call");
      const { exchange } = exchangeOf(peer, "tools/call");
      const count = size === 1 ? 6 : 40;
      const text = `\u{feff}${ticks(request, 1, count, end)}data: ${JSON.stringify(peer.result(request))}${end}${end}`;
      const bytes = encoder.encode(text);
      peer.link.command({ exchange, status: 200, headers: EVENTS });
      for (let at = 0; at < bytes.length; at += size) {
        peer.link.command({ exchange, write: [...bytes.subarray(at, at + size)] });
        if (at % (size * 16) === 0) await turn();
      }
      peer.link.command({ exchange, end: true });
      await within(call, "the call");
      equal(heard, Array.from({ length: count }, (_, i) => [i + 1, count, (i + 1) % 3 ? `step ${i + 1}` : `größer ${i + 1} 🎉`]));
    }
    equal(client.errors, []);
  }, { eras: [name === "LF" ? "modern" : "legacy"] });
}

rule("a handler that ends one call and starts another in the middle of a chunk mixes nothing up", async (env) => {
  const { client, peer } = await env.connect();
  /** @type {any[]} */
  const heard = [];
  const started = deferred();
  const first = client.callTool("first", {}, {
    progressHandler(progress) {
      heard.push(["first", progress]);
      if (progress < 5) return;
      first.cancel();
      started.resolve([client.callTool("second", {}, { progressHandler: (progress) => void heard.push(["second", progress]) })]);
    },
  });
  const aborted = rejects(first, { code: "ABORTED" });
  const request = await peer.next("tools/call");
  const { exchange } = exchangeOf(peer, "tools/call");
  peer.link.command({ exchange, status: 200, headers: EVENTS, write: `: first\n\n${ticks(request, 1, 2, "\n")}` });
  peer.link.command({ exchange, write: ticks(request, 3, 100, "\n") });
  const [second] = await within(started.promise, "the second call");
  await aborted;
  peer.send(peer.result(await peer.next("tools/call")));
  await second;
  equal(heard, [1, 2, 3, 4, 5].map((n) => ["first", n]));
});

rule("progress on the stream of another call is dropped and counted", async (env) => {
  const { client, peer } = await env.connect();
  /** @type {number[]} */
  const heard = [];
  const one = client.callTool("one");
  const first = await peer.next("tools/call");
  const { exchange } = exchangeOf(peer, "tools/call");
  const other = client.callTool("other", {}, { progressHandler: (progress) => void heard.push(progress) });
  const second = await peer.next("tools/call");
  peer.link.command({ exchange, status: 200, headers: EVENTS, write: `: x\n\n${ticks(second, 1, 5, "\n")}data: ${JSON.stringify(peer.result(first))}\n\n`, end: true });
  await one;
  peer.send(peer.progress(second, 7), peer.result(second));
  await other;
  equal(heard, [7]);
  equal(client.diagnostics().progress.unknown, 5);
  equal(client.errors, []);
}, MODERN);

rule("a stream that is cut fails its call at once, and says that it may have run", async (env) => {
  const { client, peer } = await env.connect();
  for (const cut of [{ end: true }, { destroy: true }]) {
    /** @type {number[]} */
    const heard = [];
    const call = client.callTool("t", {}, { progressHandler: (progress) => void heard.push(progress) });
    const request = await peer.next("tools/call");
    peer.send(peer.progress(request, 1));
    await soon("the progress", () => heard.length);
    peer.link.command({ exchange: exchangeOf(peer, "tools/call").exchange, ...cut });
    await rejects(call, { name: "ClosedError", code: "CLOSED", mayHaveRun: true, message: /may have carried it out/ });
  }
  await client.ping();
  equal(client.errors, []);
});

rule("giving up a call breaks its exchange off, before the first byte and after", async (env) => {
  const { client, peer } = await env.connect();
  for (const begun of [false, true]) {
    /** @type {number[]} */
    const heard = [];
    const call = client.callTool("t", {}, { progressHandler: (progress) => void heard.push(progress) });
    const failed = rejects(call, { code: "ABORTED" });
    const request = await peer.next("tools/call");
    if (begun) peer.send(peer.progress(request, 1));
    if (begun) await soon("the progress", () => heard.length);
    const exchange = exchangeOf(peer, "tools/call");
    call.cancel("enough");
    await failed;
    await peer.until("the exchange to break off", () => exchange.broken);
    if (env.era === "legacy") hasMembers((await peer.next("notifications/cancelled")).params, { requestId: request.id, reason: "enough" });
    else equal(peer.exchanges.filter(({ message }) => message?.method === "notifications/cancelled"), []);
  }
  equal(client.errors, []);
});

rule("close ends the session and all streams", async (env) => {
  const { client, peer } = await env.connect();
  const call = rejects(client.callTool("t"), { code: "CLOSED" });
  await peer.next("tools/call");
  const exchange = exchangeOf(peer, "tools/call");
  await peer.until("the server's own stream", () => peer.exchanges.some(({ verb }) => verb === "GET"));
  await client.close();
  await call;
  await peer.until("the end", () => exchange.broken && peer.ended === 1);
  const last = peer.exchanges.at(-1);
  equal([last?.verb, last?.headers["mcp-session-id"]], ["DELETE", "session-1"]);
}, LEGACY);

rule("a server without a stream of its own is as good", async (env) => {
  for (const status of [405, 404, 400]) {
    const peer = await env.peer();
    peer.intercept = ({ exchange, verb }) => verb === "GET" && (peer.link.command({ exchange, status, end: true }), true);
    const client = env.client();
    await within(client.connect(peer.target), "the connection");
    await peer.until("the request for it", () => peer.exchanges.some(({ verb }) => verb === "GET"));
    await client.ping();
    equal(client.errors, []);
  }
}, LEGACY);

rule("a stream that the server ends is resumed where it was, not before the time that it wants", async (env) => {
  const { client, peer } = await env.connect();
  /** @type {number[]} */
  const heard = [];
  const call = client.callTool("t", {}, { progressHandler: (progress) => void heard.push(progress) });
  const request = await peer.next("tools/call");
  const { exchange } = exchangeOf(peer, "tools/call");
  peer.link.command({ exchange, status: 200, headers: EVENTS, write: `id: a\r\ndata: \r\nretry: 300\r\n\r\nid: b\n${ticks(request, 1, 1, "\n")}` });
  await soon("the progress", () => heard.length);
  const before = performance.now();
  peer.link.command({ exchange, end: true });
  const resumed = await peer.until("the resumption", () => peer.exchanges.find(({ headers }) => headers["last-event-id"] === "b"));
  ok(performance.now() - before >= 290, "too early");
  equal([resumed.verb, resumed.headers["mcp-session-id"]], ["GET", "session-1"]);
  peer.link.command({ exchange: resumed.exchange, write: `id: c\ndata: ${JSON.stringify(peer.progress(request, 2))}\n\ndata: ${JSON.stringify(peer.result(request))}\n\nid: d\ndata: \n\n` });
  await within(call, "the call");
  equal(heard, [1, 2]);
  await peer.until("the stream to be closed", () => resumed.broken);
  equal(client.errors, []);
}, LEGACY);

for (const [how, status, body] of /** @type {[string, number, string][]} */ ([
  ["404", 404, ""],
  ["404 and the id of the request", 404, '{"jsonrpc":"2.0","id":ID,"error":{"code":-32600,"message":"there is no such session"}}'],
  ["404 and no id", 404, '{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}'],
  ["400", 400, '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}'],
  ["200", 200, '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Session not found"}}'],
])) {
  rule(`a session that has expired, said by ${how}, is renewed without a word, and calls go on in the new one`, async (env) => {
    const { client, peer } = await env.connect();
    peer.answers["tools/call"] = () => ({ content: [] });
    let known = "session-1";
    const begin = /** @type {(request: any) => any} */ (peer.answers.initialize);
    peer.answers.initialize = (request) => ((known = ""), begin(request));
    let expired = true;
    peer.intercept = ({ exchange, message, headers }) => {
      if (!expired || !headers["mcp-session-id"] || message?.method !== "tools/call" || !known) return false;
      peer.link.command({ exchange, status, headers: JSON_TYPE, write: body.replace("ID", message.id), end: true });
      return true;
    };
    const calls = [1, 2, 3].map((n) => client.callTool("t", { n }));
    for (const call of calls) equal((await within(call, "the call")).content, []);
    equal(peer.all("initialize").length, 2);
    equal(peer.all("tools/call").length, 3);
    expired = false;
    await client.ping();
    equal(client.errors, []);
  }, LEGACY);
}

rule("a session that cannot be renewed ends the connection, tells it, and leaves room for another", async (env) => {
  const { client, peer } = await env.connect();
  let closed = 0;
  client.onclose = () => closed++;
  peer.intercept = ({ exchange, verb }) => {
    if (verb !== "POST") return false;
    peer.link.command({ exchange, status: 404, end: true });
    return true;
  };
  await rejects(client.callTool("t"), { name: "ClosedError", code: "CLOSED", mayHaveRun: false });
  equal(closed, 1);
  peer.intercept = undefined;
  await within(client.connect(peer.target), "the next connection");
  await client.ping();
}, LEGACY);

rule("connect waits until the server knows that the session has begun; what it says right after is heard", async (env) => {
  const peer = await env.peer();
  /** @type {number | undefined} */
  let held;
  peer.intercept = ({ exchange, message }) => {
    if (message?.method !== "notifications/initialized") return false;
    held = exchange;
    return true;
  };
  /** @type {any[]} */
  const heard = [];
  const client = env.client({ logHandler: ({ data }) => void heard.push(data) });
  const connecting = client.connect(peer.target);
  await peer.until("initialized", () => held);
  ok(await pending(connecting), "connected too early");
  peer.intercept = undefined;
  const known = performance.now();
  peer.link.command({ exchange: held, status: 202, end: true });
  await within(connecting, "the connection");
  // Nobody waits longer than that for the stream: a busy machine may need more.
  const waited = performance.now() - known;
  ok(waited > 140 || peer.exchanges.some(({ verb }) => verb === "GET"), "the server's own stream");
  peer.send({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "at once" } });
  await soon("the message", () => heard.length);
}, LEGACY);

rule("what tells the server so and is lost fails connect; a status does not", async (env) => {
  for (const answer of [{ destroy: true }, { status: 400, end: true }, { status: 500, end: true }]) {
    const peer = await env.peer();
    peer.intercept = ({ exchange, message }) => {
      if (message?.method !== "notifications/initialized") return false;
      peer.link.command({ exchange, ...answer });
      return true;
    };
    const connecting = env.client().connect(peer.target);
    if (answer.destroy) await rejects(connecting, { name: "ClosedError", message: /connecting to http.*network.*CORS/ });
    else await within(connecting, "the connection");
  }
}, LEGACY);

for (const status of [500, 503, 403, 501]) {
  rule(`a probe answered by ${status} means initialize, and if that fails too, the first error with the second as its cause`, async (env) => {
    const peer = await env.peer();
    answering(peer, "server/discover", { status, headers: JSON_TYPE, write: '{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"oops"}}' });
    const client = env.client();
    await within(client.connect(peer.target), "the connection");
    equal([client.era, client.knownEra], ["legacy", undefined]);
    const other = await env.peer();
    other.intercept = ({ exchange, message }) => {
      const probes = message?.method === "server/discover";
      other.link.command({ exchange, status: probes ? status : 501, write: probes ? "first" : "second", end: true });
      return true;
    };
    const error = await rejects(env.client().connect(other.target), { name: "HttpError", status, body: "first" });
    hasMembers(error.cause, { name: "HttpError", status: 501, body: "second" });
  }, LEGACY);
}

rule("an address that only speaks the older HTTP+SSE is named, and what goes into connect there", async (env) => {
  const peer = await env.peer();
  peer.intercept = ({ exchange, verb }) => {
    if (verb === "GET") peer.link.command({ exchange, status: 200, headers: EVENTS, write: "event: endpoint\ndata: /messages?id=1\n\n" });
    else peer.link.command({ exchange, status: 405, end: true });
    return true;
  };
  const error = await rejects(env.client().connect(peer.target), { name: "ProtocolError", code: "HTTP_SSE_ONLY", message: /HTTP\+SSE of 2024-11-05.*SSEClientTransport/ });
  ok(error instanceof env.mcp.McpError, "a typed error");
}, LEGACY);

rule("a busy server's wish is kept for what may be sent again, and told of what may not", async (env) => {
  const { client, peer } = await env.connect();
  peer.answers["tools/list"] = () => ({ tools: [] });
  let busy = true;
  peer.intercept = ({ exchange, message }) => {
    if (!busy || !message?.id) return false;
    busy = false;
    const headers = { "content-type": "text/plain", "retry-after": "1", "x-more": "1", "access-control-expose-headers": "*" };
    peer.link.command({ exchange, status: 429, headers, write: "slow down", end: true });
    return true;
  };
  const before = performance.now();
  equal((await client.listTools()).tools, []);
  ok(performance.now() - before > 950, "too early");
  busy = true;
  const error = await rejects(client.callTool("t"), { name: "HttpError", status: 429, body: "slow down", retryAfter: 1000 });
  equal(error.headers.get("x-more"), "1");
  equal(peer.all("tools/call").length, 0);
  equal(client.errors, []);
});

rule("close waits until the end of the session has left", async (env) => {
  const { client, peer } = await env.connect();
  await client.close();
  // The client's own listening may still have been on its way, and come after it.
  equal(peer.exchanges.filter(({ verb }) => verb === "DELETE").length, 1);
}, LEGACY);

rule("a modern server that is known from before is connected to without a round trip, and one that has changed is found out", async (env) => {
  const peer = await env.peer();
  const first = env.client();
  await within(first.connect(peer.target), "the connection");
  const prior = JSON.parse(JSON.stringify(first.prior));
  equal(prior.kind, env.era);
  const known = env.era === "modern" ? prior : undefined;
  const discover = { supportedVersions: ["2026-07-28"], capabilities: { tools: {} }, _meta: { "io.modelcontextprotocol/serverInfo": { name: "old", version: "1" } } };
  const other = await env.peer();
  other.answers["tools/list"] = () => ({ tools: [] });
  if (env.era === "legacy") {
    // What a session's server says to whom it does not know.
    other.intercept = ({ exchange, message, headers }) => {
      if (!message?.id || message.method === "initialize" || headers["mcp-session-id"]) return false;
      other.link.command({ exchange, status: 400, headers: JSON_TYPE, write: '{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: Server not initialized"}}', end: true });
      return true;
    };
  }
  const client = env.client();
  await within(client.connect(other.target, { prior: known ?? { kind: "modern", discover } }), "the connection");
  equal([client.era, other.exchanges.length], ["modern", 0]);
  equal((await within(client.listTools(), "the list")).tools, []);
  equal(client.era, env.era);
  equal(other.all("tools/list").length, 1);
  equal(client.errors, []);
});

rule("what `requestInit` says is said, its headers too", async (env) => {
  for (const headers of [{ "x-own": "yes" }, new Headers({ "x-own": "yes" }), /** @type {[string, string][]} */ ([["x-own", "yes"]])]) {
    const peer = await env.peer();
    const client = env.client();
    await within(client.connect(new env.mcp.StreamableHttpTransport(peer.target, { requestInit: { headers } })), "the connection");
    equal(peer.exchanges.map(({ headers }) => headers["x-own"]), peer.exchanges.map(() => "yes"));
    await client.close();
  }
}, { worker: false });

rule("a transport that is given a session goes on with it", async (env) => {
  const peer = await env.peer();
  const client = env.client();
  const transport = new env.mcp.StreamableHttpTransport(peer.target, { sessionId: "session-7", protocolVersion: "2025-06-18" });
  await within(client.connect(transport), "the connection");
  equal([client.era, client.protocolVersion, peer.exchanges.length, transport.sessionId], ["legacy", "2025-06-18", 0, "session-7"]);
  await client.ping();
  hasMembers(exchangeOf(peer, "ping").headers, { "mcp-session-id": "session-7", "mcp-protocol-version": "2025-06-18" });
  await transport.terminateSession();
  equal([peer.exchanges.at(-1)?.verb, transport.sessionId], ["DELETE", undefined]);
}, { ...LEGACY, worker: false });

rule("a call tells the ids of its events, and its answer can be asked for behind one of them", async (env) => {
  const { client, peer } = await env.connect();
  /** @type {string[]} */
  const ids = [];
  const call = client.callTool("t", {}, /** @type {any} */ ({ onresumptiontoken: (/** @type {string} */ id) => void ids.push(id) }));
  const request = await peer.next("tools/call");
  const { exchange } = exchangeOf(peer, "tools/call");
  peer.link.command({ exchange, status: 200, headers: EVENTS, write: `id: a\ndata: ${JSON.stringify(peer.progress(request, 1))}\n\n` });
  await soon("the id", () => ids.length);
  peer.link.command({ exchange, write: `id: b\ndata: ${JSON.stringify(peer.result(request))}\n\n`, end: true });
  await call;
  equal(ids[0], "a");
  const resumed = client.callTool("t", {}, /** @type {any} */ ({ resumptionToken: "a" }));
  const get = await peer.until("the request for the rest", () => peer.exchanges.find(({ headers }) => headers["last-event-id"] === "a"));
  equal(get.verb, "GET");
  peer.link.command({ exchange: get.exchange, write: `data: ${JSON.stringify(peer.result(request))}\n\n` });
  equal((await within(resumed, "the call")).content, [{ type: "text", text: "done" }]);
  equal(peer.all("tools/call").length, 1);
}, { ...LEGACY, worker: false });

rule("the transport works alone, in the shape of the TypeScript SDK's", async (env) => {
  const peer = await env.peer();
  const transport = new env.mcp.StreamableHttpTransport(peer.target);
  /** @type {any[]} */
  const messages = [];
  /** @type {any[]} */
  const errors = [];
  let closed = 0;
  transport.onmessage = (message) => messages.push(message);
  transport.onerror = (error) => errors.push(error);
  transport.onclose = () => closed++;
  await rejects(transport.send({ jsonrpc: "2.0", id: 0, method: "ping" }), { code: "CLOSED" });
  await transport.start();
  if (env.era === "legacy") {
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "x", version: "1" } };
    await transport.send({ jsonrpc: "2.0", id: 1, method: "initialize", params });
    await transport.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    equal(transport.sessionId, "session-1");
  } else {
    const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    await transport.send({ jsonrpc: "2.0", id: 1, method: "server/discover", params: { _meta } });
  }
  await soon("the answer", () => messages.length);
  equal(messages[0].id, 1);
  answering(peer, "x/y", { status: 500, write: "oops" });
  await rejects(transport.send({ jsonrpc: "2.0", id: 2, method: "x/y" }), { name: "HttpError", status: 500 });
  peer.intercept = undefined;
  const sent = transport.send({ jsonrpc: "2.0", id: "three", method: "tools/call", params: { _meta: { progressToken: 9 } } });
  const request = await peer.next("tools/call");
  peer.send(peer.progress(request, 1), peer.result(request));
  await sent;
  await soon("the messages", () => messages.length === 3);
  equal([messages[1].params.progress, messages[2].id], [1, "three"]);
  equal(errors, []);
  await transport.close();
  equal(closed, 1);
});

rule("trace sees every message, both ways", async (env) => {
  const peer = await env.peer();
  /** @type {string[]} */
  const seen = [];
  const client = env.client();
  await client.connect(peer.target, { trace: (direction, text) => void seen.push(`${direction} ${JSON.parse(text).method ?? "answer"}`) });
  const call = client.callTool("t");
  const request = await peer.next("tools/call");
  peer.send(peer.progress(request, 1), peer.progress(request, 2), peer.result(request));
  await call;
  match(seen.join(), /sent tools\/call.*(received notifications\/progress,){2}received answer/);
});

rule("what is kept of one authorization's results is not given to another, and what all may see is", async (env) => {
  for (const scope of /** @type {const} */ (["private", "public"])) {
    let token = "ann";
    const forms = [
      { headers: () => ({ authorization: token }), knows: true },
      { headers: async () => ({ authorization: token }), knows: false },
      { headers: undefined, knows: true },
    ];
    for (const { headers, knows } of forms) {
      token = "ann";
      const peer = await env.peer();
      const client = env.client();
      await within(client.connect(peer.target, headers ? { headers } : {}), "the connection");
      // Who the server answered is in what it answered.
      const whose = (/** @type {any} */ message) => {
        const { headers } = peer.exchanges.find((one) => one.message?.id === message.id) ?? fail("no exchange");
        return headers.authorization;
      };
      const kept = { ttlMs: 1e6, cacheScope: scope };
      peer.answers["tools/list"] = (message) => ({ ...kept, tools: [{ name: "t", title: whose(message) }] });
      peer.answers["resources/read"] = (message) => ({ ...kept, contents: [{ uri: "a:b", text: whose(message) }] });
      const own = () => (headers ? undefined : { headers: { authorization: token } });
      const ask = async () => [(await client.listTools({}, own())).tools[0]?.title, (await client.readResource("a:b", own())).contents[0]?.text];
      equal(await ask(), ["ann", "ann"]);
      equal(await ask(), ["ann", "ann"]);
      // By a function whose answer has to be waited for, nobody can tell in time.
      if (!env.setting.worker && (knows || scope === "public")) equal(peer.all("tools/list").length, 1);
      token = "bob";
      const expected = scope === "public" ? ["ann", "ann"] : ["bob", "bob"];
      equal(await ask(), expected);
      token = "ann";
      equal(await ask(), ["ann", "ann"]);
      // One after the other without a pause: what is sent for one is not kept for the other.
      token = "cleo";
      const first = client.readResource("a:c", own());
      token = "dora";
      equal((await client.readResource("a:d", own())).contents[0]?.text, "dora");
      await first;
      equal((await client.readResource("a:c", own())).contents[0]?.text, "dora");
    }
  }
}, MODERN);

rule("what is known of tools outlasts calls for one authorization, whoever gives it, and none for another", async (env) => {
  let checks = 0;
  const jsonSchemaValidator = { getValidator: () => (/** @type {unknown} */ input) => (checks++, { valid: true, data: input, errorMessage: undefined }) };
  const schemas = /** @type {const} */ ({ outputValidation: "strict", jsonSchemaValidator });
  let token = "ann";
  const given = () => ({ authorization: token });
  /** @type {Record<string, object>} */
  const forms = {
    "by a function": { headers: given },
    "by one to be waited for": { headers: async () => given() },
    "by an authorizer": { auth: { headers: async () => given(), answered: async () => false } },
    "with each call": {},
  };
  for (const [form, options] of Object.entries(forms)) {
    token = "ann";
    const peer = await env.peer();
    peer.answers["tools/list"] = () => ({ tools: ["a", "b"].map((name) => ({ name, inputSchema: { type: "object" }, outputSchema: { type: "object" } })) });
    for (const method of ["tools/call", "resources/read"]) peer.answers[method] = () => ({ content: [], contents: [], structuredContent: {} });
    const client = env.client();
    await within(client.connect(peer.target, options), "the connection");
    const own = () => (form === "with each call" ? { headers: given() } : {});
    const lists = async () => {
      for (const name of ["a", "b", "a"]) {
        await within(client.callTool(name, {}, { ...schemas, ...own() }), `a call ${form}`);
        await client.readResource("a:b", own());
      }
      equal([form, checks], [form, 3]);
      checks = 0;
      return peer.all("tools/list").length;
    };
    equal([form, await lists(), await lists()], [form, 1, 1]);
    token = "bob";
    equal([form, await lists() > 1], [form, true]);
    await client.close();
  }
});

rule("results are checked also if a token changes while the tools are listed for that", async (env) => {
  let token = "ann";
  let checks = 0;
  const jsonSchemaValidator = /** @type {import("mcp-wasm").JsonSchemaValidator} */ ({ getValidator: () => (input) => (checks++, { valid: true, data: input, errorMessage: undefined }) });
  const peer = await env.peer();
  /** @type {import("./peer.mjs").Message | undefined} */
  let held;
  const list = { tools: [{ name: "a", inputSchema: { type: "object" }, outputSchema: { type: "object" } }] };
  peer.answers["tools/list"] = (request) => (held ? list : void (held = request));
  for (const method of ["tools/call", "resources/read"]) peer.answers[method] = () => ({ content: [], contents: [], structuredContent: {} });
  const client = env.client({ outputValidation: "strict", jsonSchemaValidator });
  await within(client.connect(peer.target, { headers: () => ({ authorization: token }) }), "the connection");
  const call = client.callTool("a");
  const request = await peer.until("the list", () => held);
  token = "bob";
  await client.readResource("a:b");
  peer.send(peer.result(request, list));
  await within(call, "the call");
  await client.callTool("a");
  equal([checks, peer.all("tools/list").length], [2, 2]);
});
