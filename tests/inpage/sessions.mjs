// Connections of a server in the page: several at once, their ends, and the browser's own agent.
import { deferred, equal, hasMembers, match, ok, rejects, soon, within } from "../rules/check.mjs";
import { collect, linked } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

rule("several clients at once have nothing to do with each other", async (env) => {
  const server = env.server();
  const stopped = deferred();
  server.tool("wait", async (_, ctx) => {
    ctx.signal.addEventListener("abort", () => stopped.resolve());
    await stopped.promise;
  });
  server.tool("echo", async ({ text }, ctx) => (await ctx.reportProgress(1), text));
  const clients = await Promise.all([1, 2, 3].map(() => env.connect(server)));
  const waiting = /** @type {any} */ (clients[0]).callTool("wait");
  waiting.catch(() => {});
  const texts = await Promise.all(clients.map(async (client, n) => (await client.callTool("echo", { text: `${n}` })).content));
  equal(texts, [0, 1, 2].map((n) => [{ type: "text", text: `${n}` }]));
  await clients[0]?.close();
  await within(stopped.promise, "the signal of the first client's call");
  equal((await /** @type {any} */ (clients[1]).callTool("echo", { text: "on" })).content, [{ type: "text", text: "on" }]);
});

rule("both eras on one server", async (env) => {
  const server = env.server();
  server.tool("era", (_, ctx) => `${ctx.era} ${ctx.protocolVersion}`);
  const mine = await env.connect(server);
  const theirs = await env.connect(server, { mode: env.era === "legacy" ? "auto" : "legacy" });
  const text = async (/** @type {any} */ client) => (await client.callTool("era")).content[0].text;
  equal([await text(mine), await text(theirs)].sort(), ["legacy 2025-11-25", "modern 2026-07-28"]);
});

rule("a connection tells its era and its end, and can be ended alone", async (env) => {
  const server = env.server();
  server.tool("tool", () => "");
  const { port1, port2 } = new MessageChannel();
  const connection = await server.connect(port1);
  equal(connection.era, undefined);
  const other = await env.connect(server);
  const client = new env.mcp.Client({ name: "a", version: "1" }, { mode: env.era === "legacy" ? "legacy" : "auto" });
  const closed = deferred();
  client.onclose = () => closed.resolve();
  await client.connect(port2);
  await client.callTool("tool");
  equal(connection.era, env.era);
  await connection.close();
  await within(connection.closed, "the end here");
  await within(closed.promise, "the end there");
  await rejects(client.callTool("tool"), { code: "CLOSED" });
  await other.callTool("tool");
});

rule("close ends subscriptions in peace, and the server can be connected again", async (env) => {
  const server = env.server();
  server.tool("tool", () => "");
  const client = await env.connect(server);
  const subscription = await client.listen({ toolsListChanged: true });
  await server.close();
  const how = await within(subscription.closed, "the end of the subscription");
  equal(how, env.era === "modern" ? "graceful" : "remote");
  await (await env.connect(server)).callTool("tool");
});

rule("a peer that talks nonsense is answered, and cut off if it goes on", async (env) => {
  const server = env.server();
  server.tool("tool", () => "");
  const raw = await env.raw(server);
  raw.transport.onmessage?.({ jsonrpc: "2.0", id: "ok", method: "made/up", params: env.era === "modern" ? { _meta: {} } : {} });
  await soon("an error", () => raw.received.some(({ error }) => error));
  const cycle = /** @type {any} */ ({});
  cycle.self = cycle;
  for (let i = 0; i < 5; i++) raw.transport.onmessage?.(i % 2 ? cycle : [i]);
  await within(raw.connection.closed, "the end");
  ok(server.errors.some(({ code, message }) => code === "PROTOCOL_ERROR" && /too many malformed/.test(message)));
});

rule("a byte order mark before a message is no part of it", async (env) => {
  const server = env.server();
  const { port1, port2 } = new MessageChannel();
  await server.connect(port1);
  const answer = deferred();
  port2.onmessage = ({ data }) => void (typeof data === "string" && answer.resolve(JSON.parse(data)));
  port2.postMessage('\ufeff{"jsonrpc":"2.0","id":7,"method":"made/up"}');
  equal((await within(answer.promise, "the answer")).id, 7);
  port2.close();
});

rule("a result that cannot be sent is an error, not silence", async (env) => {
  const server = env.server();
  server.tool("large", () => "x".repeat(65 * 1024 * 1024));
  if (env.way !== "memory") return;
  const client = await env.connect(server);
  await rejects(client.callTool("large"), { rpcCode: -32603, message: /could not be sent/ });
  hasMembers(server.errors[0], { code: "MESSAGE_TOO_LARGE" });
});

/** A `modelContext` of the proposal's shape: refuses what browsers refuse. */
function modelContext() {
  /** @type {Map<string, any>} */
  const tools = new Map();
  return {
    tools,
    /** @param {any} tool @param {{ signal?: AbortSignal }} [options] */
    async registerTool(tool, { signal } = {}) {
      if (tools.has(tool.name)) throw new DOMException("taken", "InvalidStateError");
      if (!/^[\w.-]{1,128}$/.test(tool.name) || !tool.description) throw new DOMException("not a name", "InvalidStateError");
      JSON.stringify(tool.inputSchema);
      tools.set(tool.name, tool);
      signal?.addEventListener("abort", () => tools.delete(tool.name));
    },
  };
}

rule("the tools are offered to the browser's own agent, and the offer follows them", async (env) => {
  const server = env.server();
  server.tool("add", { description: "Adds", inputSchema: { type: "object", properties: { a: { type: "number" } } }, annotations: { readOnlyHint: true } }, ({ a, b }) => ({ sum: a + b }));
  server.tool("not a name", () => "");
  const target = modelContext();
  /** @type {any[]} */
  const refused = [];
  const offered = await env.mcp.offerToModelContext(server, { modelContext: target, onerror: (error) => refused.push(error) });
  equal([...target.tools.keys()], ["add"]);
  hasMembers(target.tools.get("add"), { description: "Adds", annotations: { readOnlyHint: true }, inputSchema: { type: "object", properties: { a: { type: "number" } } } });
  equal(refused.map(({ name }) => name), ["InvalidStateError"]);
  const result = await target.tools.get("add").execute({ a: 1, b: 2 });
  equal(result, { sum: 3 });
  server.tool("more", () => "more");
  await soon("the new tool", () => target.tools.has("more"));
  server.tool("more", { description: "changed" }, () => "more");
  await soon("the changed tool", () => target.tools.get("more")?.description === "changed");
  server.removeTool("add");
  await soon("the end of the old one", () => !target.tools.has("add"));
  await offered?.close();
  equal(target.tools.size, 0);
});

rule("a tool that comes right after the list is offered too, however late the server takes the subscription", async (env) => {
  const server = env.server();
  server.tool("first", () => "");
  const [near, far] = linked();
  await server.connect(far);
  const { send } = near;
  near.send = async (/** @type {any} */ message) => {
    if (message.method === "subscriptions/listen") await new Promise((resolve) => setTimeout(resolve, 20));
    return send.call(near, message);
  };
  const answer = far.send;
  let lists = 0;
  far.send = async (/** @type {any} */ message) => {
    await answer.call(far, message);
    if (message.result?.tools && ++lists === 1) server.tool("late", () => "");
  };
  const target = modelContext();
  const offered = await env.mcp.offerToModelContext(near, { modelContext: target });
  await soon("the late tool", () => target.tools.has("late"));
  await offered?.close();
}, { eras: ["modern"] });

rule("a tool that comes while the server's news is interrupted is offered too", async (env) => {
  const names = ["first"];
  /** Breaks the news off. @type {((reason: unknown) => void)[]} */
  const breaks = [];
  const fetch = async (/** @type {string} */ _url, /** @type {any} */ { body }) => {
    const { id, method } = JSON.parse(body);
    const text = (/** @type {any} */ message) => JSON.stringify({ jsonrpc: "2.0", ...message });
    if (method === "subscriptions/listen") {
      const acknowledged = text({ method: "notifications/subscriptions/acknowledged", params: { notifications: { toolsListChanged: true }, _meta: { "io.modelcontextprotocol/subscriptionId": id } } });
      return new Response(new ReadableStream({ start: (stream) => (stream.enqueue(new TextEncoder().encode(`data: ${acknowledged}\n\n`)), void breaks.push((reason) => stream.error(reason))) }), { headers: { "content-type": "text/event-stream" } });
    }
    const result = method === "tools/list" ? { tools: names.map((name) => ({ name, description: name, inputSchema: { type: "object" } })) } : { supportedVersions: ["2026-07-28"], capabilities: { tools: { listChanged: true } } };
    return new Response(text({ id, result: { resultType: "complete", ttlMs: 60_000, cacheScope: "private", ...result } }), { headers: { "content-type": "application/json" } });
  };
  const transport = new env.mcp.StreamableHttpTransport("https://fake.test/mcp", { fetch: /** @type {any} */ (fetch) });
  const target = modelContext();
  const offered = await env.mcp.offerToModelContext(transport, { modelContext: target });
  equal([...target.tools.keys()], ["first"]);
  names.push("second");
  breaks[0]?.(new Error("the network has gone"));
  await soon("the tool of the gap", () => target.tools.has("second"));
  equal(breaks.length, 2);
  await offered?.close();
}, { eras: ["modern"] });

rule("the browser's agent gets plain values, a rejection for a failure, and no tool that is for apps alone", async (env) => {
  const server = env.server();
  server.tool("say", () => ({ content: [{ type: "text", text: "one" }, { type: "text", text: "two" }] }));
  server.tool("draw", () => ({ content: [{ type: "image", data: "AAAA", mimeType: "image/png" }] }));
  server.tool("nothing", () => ({ content: [] }));
  server.tool("fail", () => ({ isError: true, content: [{ type: "text", text: "the disk is full" }] }));
  server.tool("refresh", { _meta: { ui: { visibility: ["app"] } } }, () => "");
  server.tool("both", { _meta: { ui: { visibility: ["app", "model"] } } }, () => "");
  const target = modelContext();
  const offered = await env.mcp.offerToModelContext(server, { modelContext: target });
  equal([...target.tools.keys()].sort(), ["both", "draw", "fail", "nothing", "say"]);
  equal(await target.tools.get("say").execute({}), "one\ntwo");
  equal(await target.tools.get("draw").execute({}), [{ type: "image", data: "AAAA", mimeType: "image/png" }]);
  equal(await target.tools.get("nothing").execute({}), "");
  const error = await rejects(target.tools.get("fail").execute({}), { code: "TOOL_ERROR" });
  match(error.message, /the disk is full/);
  await offered?.close();
});

rule("older kinds of modelContext work, and none is no error", async (env) => {
  const server = env.server();
  server.tool("add", () => "");
  equal(await env.mcp.offerToModelContext(server), undefined);
  /** @type {any} */
  let provided;
  const offered = await env.mcp.offerToModelContext(server, { modelContext: { provideContext: (/** @type {any} */ context) => void (provided = context) } });
  equal(provided.tools.map((/** @type {any} */ tool) => tool.name), ["add"]);
  await offered?.close();
  equal(provided, { tools: [] });
  const { tools, registerTool } = modelContext();
  const old = { registerTool: (/** @type {any} */ tool) => void registerTool(tool), unregisterTool: (/** @type {string} */ name) => void tools.delete(name) };
  const second = await env.mcp.offerToModelContext(server, { modelContext: old });
  equal(tools.size, 1);
  await second?.close();
  equal(tools.size, 0);
  await rejects(env.mcp.offerToModelContext(server, { modelContext: {} }), { code: "UNSUPPORTED" });
});

rule("a peer that sends and takes nothing is cut off before its answers pile up", async (env) => {
  const server = env.server();
  let sent = 0;
  const stuck = /** @type {any} */ ({
    async start() {},
    send: () => (sent++, new Promise(() => {})),
    async close() {},
  });
  const { closed } = await server.connect(stuck);
  for (let id = 1; id <= 10_000; id++) stuck.onmessage?.({ jsonrpc: "2.0", id, method: "ping" });
  await within(closed, "the end");
  ok(sent <= 16, `${sent} were given to it`);
  match(String(server.errors[0]?.message), /takes nothing/);
});
