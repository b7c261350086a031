// DESIGN.md section 2, rules 7 and 8, and section 1: clocks, giving up, lost connections, ids,
// call shapes, results.
import { equal, fail, hasMembers, ok, pending, rejects, throws, turn, unhurried, within } from "./check.mjs";
import { CONNECTIONS, collect } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

/** Transports whose time the test makes. @type {{ on: import("./env.mjs").Channel[] }} */
const TIMED = { on: ["objects", "frames"] };

// ---- rule 7 ----

rule("rule 7: the idle clock fails the call by name and cancels it on the server", async (env) => {
  const clock = env.clock();
  const { client, peer, call, request } = await env.calling({ timeout: 1000 });
  const failed = rejects(call, {
    name: "TimeoutError", code: "TIMEOUT", clock: "idle", timeout: 1000, message: /tools\/call tool: .* within 1000 ms/,
  });
  await clock.pass(999);
  ok(await pending(call), "failed too early");
  await clock.pass(2);
  ok((await failed) instanceof env.mcp.TimeoutError);
  equal((await peer.next("notifications/cancelled")).params.requestId, request.id);
  // The answer that comes all the same is no error.
  peer.send(peer.result(request));
  await client.ping();
  equal(client.errors, []);
}, TIMED);

rule("rule 7: the real clock strikes too, at its time", async (env) => {
  const { client, peer } = await env.connect();
  await unhurried([300, 3000], "a request's way to the server", async (timeout) => {
    const name = `within ${timeout} ms`;
    const start = performance.now();
    await rejects(client.callTool(name, {}, { timeout }), { code: "TIMEOUT", clock: "idle" });
    const took = performance.now() - start;
    ok(took >= timeout - 1 && took < timeout + 4700, `it took ${took} ms`);
    // What has not come by now may have been taken back before it left.
    if (!peer.all("tools/call").some(({ params }) => params.name === name)) return false;
    await peer.next("notifications/cancelled");
    return true;
  });
});

rule("rule 7: progress restarts the idle clock by default, and only of its own call", async (env) => {
  const clock = env.clock();
  const { client, peer } = await env.connect({ timeout: 1000 });
  const alive = client.callTool("alive");
  const silent = client.callTool("silent");
  const failed = rejects(silent, { code: "TIMEOUT", clock: "idle" });
  const request = await peer.next("tools/call");
  // Also progress that goes nowhere else: the same value again, a value the scanner leaves to JSON.parse.
  for (const progress of [1, 1, 2.5, 1e21]) {
    await clock.pass(900);
    peer.send(peer.progress(request, progress));
  }
  await failed;
  await clock.pass(900);
  peer.send(peer.result(request));
  await alive;
}, TIMED);

rule("rule 7: after the last progress the idle clock strikes at most a sixteenth late", async (env) => {
  const clock = env.clock();
  const { peer, call, request } = await env.calling({ timeout: 1600 });
  const failed = rejects(call, { code: "TIMEOUT", clock: "idle" });
  await clock.pass(1500);
  peer.send(peer.progress(request, 1));
  await clock.pass(1590);
  ok(await pending(call), "failed too early");
  await clock.pass(120);
  await failed;
}, TIMED);

rule("rule 7: resetTimeoutOnProgress: false leaves the idle clock alone", async (env) => {
  for (const where of ["client", "call"]) {
    const options = { timeout: 1000, resetTimeoutOnProgress: false };
    const clock = env.clock();
    const { peer, call, request } = await env.calling(where === "call" ? options : {}, where === "client" ? options : {});
    const failed = rejects(call, { code: "TIMEOUT", clock: "idle", timeout: 1000 });
    await clock.pass(900);
    peer.send(peer.progress(request, 1));
    await clock.pass(101);
    await failed;
    clock.stop();
  }
}, TIMED);

rule("rule 7: a page that slept hears what waited for it before any clock strikes", async (env) => {
  const clock = env.clock();
  const { client, peer } = await env.connect();
  const heard = /** @type {number[]} */ ([]);
  const options = { timeout: 1000, maxTotalTimeout: 5000, progressHandler: (/** @type {number} */ value) => void heard.push(value) };
  const call = client.callTool("tool", {}, options);
  const silent = rejects(client.callTool("silent", {}, options), { code: "TIMEOUT" });
  const request = await peer.next("tools/call");
  await clock.pass(100);
  await clock.sleep(8 * 60 * 60 * 1000);
  // The timers have struck; the messages come after them.
  peer.send(peer.progress(request, 1), peer.result(request));
  await call;
  equal(heard, [1]);
  await clock.pass(1000);
  await silent;
}, TIMED);

rule("rule 7: maxTotalTimeout never moves, and cancels on the server", async (env) => {
  const clock = env.clock();
  const { peer, call, request } = await env.calling({ timeout: 1000, maxTotalTimeout: 2000 });
  const failed = rejects(call, { code: "TIMEOUT", clock: "total", timeout: 2000, message: /within 2000 ms/ });
  for (const progress of [1, 2, 3]) {
    await clock.pass(600);
    peer.send(peer.progress(request, progress));
  }
  await clock.pass(199);
  ok(await pending(call), "failed too early");
  await clock.pass(2);
  await failed;
  equal((await peer.next("notifications/cancelled")).params.requestId, request.id);
}, TIMED);

rule("rule 7: maxTotalTimeout strikes without any progress as well", async (env) => {
  const clock = env.clock();
  const { call } = await env.calling({ timeout: 5000, maxTotalTimeout: 1000 });
  const failed = rejects(call, { code: "TIMEOUT", clock: "total" });
  await clock.pass(1001);
  await failed;
}, TIMED);

rule("rule 7: the defaults are a minute idle and an hour in all; Infinity is no limit", async (env) => {
  const clock = env.clock();
  const { client, peer } = await env.connect();
  const idle = client.callTool("idle");
  const total = client.callTool("total");
  const endless = client.callTool("endless", {}, { timeout: Infinity, maxTotalTimeout: Infinity, stallAfter: Infinity });
  const failures = [rejects(idle, { clock: "idle", timeout: 60_000 }), rejects(total, { clock: "total", timeout: 3_600_000 })];
  await peer.next("tools/call");
  const request = await peer.next("tools/call");
  const last = await peer.next("tools/call");
  for (let progress = 1; progress < 72; progress++) {
    await clock.pass(50_000);
    peer.send(peer.progress(request, progress));
  }
  await failures[0];
  ok(await pending(total), "failed too early");
  await clock.pass(50_001);
  await failures[1];
  await clock.pass(10 * 24 * 3_600_000);
  peer.send(peer.result(last));
  await endless;
  equal(clock.timers <= 1, true, "timers stay set");
}, { on: ["frames"], eras: ["legacy"] });

rule("rule 7: one timer serves a thousand calls", async (env) => {
  const clock = env.clock();
  const { client, peer } = await env.connect({ timeout: 1000 });
  const calls = Array.from({ length: 1000 }, () => rejects(client.callTool("tool"), { code: "TIMEOUT" }));
  await peer.until("all calls", () => peer.all("tools/call").length === 1000);
  ok(clock.timers <= 1, `${clock.timers} timers`);
  await clock.pass(1070);
  await Promise.all(calls);
  await peer.until("all cancellations", () => peer.all("notifications/cancelled").length === 1000);
}, { on: ["frames"], eras: ["modern"] });

// ---- rule 8 ----

rule("rule 8: abort reaches the server and rejects with AbortError at once", async (env) => {
  const abort = new AbortController();
  const { client, peer, call, request } = await env.calling({ signal: abort.signal });
  const reason = new Error("the user left");
  abort.abort(reason);
  const error = await rejects(call, { name: "AbortError", code: "ABORTED", cause: reason, message: /tools\/call tool was aborted: the user left/ });
  for (const kind of [DOMException, env.mcp.AbortError, env.mcp.McpError]) ok(error instanceof kind, kind.name);
  equal((await peer.next("notifications/cancelled")).params, { requestId: request.id, ...(env.tells && { reason: "the user left" }) });
  peer.send(peer.progress(request, 1));
  peer.refuse(request, 0, "Request cancelled");
  await client.ping();
  equal(client.errors, []);
});

rule("rule 8: cancel() does the same, with or without a reason, of whatever type", async (env) => {
  const { client, peer } = await env.connect();
  const reasons = /** @type {[unknown, string | undefined][]} */ ([
    [undefined, undefined],
    ["because", "because"],
    ["", ""],
    [new Error("an error"), "an error"],
    [{ type: "click" }, undefined],
    [{ message: 7 }, undefined],
    [7, undefined],
    [null, undefined],
  ]);
  for (const [reason, told] of reasons) {
    const call = client.callTool("tool");
    const { id } = await peer.next("tools/call");
    call.cancel(/** @type {any} */ (reason));
    await rejects(call, { name: "AbortError", code: "ABORTED" });
    equal((await peer.next("notifications/cancelled")).params, told === undefined || !env.tells ? { requestId: id } : { requestId: id, reason: told });
  }
  equal(client.errors, []);
});

rule("rule 8: a signal that is aborted already sends nothing", async (env) => {
  const { client, peer } = await env.connect();
  const before = peer.received.length;
  const call = client.callTool("tool", {}, { signal: AbortSignal.abort("too late") });
  equal(call.id, 0);
  call.cancel();
  await rejects(call, { name: "AbortError", code: "ABORTED", cause: "too late" });
  await client.ping();
  equal(peer.received.length, before + 1);
});

rule("rule 8: abort and cancel after the response do nothing", async (env) => {
  const abort = new AbortController();
  const { client, peer, call, request } = await env.calling({ signal: abort.signal });
  peer.send(peer.result(request));
  await call;
  abort.abort();
  call.cancel();
  call.cancel();
  await client.ping();
  equal(peer.all("notifications/cancelled"), []);
});

rule("rule 8: a signal lets go of a call that has ended", async (env) => {
  const abort = new AbortController();
  const { signal } = abort;
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  Object.assign(signal, {
    addEventListener: (/** @type {any[]} */ ...args) => (listeners++, addEventListener.apply(signal, /** @type {any} */ (args))),
    removeEventListener: (/** @type {any[]} */ ...args) => (listeners--, removeEventListener.apply(signal, /** @type {any} */ (args))),
  });
  const { client, peer, call, request } = await env.calling({ signal });
  const failing = client.callTool("failing", {}, { signal });
  equal(listeners, 2);
  peer.send(peer.result(request));
  peer.refuse(await peer.next("tools/call"), -32602, "no");
  await call;
  await rejects(failing, { code: "RPC_ERROR" });
  equal(listeners, 0);
}, { eras: ["modern"] });

rule("rule 8: what a signal was aborted for is the cause, whatever that is", async (env) => {
  const { client, peer } = await env.connect();
  const hostile = {
    get message() {
      throw new Error("no words");
    },
  };
  for (const reason of [new Error("why"), "text", 7, new env.mcp.TimeoutError("ours", "idle", 1), { name: "TimeoutError" }, hostile]) {
    const abort = new AbortController();
    const call = client.callTool("tool", {}, { signal: abort.signal });
    call.catch(() => {});
    await peer.next("tools/call");
    abort.abort(reason);
    const error = await rejects(call, { name: "AbortError", code: "ABORTED" });
    equal(error.cause === reason, true);
  }
}, { on: CONNECTIONS });

rule("rule 8: AbortSignal.timeout ends a call by the signal's own reason, as the platform's functions do", async (env) => {
  const { client, peer } = await env.connect();
  const call = client.callTool("tool", {}, { signal: AbortSignal.timeout(30) });
  call.catch(() => {});
  await peer.next("tools/call");
  const error = await rejects(call, { name: "TimeoutError" });
  equal([error instanceof DOMException, error instanceof env.mcp.TimeoutError], [true, false]);
  await peer.next("notifications/cancelled");
  const late = AbortSignal.timeout(0);
  await new Promise((resolve) => setTimeout(resolve, 20));
  await rejects(client.callTool("tool", {}, { signal: late }), { name: "TimeoutError" });
}, { on: CONNECTIONS });

rule("rule 8: one call given up leaves the others alone", async (env) => {
  const { client, peer } = await env.connect();
  const calls = ["a", "b", "c"].map((name) => client.callTool(name));
  const requests = [await peer.next("tools/call"), await peer.next("tools/call"), await peer.next("tools/call")].sort((a, b) => a.id - b.id);
  calls[1]?.cancel();
  await rejects(/** @type {Promise<any>} */ (calls[1]), { code: "ABORTED" });
  peer.send(...requests.map((request) => peer.result(request, { content: [], name: request.params.name })));
  equal([(await calls[0])?.name, (await calls[2])?.name], ["a", "c"]);
  await client.ping();
  equal(client.errors, []);
});

rule("rule 8: a connection that dies fails its calls at once, and says that they may have run", async (env) => {
  const { client, peer, call } = await env.calling();
  const others = [client.listTools(), client.request({ method: "x/y" })];
  let closed = 0;
  client.onclose = () => closed++;
  await peer.next("x/y");
  peer.link.hangUp(1001);
  for (const each of [call, ...others]) {
    const error = await rejects(each, { name: "ClosedError", code: "CLOSED", mayHaveRun: true, message: /may have/ });
    ok(error instanceof env.mcp.ClosedError);
  }
  equal(closed, 1);
  equal([client.era, client.protocolVersion, client.getServerVersion(), client.transport], [undefined, undefined, undefined, undefined]);
  // Everything that comes after it was certainly not sent.
  await rejects(client.callTool("tool"), { code: "CLOSED", mayHaveRun: false });
  await rejects(client.ping(), { code: "CLOSED", mayHaveRun: false });
  await rejects(client.notification({ method: "notifications/x" }), { code: "CLOSED", mayHaveRun: false });
}, { on: CONNECTIONS });

rule("rule 8: close() fails its calls at once, and can be called again", async (env) => {
  const { client, peer, call } = await env.calling();
  let closed = 0;
  client.onclose = () => closed++;
  await client.close();
  await client.close();
  await rejects(call, { code: "CLOSED", mayHaveRun: true, message: /the client was closed/ });
  await peer.gone();
  equal(closed, 1);
  equal(client.errors, []);
});

rule("rule 8: a message that cannot be sent fails its own call, as not sent", async (env) => {
  const { client, peer } = await env.connect();
  /** @type {any} */
  const cycle = {};
  cycle.cycle = cycle;
  await rejects(client.callTool("tool", cycle), { name: "TypeError" });
  await rejects(client.callTool("tool", { big: 1n }), { name: "TypeError" });
  await rejects(client.notification({ method: "x", params: /** @type {any} */ (cycle) }).then(() => Promise.reject({ later: true })), { later: true });
  const call = client.callTool("fine");
  const request = await peer.next("tools/call");
  equal(request.params.name, "fine");
  peer.send(peer.result(request));
  await call;
});

rule("rule 8: a transport that cannot send fails that call by a typed error that says why", async (env) => {
  const { client, peer } = await env.connect();
  const { send } = peer.target;
  const broken = new Error("the modem is asleep");
  for (const fails of [() => Promise.reject(broken), () => fail("the modem is asleep")]) {
    peer.target.send = fails;
    const call = client.callTool("tool");
    const error = await rejects(call, { name: "ClosedError", code: "CLOSED", message: /tools\/call tool: .*the modem is asleep/ });
    equal(error.cause.message, "the modem is asleep");
    peer.target.send = send;
    await client.ping();
  }
}, { on: ["objects", "frames"] });

// ---- ids ----

rule("ids are integers from 1, never used twice, also across reconnects", async (env) => {
  const client = env.client();
  const seen = /** @type {number[]} */ ([]);
  for (let round = 0; round < 3; round++) {
    const peer = await env.peer();
    await client.connect(peer.target);
    const calls = [client.callTool("a"), client.callTool("b"), client.listTools()];
    const requests = [await peer.next("tools/call"), await peer.next("tools/call"), await peer.next("tools/list")].sort((a, b) => a.id - b.id);
    peer.send(...requests.map((request) => peer.result(request, {})));
    await Promise.all(calls);
    // By HTTP they come in any order.
    equal(calls.map(({ id }) => id), requests.map(({ id }) => id).sort((a, b) => a - b));
    seen.push(...peer.received.filter(({ id, method }) => method && id !== undefined).map(({ id }) => id).sort((a, b) => a - b));
    await client.close();
  }
  equal(seen[0], 1);
  equal(seen, seen.map((_, index) => index + 1));
});

rule("10,000 calls at once (2,000 over a socket, 4 by HTTP) get each their own progress and result", async (env) => {
  const { client, peer } = await env.connect();
  const heard = new Int32Array({ socket: 2000, http: 4, objects: 10_000, frames: 10_000, pair: 10_000, port: 2000 }[env.channel]);
  const calls = Array.from(heard, (_, index) =>
    client.callTool("tool", { index }, { progressHandler: (progress) => void (heard[index] = progress) }),
  );
  const requests = await within(
    peer.until("all calls", () => {
      const all = peer.all("tools/call");
      return all.length === calls.length && all;
    }),
    "the calls",
    20_000,
  );
  // The oldest first, the newest first, from the middle: the order must not matter.
  const order = requests.map((_, i) => (i % 2 ? requests.length - i : i));
  for (let start = 0; start < order.length; start += 500) {
    const some = order.slice(start, start + 500).map((i) => /** @type {import("./peer.mjs").Message} */ (requests[i]));
    peer.send(...some.map((request) => peer.progress(request, request.params.arguments.index + 1)));
    peer.send(...some.map((request) => peer.result(request, { content: [], index: request.params.arguments.index })));
  }
  const results = await Promise.all(calls);
  for (const [index, result] of results.entries()) {
    if (result.index !== index || heard[index] !== index + 1) fail(`call ${index} got the result of ${result.index}, progress ${heard[index]}`);
  }
  hasMembers(client.diagnostics().progress, { delivered: heard.length });
});

// ---- shapes ----

rule("callTool takes a name and arguments, the SDK's params, and the first SDK's schema", async (env) => {
  const { client, peer } = await env.connect();
  const schema = { parse: () => fail("the schema was used") };
  const heard = /** @type {any[]} */ ([]);
  const onprogress = (/** @type {any} */ progress) => void heard.push(progress);
  const any = /** @type {any} */ (client);
  const shapes = [
    [() => client.callTool("t"), { name: "t" }],
    [() => client.callTool("t", undefined, { onprogress }), { name: "t" }],
    [() => client.callTool("t", { a: 1 }), { name: "t", arguments: { a: 1 } }],
    [() => client.callTool("t", {}, { onprogress }), { name: "t", arguments: {} }],
    [() => client.callTool({ name: "t", arguments: { a: 1 } }), { name: "t", arguments: { a: 1 } }],
    [() => client.callTool({ name: "t" }, { onprogress }), { name: "t" }],
    [() => client.callTool({ name: "t" }, schema), { name: "t" }],
    [() => client.callTool({ name: "t" }, schema, { onprogress }), { name: "t" }],
    [() => client.callTool({ name: "t" }, undefined, { onprogress }), { name: "t" }],
    [() => any.request({ method: "tools/call", params: { name: "t" } }, schema, { onprogress }), { name: "t" }],
    [() => client.request({ method: "tools/call", params: { name: "t" } }, { onprogress }), { name: "t" }],
  ];
  let expected = 0;
  for (const [send, params] of /** @type {[() => Promise<any>, any][]} */ (shapes)) {
    const call = send();
    const request = await peer.next("tools/call");
    const { _meta, ...rest } = request.params;
    equal(rest, params);
    peer.send(peer.progress(request, 1), peer.result(request));
    await call;
    if (String(send).includes("onprogress")) equal(heard.length, ++expected, String(send));
  }
});

rule("the caller's _meta is kept, its objects are not written to, and our token stays above", async (env) => {
  const { client, peer } = await env.connect();
  const params = Object.freeze({ name: "t", _meta: Object.freeze({ "a.b/trace": { id: 1 }, progressToken: "mine" }) });
  const call = client.callTool(params);
  const request = await peer.next("tools/call");
  equal(request.params._meta["a.b/trace"], { id: 1 });
  equal(request.params._meta.progressToken, request.id);
  peer.send(peer.result(request));
  await call;
  equal(params, { name: "t", _meta: { "a.b/trace": { id: 1 }, progressToken: "mine" } });
});

rule("modern requests carry their envelope, legacy ones none", async (env) => {
  const { client, peer } = await env.connect({ capabilities: { roots: {} } });
  const call = client.listTools({ cursor: "c" });
  const request = await peer.next("tools/list");
  peer.send(peer.result(request, { tools: [] }));
  await call;
  const envelope = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "rules", version: "0.0.1" },
    "io.modelcontextprotocol/clientCapabilities": { roots: {} },
  };
  equal(request.params, { cursor: "c", _meta: { ...(env.era === "modern" ? envelope : {}), progressToken: request.id } });
  const [first] = peer.received;
  equal(first?.method, "server/discover");
  equal(first?.params._meta, envelope);
  if (env.era === "legacy") {
    const { params } = await peer.next("initialize");
    hasMembers(params, { protocolVersion: "2025-11-25", capabilities: { roots: {} }, clientInfo: { name: "rules", version: "0.0.1" } });
    equal(peer.all("notifications/initialized").length, 1);
  }
});

// ---- results ----

rule("results pass through untouched, with every unknown member", async (env) => {
  const { client, peer } = await env.connect();
  const result = {
    content: [{ type: "text", text: "a\u0000b\u2028 \ud83d\ude00", annotations: null, "x-new": [1, [2]] }, { type: "x-unheard-of" }],
    structuredContent: { zero: 0, minus: -0.5, deep: { list: [null, true, { a: {} }] }, text: "" },
    isError: false,
    _meta: { "x/y": null },
    "x-unknown": { nested: [1, "2", null] },
  };
  const ways = [() => client.callTool("t"), () => client.request({ method: "tools/call", params: { name: "t" } })];
  for (const way of ways) {
    const call = way();
    const request = await peer.next("tools/call");
    peer.send(peer.result(request, result));
    const got = /** @type {any} */ (await call);
    equal(got, env.era === "modern" ? { ...result, resultType: "complete" } : result);
  }
});

rule("a large result arrives whole", async (env) => {
  const { peer, call, request } = await env.calling();
  const structuredContent = { rows: Array.from({ length: 20_000 }, (_, i) => ({ i, name: `row ${i} ✓` })) };
  peer.send(peer.result(request, { content: [], structuredContent }));
  equal((await call).structuredContent, structuredContent);
});

rule("a tool's own failure is a result, or a ToolError where that is asked for", async (env) => {
  const { client, peer } = await env.connect();
  const failed = { content: [{ type: "image" }, { type: "text", text: "disk full" }], isError: true, extra: 1 };
  const answer = async (/** @type {any} */ result) => {
    const request = await peer.next("tools/call");
    peer.send(peer.result(request, result));
  };
  const returned = client.callTool("t");
  await answer(failed);
  hasMembers(await returned, { isError: true, extra: 1 });
  const thrown = client.callTool("t", {}, { throwOnToolError: true });
  await answer(failed);
  const error = await rejects(thrown, { name: "ToolError", code: "TOOL_ERROR", message: "disk full" });
  hasMembers(error.result, failed);
  ok(error instanceof env.mcp.ToolError && error instanceof env.mcp.McpError);
  const wordless = client.callTool("t", {}, { throwOnToolError: true });
  await answer({ isError: true });
  await rejects(wordless, { code: "TOOL_ERROR", message: /tools\/call t/ });
  const good = client.callTool("t", {}, { throwOnToolError: true });
  await answer({ content: [] });
  await good;

  const strictPeer = await env.peer();
  const strict = env.client({ throwOnToolError: true });
  await strict.connect(strictPeer.target);
  for (const [options, throws] of /** @type {const} */ ([[{}, true], [{ throwOnToolError: false }, false]])) {
    const call = strict.callTool("t", {}, options);
    const request = await strictPeer.next("tools/call");
    strictPeer.send(strictPeer.result(request, failed));
    if (throws) await rejects(call, { code: "TOOL_ERROR" });
    else hasMembers(await call, { isError: true });
  }
});

rule("an error answer is an RpcError with the server's code, message and data", async (env) => {
  const { client, peer } = await env.connect();
  const errors = /** @type {[number, string, any][]} */ ([
    [-32602, "Unknown tool: t", undefined],
    [-32603, "", { a: [1] }],
    [0, "zero", "text"],
    [42, "positive", null],
  ]);
  for (const [code, message, data] of errors) {
    const call = client.callTool("t");
    peer.refuse(await peer.next("tools/call"), code, message, data);
    const error = await rejects(call, { name: "RpcError", code: "RPC_ERROR", rpcCode: code, message, data });
    ok(error instanceof env.mcp.RpcError);
  }
});

// ---- options ----

/** Channels that differ in what becomes of options. @type {{ on: import("./env.mjs").Channel[] }} */
const TWO = { on: ["frames", "http"] };

/** Whether a tool's failure fails its call with these options. @param {import("mcp-wasm").Client} client @param {import("./peer.mjs").Peer} peer @param {import("mcp-wasm").CallOptions} [options] */
async function isStrict(client, peer, options) {
  const call = client.callTool("t", {}, options);
  const ended = call.then(() => false, ({ code }) => code === "TOOL_ERROR");
  const request = await peer.next("tools/call");
  peer.send(peer.result(request, { content: [], isError: true }));
  return within(ended, "the call");
}

rule("options are what they are at the call, whoever has them: changed since, frozen, inherited, by getters, behind a Proxy", async (env) => {
  const { client, peer } = await env.connect();
  const strict = (/** @type {any} */ options) => isStrict(client, peer, options);
  equal(await strict(undefined), false);
  const object = /** @type {any} */ ({ throwOnToolError: true });
  const forms = /** @type {Record<string, any>} */ ({
    "an object": object,
    "one that inherits": Object.create(object),
    "a getter": { get throwOnToolError() { return object.throwOnToolError; } },
    "a Proxy": new Proxy(object, {}),
    "a Proxy that answers by itself": new Proxy({ throwOnToolError: 0 }, { get: (_, name) => object[name] }),
  });
  for (const value of [true, false, true, undefined, true]) {
    object.throwOnToolError = value;
    for (const [form, options] of Object.entries(forms)) equal(await strict(options), value ?? false, `${form}, ${value}`);
    equal(await strict(Object.freeze({ throwOnToolError: value })), value ?? false, `a frozen object, ${value}`);
  }
  delete object.throwOnToolError;
  for (const form of ["an object", "one that inherits", "a getter"]) equal(await strict(forms[form]), false, `${form}, without it`);
  // One member more, the same; one less.
  equal(await strict({ throwOnToolError: true, strict: true }), true);
  equal(await strict({ strict: true }), false);
  equal(await strict({ throwOnToolError: true }), true);
  // What is the default anyway says nothing else, and nothing of another call.
  equal(await strict({ timeout: 60_000 }), false);
  equal(await strict({ timeout: 60_000, throwOnToolError: true }), true);
  equal(await strict({ timeout: 60_000, strict: false }), false);
}, { on: ["frames"] });

rule("options of one object count above each client's own, and of many kinds of options each is kept apart", async (env) => {
  const one = await env.connect({ throwOnToolError: true });
  const two = await env.connect();
  const shared = { timeout: 5000 };
  for (let round = 0; round < 2; round++) {
    equal(await isStrict(one.client, one.peer, shared), true);
    equal(await isStrict(two.client, two.peer, shared), false);
    equal(await isStrict(one.client, one.peer, { ...shared, throwOnToolError: false }), false);
    equal(await isStrict(two.client, two.peer, { ...shared, throwOnToolError: true }), true);
    for (let timeout = 5000; timeout < 5012; timeout++) {
      equal(await isStrict(two.client, two.peer, { timeout, throwOnToolError: timeout % 2 === 0 }), timeout % 2 === 0);
    }
  }
}, TWO);

rule("calls with the same options have each their own handlers and signal", async (env) => {
  const heard = /** @type {string[]} */ ([]);
  const { client, peer } = await env.connect({ progressHandler: () => void heard.push("the client's") });
  const handler = (/** @type {string} */ name) => () => void heard.push(name);
  const giver = new AbortController();
  const any = /** @type {any} */ (client);
  const given = [undefined, { progressHandler: handler("a") }, { progressHandler: null }, { signal: giver.signal }, { onprogress: handler("b") }, { progressHandler: handler("c"), onprogress: handler("d") }, {}, { progressHandler: undefined, signal: null }];
  for (const more of [{}, { timeout: 20_000 }]) {
    for (const options of given) {
      const call = any.callTool("t", {}, options && { ...options, ...more });
      const request = await peer.next("tools/call");
      peer.send(peer.progress(request, 1), peer.result(request));
      await call;
    }
  }
  const expected = ["the client's", "a", "the client's", "b", "c", "d", "the client's", "the client's"];
  equal(heard, [...expected, ...expected]);
  // Whose signal it is, is given up, and no other.
  const [mine, other] = [{ signal: giver.signal, timeout: 20_000 }, { timeout: 20_000 }].map((options) => client.callTool("t", {}, options));
  await peer.next("tools/call");
  const request = await peer.next("tools/call");
  giver.abort();
  await rejects(/** @type {Promise<any>} */ (mine), { code: "ABORTED" });
  peer.send(peer.result(request));
  await other;
}, { on: ["frames"] });

rule("options are checked once for all calls that are told the same, and again when they say something else", async (env) => {
  let looked = 0;
  const jsonSchemaValidator = { get getValidator() { looked++; return () => fail("nothing is checked"); } };
  const { client } = await env.connect();
  const ping = (/** @type {any} */ more) => client.ping({ outputValidation: "strict", jsonSchemaValidator, ...more });
  for (let i = 0; i < 5; i++) await ping({ progressHandler: () => {}, signal: new AbortController().signal });
  equal(looked, 1);
  await ping({ timeout: 7000 });
  equal(looked, 2);
  await ping({});
  await ping({ timeout: 7000 });
  equal(looked, 2);
  // What was right once is looked at again when it is another.
  const options = /** @type {any} */ ({ timeout: 7000 });
  await client.ping(options);
  for (const [name, wrong] of Object.entries({ timeout: "7s", progressHandler: "loud", onprogress: {}, onTaskStatus: 1, signal: {}, throttle: -1, outputValidation: "maybe" })) {
    for (let i = 0; i < 2; i++) throws(() => client.ping({ ...options, [name]: wrong }), { code: "INVALID_ARGUMENT", message: new RegExp(name) });
    await client.ping(options);
  }
  options.timeout = NaN;
  throws(() => client.ping(options), { code: "INVALID_ARGUMENT", message: /timeout/ });
}, { on: ["frames"] });

rule("a client's own defaults are refused by name when it is made, as those of a call are", async (env) => {
  for (const [name, wrong] of Object.entries({ timeout: -1, maxTotalTimeout: "1h", stallAfter: NaN, throttle: "soon", onTaskStatus: {}, progressHandler: 1, outputValidation: "maybe" })) {
    const options = /** @type {any} */ ({ [name]: wrong });
    throws(() => new env.mcp.Client({ name: "a", version: "1" }, options), { code: "INVALID_ARGUMENT", message: new RegExp(name) });
    await rejects(env.mcp.Client.connect("ws://127.0.0.1:9", options), { code: "INVALID_ARGUMENT", message: new RegExp(name) });
  }
}, { on: ["objects"], eras: ["modern"] });

rule("what is done to params after a call changes nothing of it, and the call changes nothing of them", async (env) => {
  const { client, peer } = await env.connect();
  const any = /** @type {any} */ (client);
  const ways = /** @type {[string, (params: any) => Promise<any>, any][]} */ ([
    ["tools/call", (params) => any.callTool(params), { name: "t", _meta: { a: 1 } }],
    ["tools/list", (params) => any.listTools(params), { cursor: "c" }],
    ["prompts/get", (params) => any.getPrompt(params), { name: "p" }],
    ["x/y", (params) => any.request({ method: "x/y", params }), { name: "z" }],
  ]);
  for (const [method, send, given] of ways) {
    for (let i = 0; i < 2; i++) {
      const params = structuredClone(given);
      const call = send(params);
      equal(params, given);
      params.late = true;
      const request = await peer.next(method);
      const { _meta, ...rest } = request.params;
      const { _meta: meta, ...expected } = given;
      equal(rest, expected);
      peer.send(peer.result(request, method === "tools/list" ? { tools: [] } : {}));
      await call;
    }
  }
}, TWO);

// ---- misuse ----

rule("what does not fit is refused by name, before anything is sent", async (env) => {
  const { client, peer } = await env.connect();
  const before = peer.received.length;
  const any = /** @type {any} */ (client);
  const bad = [
    () => any.callTool("t", {}, { progressHandler: "loud" }),
    () => any.callTool("t", {}, { onprogress: {} }),
    () => any.callTool("t", {}, { timeout: "5s" }),
    () => any.callTool("t", {}, { timeout: -1 }),
    () => any.callTool("t", {}, { timeout: NaN }),
    () => any.callTool("t", {}, { maxTotalTimeout: null }),
    () => any.callTool("t", {}, { signal: new AbortController() }),
    () => any.setNotificationHandler("x", 5),
    () => any.setRequestHandler("x", "y"),
    () => new env.mcp.Client({ name: "a", version: "1" }, /** @type {any} */ ({ progressHandler: 1 })),
    () => new env.mcp.Client({ name: "a", version: "1" }, /** @type {any} */ ({ logHandler: "x" })),
  ];
  for (const each of bad) throws(each, { name: "McpError", code: "INVALID_ARGUMENT" });
  await client.ping();
  equal(peer.received.length, before + 1);
});

rule("a second connect is refused and leaves the first alone", async (env) => {
  const { client, peer } = await env.connect();
  const other = await env.peer();
  await rejects(client.connect(other.target), { name: "McpError", code: "ALREADY_CONNECTED" });
  await client.ping();
  equal(other.connections, 0);
  equal(peer.connections, 1);

  const waiting = env.client();
  const first = waiting.connect(other.target);
  await rejects(waiting.connect(other.target), { code: "ALREADY_CONNECTED" });
  await first;
  await waiting.ping();
});

rule("what another client is connected to is refused, which leaves that client alone", async (env) => {
  const { StreamableHttpTransport, WebSocketTransport } = env.mcp;
  for (const early of [false, true]) {
    const peer = await env.peer();
    peer.answers["tools/call"] = () => ({ content: [] });
    const target = env.channel === "http" ? new StreamableHttpTransport(peer.target) : env.channel === "socket" ? new WebSocketTransport(peer.target) : peer.target;
    const [one, two] = [env.client(), env.client()];
    const connected = one.connect(target);
    if (!early) await connected;
    await rejects(two.connect(target), { name: "McpError", code: "ALREADY_CONNECTED" });
    await within(connected, "the connection");
    await within(one.callTool("t"), "the call");
    await two.close();
    await within(one.callTool("t"), "another call");
    equal([one.errors, two.errors, peer.connections], [[], [], 1]);
    await one.close();
    // What has no end of its own may be had now.
    if (["http", "socket", "objects"].includes(env.channel)) await within(two.connect(target), "the next connection");
  }
});

rule("calls before connect and after close say so, and were not sent", async (env) => {
  const client = env.client();
  for (const _ of ["before", "after"]) {
    await rejects(client.callTool("t"), { name: "ClosedError", code: "CLOSED", mayHaveRun: false, message: /not connected/ });
    await rejects(client.ping(), { code: "CLOSED" });
    await rejects(client.notification({ method: "n" }), { code: "CLOSED", mayHaveRun: false });
    await client.close();
    const peer = await env.peer();
    await client.connect(peer.target);
    await client.close();
  }
  equal(client.errors, []);
});

rule("a client can be connected again after close, and after the server hung up", async (env) => {
  const client = env.client();
  for (const end of ["close", "hang up"]) {
    const peer = await env.peer();
    await client.connect(peer.target);
    if (end === "close") {
      await client.close();
    } else {
      const call = client.callTool("t");
      await peer.next("tools/call");
      peer.link.hangUp();
      await rejects(call, { code: "CLOSED" });
    }
  }
  const peer = await env.peer();
  await client.connect(peer.target);
  await client.ping();
}, { on: CONNECTIONS });

rule("a client is disposed of by closing it", async (env) => {
  const { client, peer } = await env.connect();
  const dispose = Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose");
  await (/** @type {any} */ (client)[dispose]());
  await peer.gone();
  await turn();
  await rejects(client.ping(), { code: "CLOSED" });
});
