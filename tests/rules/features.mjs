// DESIGN.md section 1 and CHECKLIST sections 3, 7 and 10: the protocol's requests as methods,
// lists in pages, kept results, subscriptions, checked results.
import { deferred, equal, fail, hasMembers, ok, pending, rejects, soon, throws, within } from "./check.mjs";
import { CONNECTIONS, collect } from "./env.mjs";

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
  const told = [];
  for (const _ of requests) told.push((await peer.next("notifications/cancelled")).params.requestId);
  equal(told.sort((a, b) => a - b), requests.map(({ id }) => id));
}, { on: CONNECTIONS });

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

rule("pages: a list without items may be null or absent, on any page", async (env) => {
  const { client, peer } = await env.connect();
  const pages = /** @type {any[]} */ ([{ tools: null, nextCursor: "1" }, { nextCursor: "2" }, { tools: [{ name: "t" }], nextCursor: "3" }, { tools: null, nextCursor: null }]);
  peer.answers["tools/list"] = ({ params }) => pages[Number(params.cursor ?? 0)];
  equal((await client.listTools()).tools, [{ name: "t" }]);
  peer.answers["prompts/list"] = () => ({ prompts: null, nextCursor: null });
  equal((await client.listPrompts()).prompts, []);
});

rule("pages: a list that grows beyond all bounds is given up", async (env) => {
  const { client, peer } = await env.connect();
  let asked = 0;
  const large = "x".repeat(12 * 1024 * 1024);
  peer.answers["tools/list"] = () => ({ tools: [{ name: `t${++asked}`, description: large }], nextCursor: `${asked}` });
  await rejects(client.listTools(), { code: "ENDLESS_PAGES" });
  ok(asked === 6, `${asked} pages`);
}, { on: ["objects"], eras: ["modern"] });

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

// ---- 10.1: results that are kept ----

const MODERN = { eras: /** @type {import("./env.mjs").Era[]} */ (["modern"]) };

rule("cache: a list and a resource are asked for once while they are fresh, each caller with a copy of its own", async (env) => {
  const { client, peer } = await env.connect();
  const kept = env.era === "modern";
  let asked = 0;
  const result = { ttlMs: 1e6, cacheScope: "private" };
  peer.answers["tools/list"] = ({ params }) => ({ ...result, tools: [{ name: `t${++asked}` }], ...(params.cursor ? {} : { nextCursor: "1" }) });
  peer.answers["resources/read"] = ({ params }) => ({ ...result, contents: [{ uri: params.uri, text: `${++asked}` }] });
  const first = await client.listTools();
  equal(first.tools, [{ name: "t1" }, { name: "t2" }]);
  first.tools.length = 0;
  const again = client.listTools();
  equal((await again).tools, kept ? [{ name: "t1" }, { name: "t2" }] : [{ name: "t3" }, { name: "t4" }]);
  equal(again.id === 0, kept, "the id of what was never sent");
  asked = 10;
  const read = await client.readResource("a:b");
  equal(read.contents[0]?.text, "11");
  /** @type {any} */ (read).contents[0].text = "changed";
  equal((await client.readResource({ uri: "a:b" })).contents[0]?.text, kept ? "11" : "12");
  equal((await client.readResource("a:c")).contents[0]?.text, kept ? "12" : "13");
  equal((await client.readResource("a:c", { cache: false })).contents[0]?.text, kept ? "13" : "14");
});

rule("cache: false, for a call or the client, does without", async (env) => {
  for (const [clientOptions, options] of [[{}, { cache: false }], [{ cache: false }, {}]]) {
    const { client, peer } = await env.connect(clientOptions);
    peer.answers["tools/list"] = () => ({ tools: [], ttlMs: 1e6 });
    await client.listTools({}, options);
    await client.listTools({}, options);
    equal(peer.all("tools/list").length, 2);
  }
}, MODERN);

rule("cache: news outdates at once, also an answer on its way", async (env) => {
  const { client, peer } = await env.connect();
  let asked = 0;
  peer.answers["tools/list"] = () => ({ tools: [++asked], ttlMs: 1e6 });
  const changed = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
  await client.listTools();
  /** @type {any} */
  let inHandler;
  client.setNotificationHandler("notifications/tools/list_changed", () => void (inHandler = client.listTools()));
  peer.send(changed);
  await peer.until("the second request", () => asked === 2);
  equal((await inHandler).tools, [2]);
  client.removeNotificationHandler("notifications/tools/list_changed");
  peer.answers["tools/list"] = undefined;
  peer.send(changed);
  await client.ping();
  const late = client.listTools();
  const request = (await peer.next("tools/list"), await peer.next("tools/list"), await peer.next("tools/list"));
  peer.send(changed, peer.result(request, { tools: [3], ttlMs: 1e6 }));
  equal((await late).tools, [3]);
  const next = client.listTools();
  peer.send(peer.result(await peer.next("tools/list"), { tools: [4] }));
  equal((await next).tools, [4]);
}, { ...MODERN, on: CONNECTIONS });

rule("cache: time makes it old", async (env) => {
  const clock = env.clock();
  const { client, peer } = await env.connect();
  peer.answers["tools/list"] = () => ({ tools: [], ttlMs: 1000 });
  await client.listTools();
  await clock.pass(999);
  await client.listTools();
  equal(peer.all("tools/list").length, 1);
  await clock.pass(1);
  await client.listTools();
  equal(peer.all("tools/list").length, 2);
}, { ...TIMED, ...MODERN });

// ---- 7: subscriptions ----

const CHANGES = { tools: { listChanged: true }, prompts: { listChanged: true }, resources: { listChanged: true, subscribe: true } };

/**
 * A connected pair whose server tells of everything.
 * @param {import("./env.mjs").Env} env
 * @param {any} [options]
 */
async function listening(env, options) {
  const peer = await env.peer();
  const method = env.era === "modern" ? "server/discover" : "initialize";
  const usual = peer.answers[method];
  peer.answers[method] = (request) => ({ ...usual?.(request), capabilities: CHANGES });
  peer.answers["resources/subscribe"] = peer.answers["resources/unsubscribe"] = () => ({});
  if (env.era === "modern") {
    // Acknowledged by hand: the stream of the request stays open.
    peer.answers["subscriptions/listen"] = ({ id, params }) => {
      peer.send(news({ id }, "notifications/subscriptions/acknowledged", { notifications: params.notifications }));
      return undefined;
    };
  }
  const client = env.client(options);
  await client.connect(peer.target);
  return { client, peer };
}

const ID = "io.modelcontextprotocol/subscriptionId";

/**
 * A notification for a subscription.
 * @param {any} subscription
 * @param {string} method
 * @param {Record<string, unknown>} [params]
 */
const news = ({ id }, method, params) => ({ jsonrpc: "2.0", method, params: { ...params, _meta: { [ID]: id } } });

rule("listen: one API in both eras, from the acknowledgement to the end", async (env) => {
  const { client, peer } = await listening(env);
  const filter = { toolsListChanged: true, resourceSubscriptions: ["a:b"] };
  /** @type {any[]} */
  const global = [];
  client.setNotificationHandler("notifications/resources/updated", ({ params }) => void global.push(params.uri));
  const subscription = await client.listen(filter);
  equal(subscription.honored, filter);
  equal(/** @type {any} */ (subscription).honoredFilter, filter);
  /** @type {any[]} */
  const heard = [];
  subscription.onnotification = ({ method, params }) => void heard.push(params?.uri ?? method);
  peer.send(
    news(subscription, "notifications/tools/list_changed"),
    news(subscription, "notifications/prompts/list_changed"),
    news(subscription, "notifications/resources/updated", { uri: "a:b" }),
    news(subscription, "notifications/resources/updated", { uri: "a:c" }),
  );
  await soon("the news", () => global.length === 2);
  await client.ping();
  equal(heard, ["notifications/tools/list_changed", "a:b"]);
  equal(global, ["a:b", "a:c"]);
  await subscription.close();
  await subscription.close();
  equal(await subscription.closed, "local");
  if (env.era === "modern") equal((await peer.next("notifications/cancelled")).params.requestId, subscription.id);
  else equal((await peer.next("resources/unsubscribe")).params.uri, "a:b");
  peer.send(news(subscription, "notifications/tools/list_changed"));
  await client.ping();
  equal(heard.length, 2);
  equal(client.errors, []);
});

rule("listen: iteration misses nothing from the acknowledgement on, and ends with the subscription", async (env) => {
  const { client, peer } = await listening(env);
  const send = (/** @type {any} */ subscription) =>
    peer.send(...["1", "2", "3"].map((n) => news(subscription, "notifications/resources/updated", { uri: `a:b/${n}` })));
  if (env.era === "modern") {
    const acknowledge = peer.answers["subscriptions/listen"];
    peer.answers["subscriptions/listen"] = (request) => (acknowledge?.(request), send(request), undefined);
  }
  const subscription = await client.listen({ resourceSubscriptions: ["a:b"] });
  if (env.era === "legacy") send(subscription);
  const heard = [];
  for await (const { params } of /** @type {AsyncIterable<any>} */ (subscription)) {
    heard.push(params.uri);
    if (heard.length === 3) void subscription.close();
  }
  equal(heard, ["a:b/1", "a:b/2", "a:b/3"]);
});

rule("listen: onnotification gets what came before it was set, and what it throws is reported", async (env) => {
  const reports = env.reports();
  const { client, peer } = await listening(env);
  const subscription = await client.listen({ toolsListChanged: true });
  peer.send(news(subscription, "notifications/tools/list_changed"));
  await client.ping();
  let heard = 0;
  subscription.onnotification = () => {
    heard++;
    throw new Error("mine");
  };
  equal(heard, 1);
  equal(reports.length, 1);
  const other = await client.listen({ toolsListChanged: true }, { onnotification: () => void heard++ });
  peer.send(news(other, "notifications/tools/list_changed"));
  await client.ping();
  equal(heard, env.era === "modern" ? 2 : 3);
});

rule("listen: what waits for nobody is bounded", async (env) => {
  const { client, peer } = await listening(env);
  const subscription = await client.listen({ resourceSubscriptions: ["a:b"] });
  for (let n = 0; n < 1100; n++) peer.send(news(subscription, "notifications/resources/updated", { uri: `a:b/${n}` }));
  await client.ping();
  /** @type {string[]} */
  const heard = [];
  subscription.onnotification = (/** @type {any} */ { params }) => void heard.push(params.uri);
  equal([heard.length, heard[0], heard.at(-1)], [1024, "a:b/76", "a:b/1099"]);
}, TIMED);

rule("listen: closed says how it ended, and never rejects", async (env) => {
  const { client, peer } = await listening(env);
  if (env.era === "modern") {
    const graceful = await client.listen({ toolsListChanged: true });
    peer.send(peer.result({ id: graceful.id }, {}));
    equal(await graceful.closed, "graceful");
    const cancelled = await client.listen({ toolsListChanged: true });
    peer.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: cancelled.id } });
    equal(await cancelled.closed, "remote");
  }
  const abort = new AbortController();
  const aborted = await client.listen({ toolsListChanged: true }, { signal: abort.signal });
  abort.abort();
  equal(await aborted.closed, "local");
  // By HTTP a stream ends and the connection does not.
  if (env.channel !== "http") {
    const lost = await client.listen({ toolsListChanged: true });
    peer.link.hangUp();
    equal(await lost.closed, "remote");
  }
  equal(client.errors, []);
});

rule("listen: a stream that broke off is opened again, and the gap is told", async (env) => {
  const { client, peer } = await listening(env);
  const interrupted = deferred();
  const reopened = deferred();
  const subscription = await client.listen({ toolsListChanged: true }, { oninterrupt: interrupted.resolve, onreopen: reopened.resolve });
  await peer.next("subscriptions/listen");
  peer.link.hangUp();
  hasMembers(await within(interrupted.promise, "the interruption"), { code: "CLOSED" });
  equal(subscription.interrupted, true);
  const again = await peer.next("subscriptions/listen");
  const gap = await within(reopened.promise, "the end of the gap");
  ok(gap >= 990, `${gap} ms`);
  equal(subscription.interrupted, false);
  peer.send(news(again, "notifications/tools/list_changed"));
  for await (const { method } of subscription) {
    equal(method, "notifications/tools/list_changed");
    break;
  }
  await subscription.close();
  equal(await subscription.closed, "local");
  equal(client.errors, []);
}, { on: ["http"], eras: ["modern"] });

rule("listen: a request written by hand listens too, and may be given up before it is sent", async (env) => {
  const { client, peer } = await listening(env);
  const heard = deferred();
  client.setNotificationHandler("notifications/tools/list_changed", () => void heard.resolve(undefined));
  const params = { notifications: { toolsListChanged: true } };
  const early = client.request({ method: "subscriptions/listen", params });
  early.cancel("not now");
  await rejects(early, { name: "AbortError", code: "ABORTED", message: /subscriptions\/listen was aborted: not now/ });
  const stop = new AbortController();
  const request = client.request({ method: "subscriptions/listen", params }, { signal: stop.signal });
  const sent = await peer.next("subscriptions/listen");
  equal(sent.params.notifications, params.notifications);
  peer.send(news(sent, "notifications/tools/list_changed"));
  await within(heard.promise, "the notification");
  stop.abort("enough");
  await rejects(request, { name: "AbortError", code: "ABORTED", cause: "enough" });
  await client.close();
}, { eras: ["modern"] });

rule("listen: what the server does not know or refuses, and a connection that is not there, reject", async (env) => {
  const { client, peer } = await listening(env);
  peer.answers["subscriptions/listen"] = (request) => peer.refuse(request, -32601, "no such thing");
  if (env.era === "modern") {
    await rejects(client.listen({}), { code: "RPC_ERROR", rpcCode: -32601 });
    peer.answers["subscriptions/listen"] = () => ({});
    await rejects(client.listen({}), { code: "PROTOCOL_ERROR", message: /without acknowledging/ });
  }
  await rejects(client.listen({}, { signal: AbortSignal.abort() }), { code: "ABORTED" });
  await client.close();
  await rejects(client.listen({}), { code: "CLOSED" });
});

rule("listen: only the wait for the acknowledgement is timed", async (env) => {
  const clock = env.clock();
  const { client, peer } = await listening(env, { timeout: 1000, maxTotalTimeout: 2000 });
  const open = await client.listen({ toolsListChanged: true });
  peer.answers["subscriptions/listen"] = peer.answers["resources/subscribe"] = undefined;
  const failed = rejects(client.listen({ resourceSubscriptions: ["a:b"] }), { code: "TIMEOUT", timeout: 1000 });
  await clock.pass(999);
  await clock.pass(2);
  await failed;
  await clock.pass(1e7);
  let heard = 0;
  open.onnotification = () => void heard++;
  peer.send(news(open, "notifications/tools/list_changed"));
  equal(heard, 1);
}, TIMED);

rule("listen: an unknown subscription is counted, and is nobody's", async (env) => {
  const { client, peer } = await listening(env, { messageHandler: () => fail("it was passed on") });
  peer.send(news({ id: 99 }, "notifications/tools/list_changed"));
  await client.ping();
  equal(client.diagnostics().subscriptions, { unknown: 1 });
  equal(client.errors, []);
}, MODERN);

rule("listen: legacy, a resource is subscribed to once for all, and a refused one is not honoured", async (env) => {
  const { client, peer } = await listening(env);
  const [one, two] = await Promise.all([1, 2].map(() => client.listen({ resourceSubscriptions: ["a:b"] })));
  equal(peer.all("resources/subscribe").length, 1);
  await one?.close();
  await client.ping();
  equal(peer.all("resources/unsubscribe").length, 0);
  await two?.close();
  await peer.next("resources/unsubscribe");
  peer.answers["resources/subscribe"] = (request) => peer.refuse(request, -32002, "no such resource");
  const three = await client.listen({ toolsListChanged: true, resourceSubscriptions: ["a:c"] });
  equal(three.honored, { toolsListChanged: true });
  equal(client.errors.length, 1);
}, { eras: ["legacy"] });

rule("listChanged: lists that change without a pause are told of all the same", async (env) => {
  const clock = env.clock();
  /** @type {Record<string, number>} */
  const told = { tools: 0, prompts: 0, resources: 0 };
  const wanted = Object.keys(told).map((kind) => [kind, { onChanged: (/** @type {any} */ error) => void (error ?? (told[kind] = (told[kind] ?? 0) + 1)) }]);
  const { client, peer } = await listening(env, { listChanged: Object.fromEntries(wanted) });
  for (const kind of Object.keys(told)) peer.answers[`${kind}/list`] = () => ({ [kind]: null });
  const subscription = env.era === "modern" ? await peer.next("subscriptions/listen") : { id: 0 };
  for (let at = 0; at < 50; at++) {
    await clock.pass(100);
    for (const kind of Object.keys(told)) peer.send(news(subscription, `notifications/${kind}/list_changed`));
  }
  await clock.pass(2_100);
  for (const [kind, times] of Object.entries(told)) ok(times >= 2 && times <= 5, `${kind} were told of ${times} times`);
  await client.close();
}, TIMED);

rule("listChanged: a changed list is fetched again, once for a burst, and told", async (env) => {
  const clock = env.clock();
  /** @type {any[]} */
  const told = [];
  const listChanged = {
    tools: { onChanged: (/** @type {any} */ error, /** @type {any} */ tools) => void told.push([error, tools]) },
    prompts: { autoRefresh: false, debounceMs: 10, onChanged: (/** @type {any} */ error, /** @type {any} */ prompts) => void told.push([error, prompts]) },
    resources: { debounceMs: 0, onChanged: (/** @type {any} */ error) => void told.push([error.code]) },
  };
  const { client, peer } = await listening(env, { listChanged });
  let asked = 0;
  peer.answers["tools/list"] = () => ({ tools: [++asked] });
  peer.answers["resources/list"] = (request) => peer.refuse(request, -32603, "broken");
  const subscription = env.era === "modern" ? await peer.next("subscriptions/listen") : { id: 0 };
  if (env.era === "modern") {
    equal(/** @type {any} */ (subscription).params.notifications, { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true });
  }
  await clock.pass(0);
  for (let n = 0; n < 3; n++) {
    peer.send(news(subscription, "notifications/tools/list_changed"));
    await clock.pass(299);
  }
  equal([asked, told.length], [0, 0]);
  await clock.pass(1);
  equal([asked, told], [1, [[null, [1]]]]);
  peer.send(news(subscription, "notifications/prompts/list_changed"));
  await clock.pass(10);
  equal(told[1], [null, null]);
  peer.send(news(subscription, "notifications/resources/list_changed"));
  await clock.pass(0);
  equal(told[2], ["RPC_ERROR"]);
  // A change that is still waited for dies with the connection.
  peer.send(news(subscription, "notifications/tools/list_changed"));
  await client.close();
  await clock.pass(0);
  await clock.pass(1000);
  equal(told.length, 3);
}, TIMED);

rule("listChanged: nothing is asked for that the server will not tell", async (env) => {
  const { client, peer } = await env.connect({ listChanged: { tools: { onChanged: () => {} } } });
  await client.ping();
  equal(peer.all("subscriptions/listen").length, 0);
  equal(client.errors, []);
});

// ---- 10.4: structured results ----

/** Knows schemas of the form `{ is: value }`. */
const jsonSchemaValidator = {
  /** @param {any} schema @returns {any} */
  getValidator(schema) {
    if (!("is" in schema)) throw new Error("no such schema");
    return (/** @type {any} */ data) =>
      Object.is(data, schema.is) ? { valid: true, data, errorMessage: undefined } : { valid: false, data: undefined, errorMessage: "not that" };
  },
};

const TOOLS = [
  { name: "one", inputSchema: {}, outputSchema: { is: 1 } },
  { name: "null", inputSchema: {}, outputSchema: { is: null } },
  { name: "odd", inputSchema: {}, outputSchema: {} },
  { name: "free", inputSchema: {} },
];

/**
 * A connected pair whose server has these tools; a call returns what its argument `returns` says.
 * @param {import("./env.mjs").Env} env
 * @param {any} [options]
 */
async function checking(env, options) {
  const { client, peer } = await env.connect({ jsonSchemaValidator, ...options });
  peer.answers["tools/list"] = () => ({ tools: TOOLS });
  peer.answers["tools/call"] = ({ params }) => ({ content: [], ...params.arguments.returns });
  const call = (/** @type {string} */ name, /** @type {any} */ returns, /** @type {any} */ options = {}) => client.callTool(name, { returns }, options);
  return { client, peer, call };
}

rule("outputs: strict fails the call with what the tool returned, and lets pass what follows its schema", async (env) => {
  const { client, peer, call } = await checking(env, { outputValidation: "strict" });
  equal((await call("one", { structuredContent: 1, x: 1 })).x, 1);
  equal((await call("null", { structuredContent: null })).structuredContent, null);
  const invalid = { name: "ProtocolError", code: "INVALID_OUTPUT" };
  for (const structuredContent of [0, false, "", null]) {
    const error = await rejects(call("one", { structuredContent }), { ...invalid, message: /one does not follow .*not that/ });
    equal(error.result.structuredContent, structuredContent);
    ok(error instanceof env.mcp.ProtocolError);
  }
  await rejects(call("one", {}), { ...invalid, message: /no structuredContent/ });
  // A failed tool has nothing to check, and a tool without a schema is free.
  equal((await call("one", { isError: true })).isError, true);
  await call("free", { structuredContent: 5 });
  await call("unlisted", {});
  const unusable = await rejects(call("odd", { structuredContent: 1 }), { code: "UNUSABLE_SCHEMA", message: /no such schema/ });
  equal(unusable.result.structuredContent, 1);
  equal(peer.all("tools/list").length, 1);
  equal(client.errors, []);
});

rule("outputs: warn tells onerror and returns the result", async (env) => {
  const { client, call } = await checking(env, { outputValidation: "warn" });
  equal((await call("one", { structuredContent: 2 })).structuredContent, 2);
  await call("one", {});
  await call("odd", { structuredContent: 1 });
  await call("one", { structuredContent: 1 });
  equal(client.errors.map(({ code }) => code), ["INVALID_OUTPUT", "INVALID_OUTPUT", "UNUSABLE_SCHEMA"]);
});

rule("outputs: off by default, and a call may choose", async (env) => {
  const { client, peer, call } = await checking(env);
  await call("one", {});
  equal(peer.all("tools/list").length, 0);
  await rejects(call("one", {}, { outputValidation: "strict" }), { code: "INVALID_OUTPUT" });
  equal(client.errors, []);
});

rule("outputs: the schemas are those of the latest list, until the tools change", async (env) => {
  const { client, peer, call } = await checking(env, { outputValidation: "strict" });
  await client.listTools();
  await call("one", { structuredContent: 1 });
  equal(peer.all("tools/list").length, 1);
  peer.answers["tools/list"] = () => ({ tools: [{ name: "one", outputSchema: { is: 2 } }] });
  peer.send({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
  await call("one", { structuredContent: 2 });
  equal(peer.all("tools/list").length, 2);
  peer.answers["tools/list"] = (request) => peer.refuse(request, -32603, "broken");
  peer.send({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
  await rejects(call("one", { structuredContent: 2 }), { code: "UNUSABLE_SCHEMA", message: /broken/ });
  peer.answers["tools/list"] = () => ({ tools: TOOLS });
  await call("one", { structuredContent: 1 });
});

rule("outputs: a mode that there is not, and none to check with, are refused", async (env) => {
  const { Client } = env.mcp;
  throws(() => new Client(undefined, { outputValidation: /** @type {any} */ ("maybe"), jsonSchemaValidator }), { code: "INVALID_ARGUMENT" });
  throws(() => new Client(undefined, { outputValidation: "strict" }), { code: "INVALID_ARGUMENT", message: /mcp-wasm\/validate/ });
}, { on: ["objects"], eras: ["modern"] });
