// What the handshake finds out, what the server says unasked, the error classes.
import { equal, hasMembers, ok, rejects, turn } from "./check.mjs";
import { collect } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

rule("rule 13: the era, the version, and what the server says of itself", async (env) => {
  const { client, peer } = await env.connect();
  equal(client.era, env.era);
  equal(client.protocolVersion, env.era === "modern" ? "2026-07-28" : "2025-11-25");
  equal(client.getServerVersion(), { name: "scripted", version: "1.2.3", "x-unknown": true });
  equal(client.getServerCapabilities(), { tools: {}, logging: {}, "x-unknown": { a: 1 } });
  equal(client.getInstructions(), "Do as you are told.");
  equal(peer.connections, 1);
});

rule("the short form connects, with the options of both", async (env) => {
  const peer = await env.peer();
  const heard = /** @type {number[]} */ ([]);
  const client = await env.mcp.Client.connect(peer.target, {
    info: { name: "short", version: "9" },
    progressHandler: (progress) => void heard.push(progress),
    connectTimeout: 5000,
  });
  env.later(() => client.close());
  const call = client.callTool("t");
  const request = await peer.next("tools/call");
  peer.send(peer.progress(request, 1), peer.result(request));
  await call;
  equal(heard, [1]);
});

rule("every legacy revision is accepted, and named", async (env) => {
  for (const version of ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]) {
    const peer = await env.peer();
    peer.answers.initialize = () => ({ protocolVersion: version, capabilities: {}, serverInfo: { name: "old", version: "0" } });
    const client = env.client();
    await client.connect(peer.target);
    equal(client.protocolVersion, version);
    const call = client.callTool("t");
    const request = await peer.next("tools/call");
    peer.send(peer.progress(request, 1), peer.result(request));
    await call;
  }
}, { eras: ["legacy"] });

rule("mode legacy does not probe; a pin is that revision or an error", async (env) => {
  const legacy = await env.peer();
  const client = env.client({ mode: "legacy" });
  if (env.era === "legacy") {
    await client.connect(legacy.target);
    equal(legacy.received[0]?.method, "initialize");
  } else {
    await rejects(client.connect(legacy.target), { code: "RPC_ERROR", rpcCode: -32601 });
  }
  const pinned = await env.peer();
  const wrong = env.client({ mode: { pin: env.era === "legacy" ? "2026-07-28" : "2025-06-18" } });
  await rejects(wrong.connect(pinned.target), { code: env.era === "legacy" ? "INCOMPATIBLE_VERSION" : "RPC_ERROR" });
  const right = env.client({ mode: { pin: env.era === "legacy" ? "2025-06-18" : "2026-07-28" } });
  const last = await env.peer();
  await right.connect(last.target);
  equal(right.protocolVersion, env.era === "legacy" ? "2025-06-18" : "2026-07-28");
});

rule("options that make no sense are refused when connecting, by name", async (env) => {
  const peer = await env.peer();
  const { Client } = env.mcp;
  const wrong = [
    new Client({ name: "a", version: "1" }, /** @type {any} */ ({ mode: { pin: "1999-01-01" } })),
    new Client({ name: "a", version: "1" }, /** @type {any} */ ({ mode: "fast" })),
  ];
  for (const client of wrong) await rejects(client.connect(peer.target), { name: "McpError", code: "INVALID_ARGUMENT" });
  const client = env.client();
  await rejects(client.connect(peer.target, /** @type {any} */ ({ connectTimeout: "soon" })), { code: "INVALID_ARGUMENT" });
  await client.connect(peer.target);
});

// ---- log messages ----

rule("rule 13: log messages reach logHandler and other handlers in both eras", async (env) => {
  const logs = /** @type {any[]} */ ([]);
  const seen = /** @type {any[]} */ ([]);
  const { client, peer, call, request } = await env.calling({}, { logHandler: (message) => void logs.push(message) });
  client.setNotificationHandler("notifications/message", ({ params }) => void seen.push(params));
  const messages = [
    { level: "info", data: "text" },
    { level: "error", logger: "l", data: { msg: "m", extra: [1] }, "x-unknown": 1 },
    { level: "debug", data: null },
  ];
  peer.send(...messages.map((params) => ({ jsonrpc: "2.0", method: "notifications/message", params })), peer.result(request));
  await call;
  equal(logs, messages);
  equal(seen, messages);
  const level = request.params._meta["io.modelcontextprotocol/logLevel"];
  equal(level, env.era === "modern" ? "debug" : undefined);
});

rule("rule 13: setLoggingLevel asks a legacy server, and goes with every later modern request", async (env) => {
  const { client, peer } = await env.connect();
  peer.answers["logging/setLevel"] = () => ({});
  await client.setLoggingLevel("warning");
  const call = client.callTool("t");
  const request = await peer.next("tools/call");
  peer.send(peer.result(request));
  await call;
  if (env.era === "modern") {
    equal(peer.all("logging/setLevel"), []);
    equal(request.params._meta["io.modelcontextprotocol/logLevel"], "warning");
  } else {
    equal(peer.all("logging/setLevel")[0]?.params.level, "warning");
    equal(request.params._meta["io.modelcontextprotocol/logLevel"], undefined);
  }
});

rule("handlers for logs that throw are reported, and the next message still arrives", async (env) => {
  const reports = env.reports();
  let count = 0;
  const { client, peer } = await env.connect({
    logHandler() {
      count++;
      throw new Error("full");
    },
  });
  const frame = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: 1 } };
  peer.send(frame, frame);
  await client.ping();
  equal(count, 2);
  equal(reports.length, 2);
});

rule("any notification can be handled by name; unknown ones pass", async (env) => {
  const { client, peer } = await env.connect();
  const seen = /** @type {any[]} */ ([]);
  client.setNotificationHandler("notifications/tools/list_changed", (notification) => void seen.push(notification));
  peer.send(
    { jsonrpc: "2.0", method: "notifications/tools/list_changed" },
    { jsonrpc: "2.0", method: "notifications/never/heard", params: { a: 1 } },
    { jsonrpc: "2.0", method: "notifications/tools/list_changed", params: { a: 1 } },
  );
  await client.ping();
  equal(seen, [{ method: "notifications/tools/list_changed" }, { method: "notifications/tools/list_changed", params: { a: 1 } }]);
  equal(client.errors, []);
});

rule("notification() sends what it is given", async (env) => {
  const { client, peer } = await env.connect();
  await client.notification({ method: "notifications/x", params: { a: [1] } });
  await client.notification({ method: "notifications/y" });
  equal((await peer.next("notifications/x")).params, { a: [1] });
  const second = await peer.next("notifications/y");
  equal("id" in second, false);
});

// ---- requests of the server ----

rule("requests of a legacy server are answered: ping, handlers by method, -32601 for the rest", async (env) => {
  const { client, peer } = await env.connect();
  client.setRequestHandler("roots/list", async ({ params }, { requestId }) => ({ roots: [], asked: params, requestId }));
  client.setRequestHandler("x/nothing", () => /** @type {any} */ (undefined));
  client.setRequestHandler("x/throws", () => {
    throw new Error("cannot");
  });
  client.setRequestHandler("x/code", async () => {
    throw Object.assign(new Error("not allowed"), { rpcCode: -1 });
  });
  /** @param {unknown} id @param {string} method @param {any} [params] */
  const ask = async (id, method, params) => {
    peer.send({ jsonrpc: "2.0", id, method, ...(params && { params }) });
    const { jsonrpc, ...answer } = await peer.next();
    return answer;
  };
  equal(await ask(1, "ping"), { id: 1, result: {} });
  // Ids of the two directions have nothing to do with each other; they keep their type.
  equal(await ask("one", "roots/list", { a: 1 }), { id: "one", result: { roots: [], asked: { a: 1 }, requestId: "one" } });
  equal(await ask(0, "x/nothing"), { id: 0, result: {} });
  equal(await ask(2, "x/throws"), { id: 2, error: { code: -32603, message: "cannot" } });
  equal(await ask(3, "x/code"), { id: 3, error: { code: -1, message: "not allowed" } });
  equal(await ask(4, "x/unknown"), { id: 4, error: { code: -32601, message: "Method not found: x/unknown" } });
  equal(client.errors, []);
}, { eras: ["legacy"] });

rule("a request of a modern server is not answered, but reported", async (env) => {
  const { client, peer } = await env.connect();
  client.setRequestHandler("roots/list", () => ({ roots: [] }));
  peer.send({ jsonrpc: "2.0", id: 1, method: "ping" }, { jsonrpc: "2.0", id: 2, method: "roots/list" });
  await client.ping();
  equal(peer.received.filter(({ method }) => method === undefined), []);
  equal(client.errors.map(({ code }) => code), ["PROTOCOL_ERROR", "PROTOCOL_ERROR"]);
}, { eras: ["modern"] });

rule("a server's request in the middle of a call goes beside it", async (env) => {
  const heard = /** @type {number[]} */ ([]);
  const { client, peer, call, request } = await env.calling({ progressHandler: (progress) => void heard.push(progress) });
  client.setRequestHandler("elicitation/create", async () => ({ action: "accept" }));
  peer.send(peer.progress(request, 1), { jsonrpc: "2.0", id: request.id, method: "elicitation/create", params: {} }, peer.progress(request, 2));
  equal(await peer.next(), { jsonrpc: "2.0", id: request.id, result: { action: "accept" } });
  peer.send(peer.result(request));
  await call;
  equal(heard, [1, 2]);
}, { eras: ["legacy"] });

rule("ping answers with the protocol's own object", async (env) => {
  const { client, peer } = await env.connect();
  const before = peer.received.length;
  await client.ping();
  equal(peer.received[before]?.method, env.era === "modern" ? "server/discover" : "ping");
});

rule("diagnostics name the server and count progress, also before anything happened", async (env) => {
  const zero = { delivered: 0, unknown: 0, late: 0, backward: 0, duplicate: 0, malformed: 0, coerced: 0, overflowed: 0, coalesced: 0 };
  equal(env.client().diagnostics(), { server: undefined, progress: zero, samples: [], subscriptions: { unknown: 0 } });
  const { client, peer, call, request } = await env.calling();
  peer.send(peer.progress(request, 1), peer.progress(request, 1), peer.progress(request, 0), peer.result(request));
  await call;
  const { samples, ...counts } = client.diagnostics();
  equal(samples.map(({ kind, server }) => [kind, server]), [["duplicate", "scripted"], ["backward", "scripted"]]);
  equal(counts, {
    server: "scripted",
    progress: { ...zero, delivered: 3, backward: 1, duplicate: 1 },
    subscriptions: { unknown: 0 },
  });
});

// ---- errors ----

rule("the error classes have stable names and codes, and know each other across two copies", async (env) => {
  const copy = await env.setting.copy();
  ok(copy.Client !== env.mcp.Client, "not another copy");
  for (const [ours, theirs] of [[env.mcp, copy], [copy, env.mcp]]) {
    const { McpError, RpcError, TimeoutError, ClosedError, ProtocolError, ToolError, AbortError, isMcpError } = /** @type {import("./env.mjs").Package} */ (ours);
    const errors = /** @type {[any, any, string, string][]} */ ([
      [new McpError("INVALID_ARGUMENT", "m"), theirs?.McpError, "McpError", "INVALID_ARGUMENT"],
      [new RpcError("m", -1, 2), theirs?.RpcError, "RpcError", "RPC_ERROR"],
      [new TimeoutError("m", "idle", 1), theirs?.TimeoutError, "TimeoutError", "TIMEOUT"],
      [new ClosedError("m", true), theirs?.ClosedError, "ClosedError", "CLOSED"],
      [new ProtocolError("m"), theirs?.ProtocolError, "ProtocolError", "PROTOCOL_ERROR"],
      [new ToolError("m", { content: [] }), theirs?.ToolError, "ToolError", "TOOL_ERROR"],
      [new AbortError("m", "why"), theirs?.AbortError, "AbortError", "ABORTED"],
    ]);
    for (const [error, itsClass, name, code] of errors) {
      hasMembers(error, { name, code, message: "m" });
      ok(error instanceof itsClass, `${name} of the other copy`);
      ok(error instanceof /** @type {any} */ (theirs).McpError && error instanceof McpError && error instanceof Error);
      ok(isMcpError(error) && theirs?.isMcpError(error));
      for (const [other, otherClass] of errors) {
        if (otherClass !== itsClass && name !== "McpError" && other.name !== "McpError") ok(!(error instanceof otherClass), `${name} is no ${other.name}`);
      }
    }
    const [[plain]] = /** @type {[[any]]} */ (/** @type {any} */ (errors));
    ok(!(plain instanceof RpcError) && !(plain instanceof /** @type {any} */ (theirs).RpcError));
    for (const stranger of [new Error("x"), new DOMException("x", "AbortError"), undefined, null, "text", {}]) {
      ok(!isMcpError(stranger) && !(stranger instanceof McpError));
    }
  }
  class Own extends env.mcp.RpcError {}
  ok(!(new env.mcp.RpcError("m", 1) instanceof Own) && new Own("m", 1) instanceof Own && new Own("m", 1) instanceof copy.RpcError);
}, { on: ["objects"], eras: ["modern"] });

rule("two copies of the package in one program do not disturb each other", async (env) => {
  const copy = await env.setting.copy();
  const peers = [await env.peer(), await env.peer()];
  const clients = [new env.mcp.Client(undefined, { progressHandler: null }), new copy.Client(undefined, { progressHandler: null })];
  for (const [index, client] of clients.entries()) {
    env.later(() => client.close());
    await client.connect(peers[index]?.target);
  }
  const heard = /** @type {any[]} */ ([]);
  const calls = clients.map((client, index) => client.callTool("t", {}, { progressHandler: (progress) => void heard.push([index, progress]) }));
  for (const [index, peer] of peers.entries()) {
    const request = await peer.next("tools/call");
    peer.send(peer.progress(request, index), peer.result(request));
  }
  await Promise.all(calls);
  equal(heard.sort(), [[0, 0], [1, 1]]);
  await turn();
});
