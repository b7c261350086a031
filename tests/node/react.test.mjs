// The entry `mcp-wasm/react` with React and a document: in strict mode, over real connections, and
// on a server.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Window } from "happy-dom";
import { StrictMode, createElement, useEffect } from "react";
import { WebSocket } from "ws";
import { soon, within } from "../rules/check.mjs";
import { makeApp } from "../support/app.mjs";
import { fakeLogin } from "../support/fake-login.mjs";
import { startFakeServer } from "../support/fake-server.mjs";
import { importPkg } from "../support/paths.mjs";

const window = new Window();
Object.assign(globalThis, { window, document: window.document, WebSocket });
/** @type {any} */ (globalThis).navigator ??= window.navigator;
const { createRoot } = await import("react-dom/client");
const { renderToString } = await import("react-dom/server");

/** @type {typeof import("mcp-wasm/react")} */
let hooks;
/** @type {typeof import("mcp-wasm/ai-sdk/react")} */
let chat;
/** @type {import("../support/fake-server.mjs").FakeServer} */
let server;
/** How many connections were opened since the test began. */
let opened = 0;

before(async () => {
  const app = await makeApp("react", ["react", "ai"]);
  hooks = await app.import("react.js");
  chat = await app.import("ai-sdk/react.js");
  server = await startFakeServer({
    era: "modern",
    tools: {
      count: ({ n = 3 }, { progress }) => {
        for (let i = 1; i <= n; i++) progress(i, n, `step ${i}`);
        return { content: [{ type: "text", text: `counted to ${n}` }] };
      },
      broken: () => ({ isError: true, content: [{ type: "text", text: "disk full" }] }),
      slow: async ({ at = 1 }, { progress, cancelled }) => (progress(at, 10), await cancelled, undefined),
    },
    intercept: ({ method }) => void (method === "server/discover" && opened++),
  });
});
after(() => server?.stop());
beforeEach(() => {
  opened = 0;
  server.received.length = 0;
});

/**
 * Shows a component that does nothing but use hooks, in strict mode.
 * @template Props, Value
 * @param {(props: Props) => Value} use
 * @param {Props} props
 */
function show(use, props) {
  /** @type {Set<() => void>} */
  const watchers = new Set();
  /** @type {Value[]} */
  const values = [];
  const Probe = (/** @type {{ props: Props }} */ { props }) => {
    const value = use(props);
    useEffect(() => {
      values.push(value);
      for (const look of watchers) look();
    });
    return null;
  };
  const root = createRoot(/** @type {any} */ (window.document.createElement("div")));
  const render = (/** @type {Props} */ props) => root.render(createElement(StrictMode, null, createElement(Probe, { props })));
  render(props);
  return {
    values,
    render,
    /** What was shown last. */
    now: () => /** @type {Value} */ (values.at(-1)),
    /** The next value that is as `test` wants it. @param {(value: Value) => unknown} test @returns {Promise<Value>} */
    until: (test) =>
      new Promise((resolve) => {
        const look = () => {
          const value = /** @type {Value} */ (values.at(-1));
          if (!values.length || !test(value)) return;
          watchers.delete(look);
          resolve(value);
        };
        watchers.add(look);
        look();
      }),
    unmount: () => root.unmount(),
  };
}

/** @param {import("mcp-wasm/react").McpConnection} connection */
const connected = ({ status }) => status === "connected";
const requests = (/** @type {string} */ method) => server.received.filter((message) => message.method === method);
const allClosed = () => Promise.all([...server.sockets].map((socket) => new Promise((resolve) => socket.once("close", resolve))));

/** @param {{ url?: any, options?: any }} [props] a connected client, with one tool of it */
const useOneTool = ({ url = server.url, options = { progressHandler: null } } = {}) => {
  const connection = hooks.useMcpClient(url, options);
  return { ...connection, calls: hooks.useCalls(connection.client), tool: hooks.useTool(connection.client, "slow"), count: hooks.useTool(connection.client, "count") };
};

test("in strict mode there is one connection, and it ends with the component", async () => {
  const shown = show(() => hooks.useMcpClient(server.url), {});
  const { client, error } = await shown.until(connected);
  assert.deepEqual([client?.protocolVersion, error], ["2026-07-28", undefined]);
  assert.deepEqual([...new Set(shown.values.map(({ status }) => status))], ["connecting", "connected"]);
  assert.equal(opened, 1);
  const closed = allClosed();
  shown.unmount();
  await closed;
});

test("handlers may be made anew with each drawing: the newest is called, and nothing connects again", async () => {
  /** @type {string[]} */
  const heard = [];
  const shown = show((/** @type {{ name: string }} */ { name }) => hooks.useMcpClient(server.url, { progressHandler: (progress) => void heard.push(`${name} ${progress}`) }), { name: "first" });
  const { client } = await shown.until(connected);
  shown.render({ name: "second" });
  const before = shown.values.length;
  await shown.until(() => shown.values.length > before);
  await client?.callTool("count", { n: 2 });
  assert.deepEqual(heard, ["second 1", "second 2"]);
  assert.equal(opened, 1);
  shown.unmount();
});

test("another URL is another connection, none is idle", async () => {
  const shown = show(({ url }) => hooks.useMcpClient(url), { url: /** @type {any} */ (new URL(server.url)) });
  const first = await shown.until(connected);
  shown.render({ url: server.url });
  shown.render({ url: `${server.url}?other` });
  const second = await shown.until(({ status, client }) => status === "connected" && client !== first.client);
  assert.equal(opened, 2);
  await assert.rejects(/** @type {any} */ (first.client).ping(), { code: "CLOSED" });
  const closed = allClosed();
  shown.render({ url: null });
  assert.deepEqual(await shown.until(({ status }) => status === "idle"), { ...second, client: undefined, status: "idle", error: undefined });
  await closed;
  shown.unmount();
});

test("a connection that fails says why, and is tried again when asked to", async () => {
  const shown = show(({ url }) => hooks.useMcpClient(url), { url: "ws://127.0.0.1:9/mcp" });
  const { error, client, reconnect } = await shown.until(({ status }) => status === "error");
  assert.deepEqual([/** @type {any} */ (error).code, client], ["CLOSED", undefined]);
  reconnect();
  const again = await shown.until((value) => value.status === "error" && value.error !== error);
  assert.equal(again.reconnect, reconnect);
  shown.unmount();
});

test("a connection that ends is opened again when asked to, or by itself", async () => {
  const shown = show(({ options }) => hooks.useMcpClient(server.url, options), { options: {} });
  await shown.until(connected);
  for (const socket of server.sockets) socket.terminate();
  const { client, reconnect } = await shown.until(({ status }) => status === "closed");
  assert.equal(client, undefined);
  reconnect();
  await shown.until(connected);
  assert.equal(opened, 2);
  shown.render({ options: { autoReconnect: true } });
  const drawn = shown.values.length;
  await shown.until(() => shown.values.length > drawn);
  for (const socket of server.sockets) socket.terminate();
  await shown.until(({ status }) => status === "closed");
  await shown.until(connected);
  assert.equal(opened, 3);
  shown.unmount();
});

test("a server that wants a log-in is a status with a way out, which is not tried without a person", async () => {
  const world = fakeLogin();
  const { OAuth } = await importPkg("auth/index.js");
  const auth = new OAuth({ fetch: world.fetch, open: world.open, redirectUri: "http://localhost/oauth.html" });
  const options = { auth, fetch: world.fetch, progressHandler: null, autoReconnect: true };
  const shown = show(() => hooks.useMcpClient(world.server, /** @type {any} */ (options)), {});
  const { error, login } = await shown.until(({ status }) => status === "login");
  assert.equal(/** @type {any} */ (error).code, "AUTH_REQUIRED");
  assert.equal(world.opened.length, 0);
  await login();
  const { client } = await shown.until(connected);
  assert.deepEqual((await client?.callTool("work"))?.content, [{ type: "text", text: "done" }]);
  shown.unmount();
  const bare = show(() => hooks.useMcpClient(undefined), {});
  await assert.rejects((await bare.until(({ status }) => status === "idle")).login(), { code: "INVALID_ARGUMENT" });
  bare.unmount();
});

test("in strict mode a log-in is asked for once, may be refused, and is over with its component", async () => {
  const world = fakeLogin();
  const { OAuth } = await importPkg("auth/index.js");
  const auth = new OAuth({ fetch: world.fetch, open: (/** @type {URL} */ url) => opens(url), redirectUri: "http://localhost/oauth.html" });
  let opens = world.open;
  const options = { auth, fetch: world.fetch, progressHandler: null };
  const shown = show(() => hooks.useMcpClient(world.server, /** @type {any} */ (options)), {});
  const needed = (/** @type {{ status: string }} */ { status }) => status === "login";
  const asked = () => world.asked.filter(({ url, headers }) => url === world.server && headers.get("mcp-method") === "server/discover").length;
  await shown.until(needed);
  // Its effects ran twice, and nothing was asked for the first.
  assert.equal(asked(), 1);
  assert.deepEqual([...new Set(shown.values.map(({ status }) => status))], ["connecting", "login"]);

  // The person says no: the button is still there, and the same error with it.
  world.answer = () => ({ code: undefined, error: "access_denied", error_description: "<b>no</b>" });
  const denied = await shown.now().login().catch((/** @type {any} */ error) => error);
  assert.deepEqual([denied.code, denied.description], ["AUTH_DENIED", "<b>no</b>"]);
  assert.deepEqual([shown.now().status, /** @type {any} */ (shown.now().error).code], ["login", "AUTH_REQUIRED"]);

  // Clicked twice: the second click begins anew, and what the first opened comes to nothing.
  world.answer = () => ({});
  const slow = /** @type {(() => void)[]} */ ([]);
  opens = async (url) => (await new Promise((resolve) => slow.push(() => resolve(undefined))), world.open(url));
  const clicks = [shown.now().login(), shown.now().login()].map((click) => click.then(() => "logged in", (error) => error.code));
  while (slow.length < 1) await new Promise((resolve) => setImmediate(resolve));
  slow.forEach((go) => go());
  assert.deepEqual(await Promise.all(clicks), ["AUTH_CANCELLED", "logged in"]);
  const { client } = await shown.until(connected);
  assert.equal(asked(), 2);

  // The log-in has ended for good: the call says so, and so does the next attempt to connect.
  world.tokens.clear();
  world.refreshTokens.clear();
  await assert.rejects(client?.callTool("work") ?? Promise.resolve(), { code: "AUTH_REQUIRED" });
  shown.now().reconnect();
  await shown.until(needed);

  // Whoever is gone connects to nothing, though the log-in still comes through.
  const late = shown.now().login();
  while (slow.length < 2) await new Promise((resolve) => setImmediate(resolve));
  const before = asked();
  shown.unmount();
  slow.at(-1)?.();
  await late;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(asked(), before);
  assert.equal((await auth.status(world.server)).state, "ready");
});

test("useCalls shows what is in flight", async () => {
  const shown = show(useOneTool, {});
  const { client } = await shown.until(connected);
  const call = /** @type {import("mcp-wasm").Client} */ (client).callTool("slow", { at: 4 });
  const { calls } = await shown.until(({ calls: [first] }) => first?.progress === 4);
  assert.deepEqual(calls.map(({ id, name, fraction }) => [id, name, fraction]), [[call.id, "slow", 0.4]]);
  assert.equal(shown.now().calls, calls, "the same array until something has changed");
  call.cancel();
  await assert.rejects(call, { name: "AbortError" });
  await shown.until(({ calls }) => calls.length === 0);
  shown.unmount();
});

test("useTool: from the call over its progress to the result", async () => {
  const shown = show(useOneTool, {});
  await shown.until(connected);
  assert.equal(shown.now().count.status, "idle");
  const call = shown.now().count.call({ n: 5 });
  const running = await shown.until(({ count }) => count.status === "running");
  assert.equal(running.count.running, call);
  const { count } = await shown.until(({ count }) => count.status === "done");
  assert.deepEqual([count.progress?.progress, count.progress?.message, count.running, count.error], [5, "step 5", undefined, undefined]);
  assert.deepEqual(count.result, await call);
  count.reset();
  const { count: forgotten } = await shown.until(({ count }) => count.status === "idle");
  assert.deepEqual([forgotten.result, forgotten.progress], [undefined, undefined]);
  shown.unmount();
});

test("useTool: a flood of progress draws once a frame, not once a notification", async () => {
  const shown = show(useOneTool, {});
  await shown.until(connected);
  const before = shown.values.length;
  shown.now().count.call({ n: 2_000 });
  const { count } = await shown.until(({ count }) => count.status === "done");
  assert.equal(count.progress?.progress, 2_000);
  assert.ok(shown.values.length - before < 200, `drawn ${shown.values.length - before} times`);
  shown.unmount();
});

test("useTool: cancelled, replaced, failed, and gone with its component", async () => {
  const shown = show(useOneTool, {});
  await shown.until(connected);
  const told = () => requests("notifications/cancelled").map(({ params }) => params.requestId);
  const { client, tool } = shown.now();

  tool.call({ at: 1 });
  await shown.until(({ tool }) => tool.progress?.progress === 1);
  tool.cancel("enough");
  const cancelled = await shown.until(({ tool }) => tool.status === "cancelled");
  assert.deepEqual([/** @type {any} */ (cancelled.tool.error).name, cancelled.tool.progress?.progress], ["AbortError", 1]);

  const first = tool.call({ at: 2 });
  const second = tool.call({ at: 3 });
  await assert.rejects(first, { name: "AbortError" });
  const { tool: replaced } = await shown.until(({ tool }) => tool.progress?.progress === 3);
  assert.deepEqual([replaced.status, replaced.running], ["running", second]);

  const { until, unmount } = show(() => hooks.useTool(client, "broken"), {});
  (await until(({ status }) => status === "idle")).call();
  const broken = await until(({ status }) => status === "failed");
  assert.deepEqual([broken.result?.isError, broken.error], [true, undefined]);
  broken.call({}, { throwOnToolError: true });
  const thrown = await until(({ error }) => error);
  assert.deepEqual([/** @type {any} */ (thrown.error).code, thrown.status, thrown.result], ["TOOL_ERROR", "failed", undefined]);
  unmount();

  const alone = show(() => hooks.useTool(client, "slow"), {});
  const third = (await alone.until(({ status }) => status === "idle")).call();
  alone.unmount();
  await assert.rejects(third, { name: "AbortError" });
  await client?.ping();
  assert.deepEqual(told(), [told()[0], first.id, third.id]);
  shown.unmount();
  await assert.rejects(second, { code: "CLOSED" });
});

test("useTool without a client fails like a call without a connection", async () => {
  const shown = show(() => hooks.useTool(undefined, "slow"), {});
  const { call } = await shown.until(({ status }) => status === "idle");
  await assert.rejects(call(), { code: "CLOSED", mayHaveRun: false });
  const { error } = await shown.until(({ status }) => status === "failed");
  assert.match(String(error), /tools\/call slow: not connected/);
  shown.unmount();
});

test("on a server the hooks draw what is there, and connect to nothing", () => {
  const App = () => {
    const { status, calls, tool } = useOneTool();
    return createElement("p", null, `${status}, ${calls.length} calls, ${tool.status}`);
  };
  assert.equal(renderToString(createElement(App)), "<p>connecting, 0 calls, idle</p>");
  assert.equal(opened, 0);
});

test("the tools for the AI SDK are there with the client, stay the same, and go with it", async () => {
  const use = (/** @type {{ url: string | undefined, filter?: string[] }} */ { url, filter }) => {
    const { client } = hooks.useMcpClient(url, { progressHandler: null });
    // As a component would write it: made anew with each drawing.
    return chat.useAiTools(client, { ...(filter && { filter: [...filter] }), onWarning: () => {} });
  };
  const shown = show(use, /** @type {{ url: string | undefined, filter?: string[] }} */ ({ url: server.url }));
  const { tools } = await shown.until(({ status }) => status === "ready");
  assert.deepEqual(Object.keys(tools), ["count", "broken", "slow"]);
  shown.render({ url: server.url });
  const before = shown.values.length;
  await shown.until(() => shown.values.length > before);
  assert.equal(shown.now().tools, tools);
  assert.equal(requests("tools/list").length, 1);
  shown.render({ url: server.url, filter: ["count"] });
  const fewer = await shown.until(({ status, tools }) => status === "ready" && Object.keys(tools).length === 1);
  assert.deepEqual(Object.keys(fewer.tools), ["count"]);
  shown.render({ url: undefined });
  const none = await shown.until(({ status }) => status === "idle");
  assert.deepEqual(none.tools, {});
  shown.unmount();
});

test("tools that cannot be listed are an error, and a list that changes is listed again", async () => {
  /** @type {any} */
  let news;
  let listed = 0;
  let fails = true;
  const client = /** @type {any} */ ({
    getServerCapabilities: () => ({ tools: { listChanged: true } }),
    callTool: async () => ({ content: [] }),
    async listTools() {
      if (fails) throw new Error("not now");
      return { tools: [{ name: `t${++listed}`, inputSchema: { type: "object" } }] };
    },
    listen: async (/** @type {any} */ _, /** @type {any} */ { onnotification }) => ((news = onnotification), { close: () => (news = undefined) }),
  });
  const shown = show(() => chat.useAiTools(client), {});
  const { error, tools } = await shown.until(({ status }) => status === "error");
  assert.deepEqual([String(error), tools], ["Error: not now", {}]);
  fails = false;
  while (!news) await new Promise((resolve) => setTimeout(resolve, 1));
  news();
  const ready = await shown.until(({ status }) => status === "ready");
  news();
  await shown.until(({ tools }) => tools !== ready.tools && Object.keys(tools).length > 0);
  shown.unmount();
  while (news) await new Promise((resolve) => setTimeout(resolve, 1));
});

test("what changes before the server tells of changes, or while it cannot, is listed all the same, and the same list is the same tools", async () => {
  /** @type {any} */
  let options;
  let acknowledge = (/** @type {any} */ _subscription) => {};
  let names = ["old"];
  /** @type {unknown[]} */
  const asked = [];
  const client = /** @type {any} */ ({
    getServerCapabilities: () => ({ tools: { listChanged: true } }),
    callTool: async () => ({ content: [] }),
    listTools: async (/** @type {any} */ _, /** @type {any} */ { cache }) => (asked.push(cache), { tools: names.map((name) => ({ name, inputSchema: { type: "object" } })) }),
    listen: (/** @type {any} */ _, /** @type {any} */ given) => ((options = given), new Promise((resolve) => (acknowledge = resolve))),
  });
  const shown = show(() => chat.useAiTools(client), {});
  const has = (/** @type {string} */ name) => shown.until(({ status, tools }) => status === "ready" && Object.keys(tools).join() === name);
  // Shown before anybody listens.
  await within(has("old"), "the first list");
  names = ["changed"];
  acknowledge({ close() {} });
  const { tools } = await within(has("changed"), "what changed before the acknowledgement");
  // Whatever was kept from before.
  assert.equal(asked.at(-1), "refresh");
  names = ["meanwhile"];
  options.onreopen(1000);
  const later = await within(has("meanwhile"), "what changed in the gap");
  assert.notEqual(later.tools, tools);
  const lists = asked.length;
  options.onreopen(1000);
  await soon("another list", () => asked.length > lists);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(shown.now().tools, later.tools);
  shown.unmount();
});
