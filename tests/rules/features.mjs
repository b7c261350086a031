// DESIGN.md section 1 and CHECKLIST sections 3, 7 and 10: the protocol's requests as methods,
// lists in pages, kept results, subscriptions, checked results.
import { equal, fail, hasMembers, ok, pending, rejects } from "./check.mjs";
import { collect } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

/** Transports whose time the test makes. @type {{ on: import("./env.mjs").Channel[] }} */
const TIMED = { on: ["objects", "frames"] };

// ---- 3: requests as methods ----

rule("methods: each sends its request with the params as given, and returns the result as it came", async (env) => {
  const { client, peer } = await env.connect();
  const ref = { type: /** @type {const} */ ("ref/prompt"), name: "p" };
  const completing = { ref, argument: { name: "a", value: "b" }, context: { arguments: { c: "d" } } };
  /** @type {[string, () => Promise<any>, Record<string, unknown>, Record<string, unknown>][]} */
  const table = [
    ["tools/list", () => client.listTools({ cursor: "c" }), { cursor: "c" }, { tools: [{ name: "t", x: 1 }], nextCursor: "d" }],
    ["resources/list", () => client.listResources(), {}, { resources: [{ uri: "a:b", name: "r" }], x: [1] }],
    ["resources/templates/list", () => client.listResourceTemplates(), {}, { resourceTemplates: [], x: null }],
    ["resources/read", () => client.readResource("a:b"), { uri: "a:b" }, { contents: [{ uri: "a:b", text: "c" }] }],
    ["resources/read", () => client.readResource({ uri: "a:b" }), { uri: "a:b" }, { contents: [] }],
    ["prompts/list", () => client.listPrompts(), {}, { prompts: [{ name: "p" }] }],
    ["prompts/get", () => client.getPrompt("p", { a: "b" }), { name: "p", arguments: { a: "b" } }, { messages: [], x: 1 }],
    ["prompts/get", () => client.getPrompt("p"), { name: "p" }, { messages: [] }],
    ["prompts/get", () => client.getPrompt({ name: "p", arguments: { a: "b" } }), { name: "p", arguments: { a: "b" } }, { messages: [] }],
    ["completion/complete", () => client.complete(completing), completing, { completion: { values: ["bc"], total: 1 } }],
    ["resources/subscribe", () => client.subscribeResource("a:b"), { uri: "a:b" }, {}],
    ["resources/unsubscribe", () => client.unsubscribeResource({ uri: "a:b" }), { uri: "a:b" }, {}],
  ];
  for (const [method, ask, params, result] of table) {
    const answer = ask();
    const request = await peer.next(method);
    const { _meta, ...sent } = request.params;
    equal(sent, params, method);
    equal(_meta.progressToken, request.id);
    const response = peer.result(request, result);
    peer.send(response);
    equal(await answer, response.result, method);
  }
  equal(client.errors, []);
});

rule("methods: progress, time limits, cancel and _meta work for each", async (env) => {
  const { client, peer } = await env.connect({ progressHandler: () => fail("the client's handler ran") });
  /** @param {any} options @returns {[string, any][]} */
  const table = (options) => [
    ["tools/list", client.listTools({ _meta: { a: 1 } }, options)],
    ["resources/list", client.listResources({ _meta: { a: 1 } }, options)],
    ["resources/templates/list", client.listResourceTemplates({ _meta: { a: 1 } }, options)],
    ["resources/read", client.readResource({ uri: "a:b", _meta: { a: 1 } }, options)],
    ["prompts/list", client.listPrompts({ _meta: { a: 1 } }, options)],
    ["prompts/get", client.getPrompt({ name: "p", _meta: { a: 1 } }, options)],
    ["resources/subscribe", client.subscribeResource({ uri: "a:b", _meta: { a: 1 } }, options)],
  ];
  /** @type {any[]} */
  const heard = [];
  const abort = new AbortController();
  const calls = table({
    progressHandler: (/** @type {number} */ progress, /** @type {any} */ total, /** @type {any} */ message, /** @type {any} */ context) =>
      heard.push([context.method, progress, total, message]),
    signal: abort.signal,
  });
  const requests = [];
  for (const [method, call] of calls) {
    const request = await peer.next(method);
    requests.push(request);
    equal(request.params._meta.a, 1);
    equal(call.id, request.id);
    peer.send(peer.progress(request, 1, 2, "half"));
  }
  await client.ping().catch(() => {});
  equal(heard, calls.map(([method]) => [method, 1, 2, "half"]));
  const failed = Promise.all(calls.map(([, call]) => rejects(call, { name: "AbortError", code: "ABORTED" })));
  abort.abort();
  await failed;
  for (const { id } of requests) equal((await peer.next("notifications/cancelled")).params.requestId, id);
});

rule("methods: what the server did not declare is asked for all the same, and its error is the caller's", async (env) => {
  const { client, peer } = await env.connect();
  const failed = rejects(client.listPrompts(), { code: "RPC_ERROR", rpcCode: -32601, message: "no prompts" });
  peer.refuse(await peer.next("prompts/list"), -32601, "no prompts");
  await failed;
});

// ---- 10.2: pages ----

/**
 * Answers the requests of a list with these pages.
 * @param {import("./peer.mjs").Peer} peer
 * @param {string} method
 * @param {any[]} pages
 */
async function serve(peer, method, pages) {
  const cursors = [];
  for (const page of pages) {
    const request = await peer.next(method);
    cursors.push(request.params.cursor);
    peer.send(peer.result(request, page));
  }
  return cursors;
}

rule("pages: without a cursor all pages come in one result, the first page's other members kept", async (env) => {
  const { client, peer } = await env.connect();
  /** @type {[string, string, () => any][]} */
  const lists = [
    ["tools/list", "tools", () => client.listTools()],
    ["resources/list", "resources", () => client.listResources()],
    ["resources/templates/list", "resourceTemplates", () => client.listResourceTemplates()],
    ["prompts/list", "prompts", () => client.listPrompts()],
  ];
  for (const [method, member, list] of lists) {
    const answer = list();
    const pages = [
      { [member]: [{ name: "a" }, { name: "b" }], nextCursor: "1", x: 1 },
      // The empty text is a cursor like any other; a page may be empty.
      { [member]: [], nextCursor: "", x: 2 },
      { [member]: [{ name: "c" }], nextCursor: null },
    ];
    equal(await serve(peer, method, pages), [undefined, "1", ""]);
    const { resultType, ...whole } = await answer;
    equal(whole, { [member]: [{ name: "a" }, { name: "b" }, { name: "c" }], x: 1 }, method);
  }
});

rule("pages: with a cursor, also the empty one, it is one page", async (env) => {
  const { client, peer } = await env.connect();
  for (const cursor of ["c", ""]) {
    const answer = client.listTools({ cursor });
    equal(await serve(peer, "tools/list", [{ tools: [], nextCursor: "more" }]), [cursor]);
    equal((await answer).nextCursor, "more");
  }
});

rule("pages: `pages` stops early and says where to go on", async (env) => {
  const { client, peer } = await env.connect();
  const one = client.listTools({}, { pages: 1 });
  equal(await serve(peer, "tools/list", [{ tools: [{ name: "a" }], nextCursor: "1" }]), [undefined]);
  hasMembers(await one, { tools: [{ name: "a" }], nextCursor: "1" });
  const two = client.listTools(undefined, { pages: 2 });
  equal(await serve(peer, "tools/list", [{ tools: [1], nextCursor: "1" }, { tools: [2], nextCursor: "2" }]), [undefined, "1"]);
  hasMembers(await two, { tools: [1, 2], nextCursor: "2" });
});

rule("pages: other params go with every page", async (env) => {
  const { client, peer } = await env.connect();
  const answer = client.listTools({ _meta: { trace: "t" } });
  for (const nextCursor of ["1", undefined]) {
    const request = await peer.next("tools/list");
    equal(request.params._meta.trace, "t");
    peer.send(peer.result(request, { tools: [], nextCursor }));
  }
  await answer;
});

rule("pages: endless pages are an error with a name", async (env) => {
  const { client, peer } = await env.connect({ listMaxPages: 3 });
  const failure = { name: "ProtocolError", code: "ENDLESS_PAGES" };
  const many = rejects(client.listTools(), { ...failure, message: /tools\/list: .*3 pages/ });
  await serve(peer, "tools/list", [1, 2, 3].map((n) => ({ tools: [n], nextCursor: `${n}` })));
  await many;
  const round = rejects(client.listTools(), { ...failure, message: /same cursor/ });
  await serve(peer, "tools/list", [1, 2].map((n) => ({ tools: [n], nextCursor: "again" })));
  await round;
  // That was all that was asked for.
  await client.ping().catch(() => {});
  equal(peer.all("tools/list").length, 5);
});

rule("pages: 1,000 is the limit by default, and 0 means none", async (env) => {
  for (const [listMaxPages, pages] of /** @type {[number | undefined, number][]} */ ([[undefined, 1000], [0, 1100]])) {
    const { client, peer } = await env.connect({ listMaxPages });
    let asked = 0;
    peer.answers["tools/list"] = () => ({ tools: [asked], nextCursor: ++asked < 1100 ? `${asked}` : undefined });
    if (pages === 1000) await rejects(client.listTools(), { code: "ENDLESS_PAGES" });
    else equal((await client.listTools()).tools.length, 1100);
    equal(asked, pages);
  }
}, { on: ["frames"] });

rule("pages: progress and stalls are about the whole walk, under the id of its first request", async (env) => {
  const { client, peer } = await env.connect();
  /** @type {any[]} */
  const heard = [];
  const call = client.listTools({}, {
    progressHandler: (progress, total, message, { requestId, callId }) => void heard.push([progress, requestId, callId]),
  });
  const first = await peer.next("tools/list");
  peer.send(peer.progress(first, 1), peer.result(first, { tools: [], nextCursor: "1" }));
  const second = await peer.next("tools/list");
  peer.send(peer.progress(second, 2), peer.result(second, { tools: [] }));
  await call;
  equal(heard, [[1, first.id, first.id], [2, second.id, first.id]]);
  equal(call.id, first.id);
});

rule("pages: cancel ends the walk at the page that it is at", async (env) => {
  const { client, peer } = await env.connect();
  for (const way of ["cancel", "signal"]) {
    const abort = new AbortController();
    const call = client.listTools({}, { signal: abort.signal });
    await serve(peer, "tools/list", [{ tools: [], nextCursor: "1" }]);
    const { id } = await peer.next("tools/list");
    if (way === "cancel") call.cancel("enough");
    else abort.abort();
    await rejects(call, { name: "AbortError" });
    equal((await peer.next("notifications/cancelled")).params.requestId, id);
  }
});

rule("pages: maxTotalTimeout is about the whole walk, timeout about each page", async (env) => {
  const clock = env.clock();
  const { client, peer } = await env.connect();
  const call = client.listTools({}, { timeout: 1000, maxTotalTimeout: 2000 });
  const failed = rejects(call, { code: "TIMEOUT", clock: "total", timeout: 2000, message: /within 2000 ms/ });
  for (const nextCursor of ["1", "2"]) {
    await clock.pass(900);
    await serve(peer, "tools/list", [{ tools: [], nextCursor }]);
  }
  await clock.pass(199);
  ok(await pending(call), "failed too early");
  await clock.pass(2);
  await failed;
}, TIMED);

rule("pages: an error on a later page fails the whole", async (env) => {
  const { client, peer } = await env.connect();
  const failed = rejects(client.listTools(), { code: "RPC_ERROR", rpcCode: -32602 });
  await serve(peer, "tools/list", [{ tools: [1], nextCursor: "1" }]);
  peer.refuse(await peer.next("tools/list"), -32602, "bad cursor");
  await failed;
});

rule("pages: a page that has no items, or is no list at all, is no reason to fail", async (env) => {
  const { client, peer } = await env.connect();
  const odd = client.listTools();
  await serve(peer, "tools/list", [{ tools: "none", nextCursor: "1" }]);
  hasMembers(await odd, { tools: "none", nextCursor: "1" });
  const later = client.listTools();
  await serve(peer, "tools/list", [{ tools: [1], nextCursor: "1" }, { tools: {} }]);
  equal((await later).tools, [1]);
});

rule("pages: the server's own objects stay as they are", async (env) => {
  const { client, peer } = await env.connect();
  const call = client.listTools();
  const request = await peer.next("tools/list");
  const own = { tools: [1], nextCursor: "1" };
  peer.send({ jsonrpc: "2.0", id: request.id, result: own });
  await serve(peer, "tools/list", [{ tools: [2] }]);
  equal((await call).tools, [1, 2]);
  equal(own, { tools: [1], nextCursor: "1" });
}, { on: ["objects"] });
