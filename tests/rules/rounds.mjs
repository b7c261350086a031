// What servers ask of the page, in both eras; calls of several legs; tasks.
import { deferred, equal, hasMembers, ok, pending, rejects, throws, turn } from "./check.mjs";
import { CONNECTIONS, collect } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

/** @typedef {import("./peer.mjs").Message} Message */

const SCHEMA = {
  type: "object",
  properties: {
    name: { type: "string", default: "Ada" },
    age: { type: "number", default: 0 },
    ok: { type: "boolean", default: false },
    none: { type: "string" },
  },
};
const FORM = { method: "elicitation/create", params: { message: "Who?", requestedSchema: SCHEMA } };
const SAMPLE = { method: "sampling/createMessage", params: { messages: [], maxTokens: 5 } };
const ROOTS = { method: "roots/list" };

/**
 * The server asks for something while it works on a request: by a request of its own, or by a
 * result, as the era has it.
 * @param {import("./env.mjs").Env} env
 * @param {import("./peer.mjs").Peer} peer
 * @param {Message} request
 * @param {Message} what
 * @returns {Promise<{ answer?: Message, error?: Message, request: Message }>} `request` is the one
 *   to answer when all is done
 */
async function ask(env, peer, request, what) {
  if (env.era === "legacy") {
    peer.send({ jsonrpc: "2.0", id: "ask", ...what });
    const { result, error } = await peer.next();
    return { answer: result, error, request };
  }
  asksFor(peer, request, { it: what });
  const again = await peer.next(request.method);
  return { answer: again.params.inputResponses.it, request: again };
}

/**
 * @param {import("./peer.mjs").Peer} peer
 * @param {Message} request
 * @param {Message} [inputRequests]
 * @param {string} [requestState]
 */
function asksFor(peer, request, inputRequests, requestState) {
  peer.send({ jsonrpc: "2.0", id: request.id, result: { resultType: "input_required", inputRequests, requestState } });
}

// ---- handlers ----

rule("a form is answered by elicitationHandler in both eras, what is left out comes from the schema", async (env) => {
  const asked = /** @type {any[]} */ ([]);
  const elicitationHandler = async (/** @type {any} */ params) => {
    asked.push(params);
    return { action: /** @type {const} */ ("accept"), content: { age: 36 } };
  };
  const { peer, call, request } = await env.calling({}, { elicitationHandler });
  const { answer, request: last } = await ask(env, peer, request, FORM);
  equal(asked, [FORM.params]);
  equal(answer, { action: "accept", content: { name: "Ada", age: 36, ok: false } });
  peer.send(peer.result(last));
  await call;
});

rule("a stall ends with the next round of its call", async (env) => {
  const clock = env.clock();
  const { client, peer, call, request } = await env.calling({ stallAfter: 1000 }, { elicitationHandler: async () => ({ action: "decline" }) });
  equal(client.calls.snapshot[0]?.stalled, false);
  await clock.pass(1001);
  equal([client.calls.snapshot[0]?.stalled, call.stalled], [true, true]);
  const { request: last } = await ask(env, peer, request, FORM);
  equal([client.calls.snapshot[0]?.stalled, call.stalled], [false, false]);
  peer.send(peer.result(last));
  await call;
}, { on: ["objects", "frames"], eras: ["modern"] });

rule("an elicitation that is declined, cancelled or left is an answer, without defaults", async (env) => {
  const answers = [{ action: "decline" }, { action: "cancel" }, undefined, null];
  for (const given of answers) {
    const { peer, call, request } = await env.calling({}, { elicitationHandler: () => /** @type {any} */ (given) });
    const { answer, request: last } = await ask(env, peer, request, FORM);
    equal(answer, given ?? { action: "cancel" });
    peer.send(peer.result(last));
    await call;
  }
});

rule("sampling is answered by samplingHandler, roots by an array or a function", async (env) => {
  const uri = "file:///home";
  for (const roots of [[{ uri }], () => [{ uri }], async () => ({ roots: [{ uri }] })]) {
    /** @param {any} params @returns {Promise<any>} */
    const samplingHandler = async (params) => ({ model: "m", role: "assistant", content: { type: "text", text: String(params.maxTokens) } });
    const { peer, call, request } = await env.calling({}, { samplingHandler, roots });
    const sampled = await ask(env, peer, request, SAMPLE);
    equal(sampled.answer, { model: "m", role: "assistant", content: { type: "text", text: "5" } });
    const listed = await ask(env, peer, sampled.request, ROOTS);
    equal(listed.answer, { roots: [{ uri }] });
    peer.send(peer.result(listed.request));
    await call;
  }
});

rule("setRequestHandler answers the same requests", async (env) => {
  const { client, peer } = await env.connect();
  client.setRequestHandler("elicitation/create", async ({ method, params }) => ({ action: "accept", content: { none: method + params?.message } }));
  const call = client.callTool("t");
  const request = await peer.next("tools/call");
  const { answer, request: last } = await ask(env, peer, request, FORM);
  equal(answer, { action: "accept", content: { name: "Ada", age: 0, ok: false, none: "elicitation/createWho?" } });
  peer.send(peer.result(last));
  await call;
});

rule("handlers declare their capability, beside those that are given", async (env) => {
  const declared = async (/** @type {import("mcp-wasm").ClientOptions} */ options) => {
    const { peer } = await env.connect(options);
    const first = peer.received[0];
    if (env.era === "modern") return first?.params._meta["io.modelcontextprotocol/clientCapabilities"];
    return (await peer.next("initialize")).params.capabilities;
  };
  equal(await declared({}), {});
  equal(await declared({ elicitationHandler: () => undefined }), { elicitation: { form: {} } });
  const all = { elicitationHandler: () => undefined, samplingHandler: () => undefined, roots: [] };
  equal(await declared(all), { sampling: {}, elicitation: { form: {} }, roots: {} });
  const capabilities = { elicitation: { url: {} }, sampling: { tools: {} }, experimental: { a: { b: 1 } } };
  equal(await declared({ ...all, capabilities, tasks: true }), {
    elicitation: { url: {} },
    sampling: { tools: {} },
    experimental: { a: { b: 1 } },
    roots: {},
    extensions: { "io.modelcontextprotocol/tasks": {} },
  });
  equal(capabilities, { elicitation: { url: {} }, sampling: { tools: {} }, experimental: { a: { b: 1 } } });
});

rule("whatever a handler throws, the server has an answer and the call its end", async (env) => {
  for (const thrown of [undefined, null, 0, "", Symbol("s"), {}, Object.create(null), { message: 7 }]) {
    const elicitationHandler = async () => {
      throw thrown;
    };
    const { client, peer, call, request } = await env.calling({}, { elicitationHandler });
    if (env.era === "legacy") {
      const { error } = await ask(env, peer, request, FORM);
      equal([error?.code, typeof error?.message], [-32603, "string"]);
      peer.send(peer.result(request));
      await call;
    } else {
      asksFor(peer, request, { it: FORM }, "state");
      await rejects(call, { name: "McpError", code: "INPUT_FAILED" });
    }
    // A browser has six connections to a host, and a session takes two.
    await client.close();
  }
});

rule("a refusal of sampling is error -1 in the legacy era, and fails the call in the modern one", async (env) => {
  const handlers = [() => undefined, () => null, () => { throw new Error("too dear"); }, async () => { throw new Error("too dear"); }];
  for (const [index, samplingHandler] of handlers.entries()) {
    const { peer, call, request } = await env.calling({}, { samplingHandler });
    const text = index < 2 ? "User rejected sampling request" : "too dear";
    if (env.era === "legacy") {
      const { error } = await ask(env, peer, request, SAMPLE);
      equal(error, { code: -1, message: text });
      peer.send(peer.result(request));
      await call;
    } else {
      asksFor(peer, request, { it: SAMPLE }, "state");
      await rejects(call, { name: "McpError", code: "INPUT_FAILED", message: `tools/call tool: ${text}` });
      await turn();
      equal(peer.all("tools/call").length, 1);
      equal(peer.all("notifications/cancelled"), []);
    }
  }
});

rule("a handler that throws, or answers without sense, is the page's fault", async (env) => {
  const broken = Object.assign(new Error("no window"), { rpcCode: 7, data: { why: 1 } });
  const cases = /** @type {[() => any, number, string][]} */ ([
    [() => { throw broken; }, 7, "no window"],
    [() => ({ name: "Ada" }), -32603, "an elicitation is answered by"],
    [() => "accept", -32603, "an elicitation is answered by"],
  ]);
  for (const [elicitationHandler, code, text] of cases) {
    const { peer, call, request } = await env.calling({}, { elicitationHandler });
    if (env.era === "legacy") {
      const { error } = await ask(env, peer, request, FORM);
      hasMembers(error, { code, message: new RegExp(text), ...(code === 7 && { data: { why: 1 } }) });
      peer.send(peer.result(request));
      await call;
    } else {
      asksFor(peer, request, { it: FORM });
      const error = await rejects(call, { code: "INPUT_FAILED", message: new RegExp(text) });
      if (code === 7) ok(error.cause === broken);
    }
  }
});

rule("what no handler is there for is -32601, and fails the call in the modern era", async (env) => {
  for (const what of [FORM, SAMPLE, ROOTS]) {
    const { peer, call, request } = await env.calling();
    if (env.era === "legacy") {
      const { error } = await ask(env, peer, request, what);
      equal(error?.code, -32601);
      peer.send(peer.result(request));
      await call;
    } else {
      asksFor(peer, request, { it: what });
      await rejects(call, { code: "INPUT_FAILED", message: new RegExp(what.method) });
    }
  }
});

rule("a URL is asked for only if that is declared; accepting it is no content", async (env) => {
  const url = { method: "elicitation/create", params: { mode: "url", message: "Log in", url: "https://x/" } };
  const { peer, call, request } = await env.calling({}, { elicitationHandler: () => ({ action: "accept" }), capabilities: { elicitation: { url: {} } } });
  const { answer, request: last } = await ask(env, peer, request, url);
  equal(answer, { action: "accept" });
  peer.send(peer.result(last));
  await call;
  const without = await env.calling({}, { elicitationHandler: () => ({ action: "accept" }) });
  if (env.era === "legacy") {
    const { error } = await ask(env, without.peer, without.request, url);
    equal(error?.code, -32602);
  } else {
    asksFor(without.peer, without.request, { it: url });
    await rejects(without.call, { code: "INPUT_FAILED" });
  }
});

rule("handlers that are none are refused by name", async (env) => {
  for (const name of ["samplingHandler", "elicitationHandler"]) {
    throws(() => new env.mcp.Client(undefined, { [name]: 7 }), { code: "INVALID_ARGUMENT", message: new RegExp(name) });
  }
  const { client } = await env.connect();
  throws(() => client.callTool("t", {}, { onTaskStatus: /** @type {any} */ ("x") }), { code: "INVALID_ARGUMENT", message: /onTaskStatus/ });
}, { on: ["objects"] });

rule("a handler may call the server, and close the client", async (env) => {
  const { client, peer } = await env.connect({ capabilities: { roots: {} } });
  let inner = /** @type {any} */ (undefined);
  client.setRequestHandler("roots/list", async () => {
    inner = await client.callTool("inner");
    return { roots: [] };
  });
  const call = client.callTool("outer");
  const request = await peer.next("tools/call");
  if (env.era === "legacy") peer.send({ jsonrpc: "2.0", id: 8, ...ROOTS });
  else asksFor(peer, request, { it: ROOTS });
  const nested = await peer.next("tools/call");
  equal(nested.params.name, "inner");
  peer.send(peer.result(nested));
  const last = env.era === "legacy" ? request : await peer.next("tools/call");
  if (env.era === "legacy") await peer.next();
  ok(inner);
  client.setRequestHandler("roots/list", async () => {
    await client.close();
    return { roots: [] };
  });
  if (env.era === "legacy") peer.send({ jsonrpc: "2.0", id: 9, ...ROOTS });
  else asksFor(peer, last, { it: ROOTS });
  await rejects(call, { code: "CLOSED" });
});

// ---- requests of a legacy server ----

rule("the context of a legacy request: id, signal, and a reporter when the server asked for one", async (env) => {
  const { client, peer } = await env.calling();
  let seen = /** @type {any} */ (undefined);
  client.setRequestHandler("roots/list", async (_, context) => {
    seen = context;
    await context.reportProgress(1);
    await context.reportProgress(2, 4, "half");
    await context.reportProgress(NaN);
    return { roots: [] };
  });
  peer.send({ jsonrpc: "2.0", id: "r", method: "roots/list", params: { _meta: { progressToken: "t" } } });
  const answer = await peer.next();
  equal(answer, { jsonrpc: "2.0", id: "r", result: { roots: [] } });
  equal(seen.requestId, "r");
  equal(seen.signal.aborted, false);
  const reports = peer.all("notifications/progress").map(({ params }) => params);
  equal(reports, [{ progressToken: "t", progress: 1 }, { progressToken: "t", progress: 2, total: 4, message: "half" }]);
  ok(peer.received.indexOf(answer) > peer.received.findIndex(({ params }) => params?.progress === 2), "reports come first");
  await seen.reportProgress(3);
  peer.send({ jsonrpc: "2.0", id: 1, method: "roots/list" });
  await peer.next();
  equal(peer.all("notifications/progress").length, 2);
}, { eras: ["legacy"] });

rule("a legacy server takes its request back: the handler is told, and nothing is answered", async (env) => {
  const { client, peer } = await env.calling();
  const started = deferred();
  const end = deferred();
  client.setRequestHandler("roots/list", async (_, { signal }) => {
    signal.addEventListener("abort", () => end.resolve(signal.reason));
    started.resolve();
    await end.promise;
    return { roots: [] };
  });
  peer.send({ jsonrpc: "2.0", id: 4, method: "roots/list" });
  await started.promise;
  peer.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "4" } });
  peer.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 4, reason: "changed" } });
  hasMembers(await end.promise, { name: "AbortError", code: "ABORTED", cause: "changed" });
  await client.ping();
  equal(peer.received.filter(({ method }) => method === undefined), []);
}, { eras: ["legacy"] });

rule("a call that ends takes along what it made the server ask, and the server is told", async (env) => {
  for (const how of ["cancel", "answer"]) {
    const { client, peer, call, request } = await env.calling();
    const started = deferred();
    const aborted = deferred();
    client.setRequestHandler("elicitation/create", (_, context) => {
      context.signal.addEventListener("abort", () => aborted.resolve(context.signal.reason));
      started.resolve(context);
      return new Promise(() => {});
    });
    peer.send({ jsonrpc: "2.0", id: "q", method: "elicitation/create", params: { message: "Who?" } });
    hasMembers(await started.promise, { requestId: "q", callId: call.id, method: "tools/call", name: "tool" });
    if (how === "cancel") {
      call.cancel("enough");
      await rejects(call, { code: "ABORTED" });
    } else {
      peer.send(peer.result(request));
      await call;
    }
    hasMembers(await aborted.promise, { name: "AbortError", code: "ABORTED" });
    const answer = await peer.next();
    equal([answer.id, answer.error?.code], ["q", -32603]);
    await client.close();
  }
}, { eras: ["legacy"] });

rule("a lost connection aborts the handlers of the server's requests", async (env) => {
  const { client, peer, call, request } = await env.calling({}, { capabilities: { roots: {} } });
  const aborted = deferred();
  const started = deferred();
  client.setRequestHandler("roots/list", (_, { signal }) => {
    signal.addEventListener("abort", aborted.resolve);
    started.resolve();
    return new Promise(() => {});
  });
  if (env.era === "legacy") peer.send({ jsonrpc: "2.0", id: 4, method: "roots/list" });
  else asksFor(peer, request, { it: ROOTS });
  await started.promise;
  peer.link.hangUp();
  await aborted.promise;
  await rejects(call, { code: "CLOSED" });
}, { on: CONNECTIONS });

rule("notifications/elicitation/complete keeps what the handler waits for", async (env) => {
  const { client, peer } = await env.calling({}, { capabilities: { elicitation: { url: {} } } });
  const events = /** @type {string[]} */ ([]);
  const done = deferred();
  client.setRequestHandler("elicitation/create", async (_, { completed }) => {
    completed?.then(() => {
      events.push("complete");
      done.resolve();
    });
    return { action: "accept" };
  });
  const params = { mode: "url", message: "m", url: "https://x/", elicitationId: "e" };
  peer.send({ jsonrpc: "2.0", id: 1, method: "elicitation/create", params });
  equal((await peer.next()).result, { action: "accept" });
  const complete = (/** @type {string} */ elicitationId) => ({ jsonrpc: "2.0", method: "notifications/elicitation/complete", params: { elicitationId } });
  peer.send(complete("other"));
  await client.ping();
  equal(events, []);
  peer.send(complete("e"), complete("e"));
  await done.promise;
}, { eras: ["legacy"] });

rule("error -32042: the user agrees to open the URLs, then the call is made again, once", async (env) => {
  const asked = /** @type {any[]} */ ([]);
  const elicitationHandler = async (/** @type {any} */ { url }) => {
    asked.push(url);
    return { action: /** @type {const} */ ("accept") };
  };
  const { peer, call, request } = await env.calling({}, { elicitationHandler, capabilities: { elicitation: { url: {} } } });
  const elicitations = [{ mode: "url", message: "m", url: "https://x/", elicitationId: "e" }];
  peer.refuse(request, -32042, "log in first", { elicitations });
  const again = await peer.next("tools/call");
  equal(asked, ["https://x/"]);
  equal([again.params.name, again.params.inputResponses], ["tool", undefined]);
  ok(again.id !== request.id && again.params._meta.progressToken === again.id);
  peer.send(peer.result(again));
  hasMembers(await call, { content: [{ type: "text", text: "done" }] });
}, { eras: ["legacy"] });

// ---- rule 10: one call of several legs ----

rule("rule 10: one handler, one promise, new ids and tokens, and the state as it came", async (env) => {
  const heard = /** @type {any[]} */ ([]);
  const progressHandler = (/** @type {number} */ progress, /** @type {any} */ total, /** @type {any} */ _, /** @type {any} */ context) =>
    void heard.push([progress, total, context.leg, context.requestId, context.callId]);
  const { peer, call, request } = await env.calling({ progressHandler }, { elicitationHandler: () => ({ action: "decline" }) });
  const state = "{\"a\" : 1.0, \"\\u00e9\":[ ]}";
  peer.send(peer.progress(request, 3, 3));
  asksFor(peer, request, { it: FORM }, state);
  const second = await peer.next("tools/call");
  equal(second.params.requestState, state);
  equal(second.params.inputResponses, { it: { action: "decline" } });
  equal([second.params.name, second.params.arguments], ["tool", {}]);
  ok(second.id !== request.id && second.params._meta.progressToken === second.id);
  peer.send(peer.progress(second, 1, 2));
  asksFor(peer, second, { it: FORM });
  const third = await peer.next("tools/call");
  equal(third.params.requestState, undefined);
  peer.send(peer.progress(third, 2, 2), peer.result(third));
  hasMembers(await call, { content: [{ type: "text", text: "done" }] });
  equal(heard, [[3, 3, undefined, request.id, call.id], [1, 2, 2, second.id, call.id], [2, 2, 3, third.id, call.id]]);
  equal(call.id, request.id);
}, { eras: ["modern"] });

rule("rule 10: all that a result asks for is asked at once", async (env) => {
  const open = /** @type {any[]} */ ([]);
  const all = deferred();
  const { client, peer } = await env.connect({ elicitationHandler: () => undefined });
  client.setRequestHandler("elicitation/create", (_, context) => {
    const answer = deferred();
    if (open.push({ answer, context }) === 3) all.resolve();
    return answer.promise;
  });
  const call = client.callTool("t");
  const request = await peer.next("tools/call");
  asksFor(peer, request, { b: FORM, a: FORM, ["__proto__"]: FORM });
  await all.promise;
  equal(open.map(({ context }) => [context.key, context.name, context.callId]), [["b", "t", call.id], ["a", "t", call.id], ["__proto__", "t", call.id]]);
  open[1].answer.resolve({ action: "decline" });
  open[2].answer.resolve({ action: "cancel" });
  await turn();
  equal(peer.all("tools/call").length, 1);
  open[0].answer.resolve({ action: "cancel" });
  const second = await peer.next("tools/call");
  equal(Object.entries(second.params.inputResponses).map(([key, { action }]) => [key, action]), [["b", "cancel"], ["a", "decline"], ["__proto__", "cancel"]]);
  peer.send(peer.result(second));
  await call;
  ok(open.every(({ context }) => !context.signal.aborted), "nobody is told to stop who has answered");
}, { eras: ["modern"] });

rule("rule 10: one failure fails the call and stops the other handlers", async (env) => {
  const failing = deferred();
  const started = deferred();
  const stopped = deferred();
  const { client, peer } = await env.connect({ elicitationHandler: () => undefined });
  client.setRequestHandler("elicitation/create", (_, { key, signal }) => {
    if (key === "a") return failing.promise;
    signal.addEventListener("abort", stopped.resolve);
    started.resolve();
    return new Promise(() => {});
  });
  const call = client.callTool("t");
  asksFor(peer, await peer.next("tools/call"), { a: FORM, b: FORM }, "s");
  await started.promise;
  const cause = new Error("no window");
  failing.reject(cause);
  const error = await rejects(call, { code: "INPUT_FAILED", message: "tools/call t: no window" });
  ok(error.cause === cause && error instanceof env.mcp.McpError);
  await stopped.promise;
  await turn();
  equal(peer.all("tools/call").length, 1);
}, { eras: ["modern"] });

rule("rule 8: cancelling while a person answers stops the handlers and sends nothing", async (env) => {
  for (const how of ["cancel", "signal"]) {
    const stopped = deferred();
    const started = deferred();
    const { client, peer } = await env.connect({ elicitationHandler: () => undefined });
    client.setRequestHandler("elicitation/create", (_, { signal }) => {
      signal.addEventListener("abort", stopped.resolve);
      started.resolve();
      return new Promise(() => {});
    });
    const controller = new AbortController();
    const call = client.callTool("t", {}, { signal: controller.signal });
    asksFor(peer, await peer.next("tools/call"), { a: FORM });
    await started.promise;
    const before = peer.received.length;
    if (how === "cancel") call.cancel("enough");
    else controller.abort("enough");
    await rejects(call, { name: "AbortError", code: "ABORTED" });
    await stopped.promise;
    await turn();
    equal(peer.received.length, before);
  }
}, { eras: ["modern"] });

rule("rule 8: cancelling a later leg names that leg", async (env) => {
  const { peer, call, request } = await env.calling({}, { elicitationHandler: () => ({ action: "decline" }) });
  asksFor(peer, request, { a: FORM });
  const second = await peer.next("tools/call");
  call.cancel("enough");
  await rejects(call, { code: "ABORTED" });
  hasMembers((await peer.next("notifications/cancelled")).params, { requestId: second.id, ...(env.tells && { reason: "enough" }) });
}, { eras: ["modern"] });

rule("rule 10: manual hands the result to the caller, who goes on by hand", async (env) => {
  for (const place of ["call", "client"]) {
    const manual = { inputRequired: /** @type {const} */ ("manual") };
    const { client, peer } = await env.connect(place === "client" ? manual : {});
    const call = client.callTool("t", {}, place === "call" ? manual : {});
    asksFor(peer, await peer.next("tools/call"), { a: FORM }, "s");
    const result = /** @type {any} */ (await call);
    equal(result, { resultType: "input_required", inputRequests: { a: FORM }, requestState: "s" });
    const inputResponses = { a: { action: "decline" } };
    const again = client.callTool(/** @type {any} */ ({ name: "t", inputResponses, requestState: result.requestState }));
    const second = await peer.next("tools/call");
    equal([second.params.inputResponses, second.params.requestState], [inputResponses, "s"]);
    peer.send(peer.result(second));
    await again;
  }
}, { eras: ["modern"] });

rule("rule 10: endless rounds end, after as many as maxRounds says", async (env) => {
  const { client, peer } = await env.connect({ elicitationHandler: () => ({ action: "decline" }) });
  const call = client.callTool("t", {}, { maxRounds: 2 });
  for (let round = 0; round < 3; round++) asksFor(peer, await peer.next("tools/call"), { a: FORM });
  await rejects(call, { code: "INPUT_FAILED", message: /more rounds/ });
  equal(peer.all("tools/call").length, 3);
}, { eras: ["modern"] });

rule("rule 7: a person may take longer than timeout", async (env) => {
  const clock = env.clock();
  const answer = deferred();
  const { client, peer } = await env.connect({ elicitationHandler: () => answer.promise });
  const call = client.callTool("t", {}, { timeout: 1000 });
  const request = await peer.next("tools/call");
  const asked = ask(env, peer, request, FORM);
  await turn();
  await clock.pass(500_000);
  ok(await pending(call));
  answer.resolve({ action: "decline" });
  const { request: last } = await asked;
  await clock.pass(2_000);
  await rejects(call, { code: "TIMEOUT", clock: "idle" });
  equal((await peer.next("notifications/cancelled")).params.requestId, last.id);
}, { on: ["objects", "frames"] });

rule("rule 10: prompts and resources ask as well, and a state alone is sent back after a while", async (env) => {
  const { client, peer } = await env.connect({ elicitationHandler: () => ({ action: "decline" }) });
  const requests = /** @type {const} */ ([["prompts/get", () => client.getPrompt({ name: "p" })], ["resources/read", () => client.readResource("u:r")]]);
  for (const [method, request] of requests) {
    const call = request();
    asksFor(peer, await peer.next(method), { a: FORM });
    const second = await peer.next(method);
    equal(second.params.inputResponses, { a: { action: "decline" } });
    asksFor(peer, second, undefined, "later");
    const third = await peer.next(method);
    equal([third.params.inputResponses, third.params.requestState], [undefined, "later"]);
    peer.send(peer.result(third, {}));
    await call;
  }
}, { eras: ["modern"] });

// ---- tasks ----

/**
 * A connected pair whose server knows tasks.
 * @param {import("./env.mjs").Env} env
 * @param {import("mcp-wasm").ClientOptions} [options]
 */
async function taskPair(env, options) {
  const peer = await env.peer();
  if (env.era === "legacy") {
    peer.answers.initialize = ({ params }) => ({
      protocolVersion: params.protocolVersion,
      capabilities: { tools: {}, tasks: { requests: { tools: { call: {} } } } },
      serverInfo: { name: "tasks", version: "1" },
    });
  }
  const client = env.client({ tasks: true, ...options });
  await client.connect(peer.target);
  return { client, peer };
}

/** @param {import("./env.mjs").Env} env @param {string} status @param {Message} [more] */
function task(env, status, more) {
  const pace = env.era === "modern" ? { pollIntervalMs: 100, ttlMs: null } : { pollInterval: 100, ttl: null };
  return { taskId: "t-1", status, createdAt: "2026-01-01T00:00:00Z", lastUpdatedAt: "2026-01-01T00:00:00Z", ...pace, ...more };
}

/** @param {import("./env.mjs").Env} env @param {import("./peer.mjs").Peer} peer @param {Message} request */
function makeTask(env, peer, request) {
  const made = task(env, "working");
  const result = env.era === "modern" ? { ...made, resultType: "task" } : { task: made };
  peer.send({ jsonrpc: "2.0", id: request.id, result });
}

rule("a tool call that becomes a task is one call with the original result", async (env) => {
  const states = /** @type {any[]} */ ([]);
  const heard = /** @type {number[]} */ ([]);
  const { client, peer } = await taskPair(env);
  const onTaskStatus = (/** @type {any} */ { status, statusMessage }, /** @type {any} */ { name }) => void states.push([name, status, statusMessage]);
  const call = client.callTool("t", { a: 1 }, { task: { ttl: 60_000 }, onTaskStatus, progressHandler: (progress) => void heard.push(progress) });
  const request = await peer.next("tools/call");
  equal(request.params.task, env.era === "legacy" ? { ttl: 60_000 } : undefined);
  makeTask(env, peer, request);
  const look = await peer.next("tasks/get");
  equal([look.params.taskId, look.params._meta?.progressToken], ["t-1", undefined]);
  peer.send(peer.progress(request, 1), peer.result(look, task(env, "working", { statusMessage: "half" })));
  const last = await peer.next("tasks/get");
  const original = { content: [{ type: "text", text: "done" }], own: 1 };
  peer.send(peer.result(last, task(env, "completed", env.era === "modern" ? { result: original } : {})));
  if (env.era === "legacy") {
    const result = await peer.next("tasks/result");
    equal(result.params.taskId, "t-1");
    peer.send(peer.result(result, original));
  }
  equal(await call, original);
  equal(states, [["t", "working", undefined], ["t", "working", "half"], ["t", "completed", undefined]]);
  equal(heard, env.era === "legacy" ? [1] : []);
});

rule("a task is cancelled as a task", async (env) => {
  const { client, peer } = await taskPair(env);
  const call = client.callTool("t", {}, { task: true });
  const request = await peer.next("tools/call");
  makeTask(env, peer, request);
  await peer.next("tasks/get");
  call.cancel();
  await rejects(call, { code: "ABORTED" });
  equal((await peer.next("tasks/cancel")).params.taskId, "t-1");
  equal(peer.all("notifications/cancelled"), []);
});

rule("a task asks for input", async (env) => {
  const { client, peer } = await taskPair(env, { elicitationHandler: () => ({ action: "decline" }) });
  const call = client.callTool("t", {}, { task: true });
  makeTask(env, peer, await peer.next("tools/call"));
  const look = await peer.next("tasks/get");
  const original = { content: [] };
  if (env.era === "modern") {
    peer.send(peer.result(look, task(env, "input_required", { inputRequests: { it: FORM } })));
    const update = await peer.next("tasks/update");
    equal(update.params.inputResponses, { it: { action: "decline" } });
    peer.send(peer.result(update, {}));
    peer.send(peer.result(await peer.next("tasks/get"), task(env, "completed", { result: original })));
  } else {
    peer.send(peer.result(look, task(env, "input_required")));
    const result = await peer.next("tasks/result");
    peer.send({ jsonrpc: "2.0", id: 1, ...FORM });
    equal((await peer.next()).result, { action: "decline" });
    peer.send(peer.result(result, original));
  }
  equal(await call, original);
});

rule("a task that fails, or is given up by the server, is an error", async (env) => {
  const { client, peer } = await taskPair(env);
  const run = async () => {
    const call = client.callTool("t", {}, { task: true });
    call.catch(() => {});
    makeTask(env, peer, await peer.next("tools/call"));
    return { call, look: await peer.next("tasks/get") };
  };
  const given = await run();
  peer.send(peer.result(given.look, task(env, "cancelled", { statusMessage: "too old" })));
  await rejects(given.call, { name: "McpError", code: "TASK_FAILED", message: "tools/call t: the server gave the task up: too old" });
  const failed = await run();
  const error = { code: -32603, message: "broken" };
  peer.send(peer.result(failed.look, task(env, "failed", env.era === "modern" ? { error } : {})));
  if (env.era === "legacy") peer.refuse(await peer.next("tasks/result"), error.code, error.message);
  await rejects(failed.call, { code: "RPC_ERROR", rpcCode: -32603 });
});

rule("with tasks, a legacy tool that says that it runs only as one is called as one, without a list", async (env) => {
  const { client, peer } = await taskPair(env);
  const call = client.callTool("only", { a: 1 });
  const first = await peer.next("tools/call");
  equal(first.params.task, undefined);
  peer.refuse(first, -32601, "runs as a task only");
  const second = await peer.next("tools/call");
  equal([second.params.task, second.params.arguments], [{}, { a: 1 }]);
  peer.send(peer.result(second, { content: [] }));
  equal((await call).content, []);
  const again = client.callTool("only");
  const third = await peer.next("tools/call");
  equal(third.params.task, {});
  peer.send(peer.result(third));
  await again;
  // One that is not there in either way is asked for twice, and no more.
  const missing = client.callTool("missing");
  for (let i = 0; i < 2; i++) peer.refuse(await peer.next("tools/call"), -32601, "no such tool");
  await rejects(missing, { code: "RPC_ERROR", rpcCode: -32601 });
}, { eras: ["legacy"] });

rule("with tasks, a legacy tool that runs only as one is called as one", async (env) => {
  const { client, peer } = await taskPair(env);
  const listed = client.listTools();
  const tool = (/** @type {string} */ name, /** @type {string} */ taskSupport) => ({ name, inputSchema: { type: "object" }, execution: { taskSupport } });
  peer.send(peer.result(await peer.next("tools/list"), { tools: [tool("only", "required"), tool("maybe", "optional")] }));
  await listed;
  for (const [name, expected] of [["only", {}], ["maybe", undefined], ["unknown", undefined]]) {
    const call = client.callTool(/** @type {string} */ (name));
    const request = await peer.next("tools/call");
    equal(request.params.task, expected);
    peer.send(peer.result(request));
    await call;
  }
}, { eras: ["legacy"] });
