// DESIGN.md section 2, rules 1 to 6: who is told of progress, when, and what exactly.
import { deferred, equal, fail, hasMembers, ok, pending, rejects, soon, turn, within } from "./check.mjs";
import { collect } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

/** @typedef {import("mcp-wasm").ProgressHandler} ProgressHandler */

/** A progress handler and the arguments it got, without the context. */
function recorder() {
  /** @type {any[][]} */
  const log = [];
  /** @type {ProgressHandler} */
  const handler = (...values) => void log.push(values.slice(0, 3));
  return { log, handler };
}

/** @param {number} from @param {number} to */
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

// ---- rule 1 ----

rule("rule 1: every request carries its id as progress token, whether or not anyone listens", async (env) => {
  const { client, peer } = await env.connect();
  const calls = [
    client.callTool("silent"),
    client.callTool("heard", {}, { progressHandler: () => {} }),
    client.callTool({ name: "sdk" }, { onprogress: () => {} }),
    client.callTool("null", {}, { progressHandler: null }),
    client.listTools(),
    client.request({ method: "resources/read", params: { uri: "file:///a" } }),
  ];
  const methods = ["tools/call", "tools/call", "tools/call", "tools/call", "tools/list", "resources/read"];
  const ids = [];
  for (const method of methods) {
    const { id, params } = await peer.next(method);
    equal(params._meta.progressToken, id);
    ok(Number.isSafeInteger(id) && id >= 1, `the id ${id}`);
    ids.push(id);
    peer.send(peer.result({ id }, {}));
  }
  // Requests that travel side by side may overtake each other.
  equal(ids.sort((a, b) => a - b), calls.map((call) => call.id));
  await Promise.all(calls);
});

rule("rule 1: without any handler, progress is logged at debug level", async (env) => {
  const lines = env.console("debug");
  const { peer, call, request } = await env.calling({}, { progressHandler: undefined });
  peer.send(
    peer.progress(request, '"progress":0.0,"total":3.0'),
    peer.progress(request, 3, 10, "message"),
    peer.progress(request, 4),
    peer.progress(request, 5, 0),
    peer.progress(request, 6, undefined, "no total"),
    peer.progress(request, 7, 0, "total zero"),
    peer.progress(request, 8, 9, ""),
    peer.progress(request, '"progress":55.00000000000001,"total":100'),
    peer.progress(request, 200, 100),
    peer.result(request),
  );
  await call;
  equal(lines, [
    ["Progress: 0/3 (0.0%)"],
    ["Progress: 3/10 (30.0%) - message"],
    ["Progress: 4"],
    ["Progress: 5/0"],
    ["Progress: 6 - no total"],
    ["Progress: 7/0 - total zero"],
    ["Progress: 8/9 (88.9%)"],
    ["Progress: 55.00000000000001/100 (55.0%)"],
    ["Progress: 200/100 (200.0%)"],
  ]);
});

rule("rule 1: the default handler is exported and can be called", async (env) => {
  const lines = env.console("debug");
  const { defaultProgressHandler } = env.mcp;
  defaultProgressHandler(3, 10, "message");
  defaultProgressHandler(3);
  equal(lines, [["Progress: 3/10 (30.0%) - message"], ["Progress: 3"]]);
}, { on: ["objects"], eras: ["modern"] });

rule("rule 1: progress keeps a call alive that nobody listens to", async (env) => {
  const clock = env.clock();
  const { peer, call, request } = await env.calling({ timeout: 1000, progressHandler: null });
  for (const step of range(1, 5)) {
    await clock.pass(900);
    peer.send(peer.progress(request, step));
  }
  peer.send(peer.result(request));
  equal((await call).content, [{ type: "text", text: "done" }]);
}, { on: ["objects", "frames"] });

// ---- rule 2 ----

rule("rule 2: a client-level handler hears of every call, and which one it is", async (env) => {
  /** @type {any[][]} */
  const log = [];
  const { client, peer } = await env.connect({ progressHandler: (...values) => void log.push(values) });
  const first = client.callTool("first", { a: 1 });
  const second = client.request({ method: "resources/read", params: { uri: "file:///b" } });
  const requests = [await peer.next("tools/call"), await peer.next("resources/read")];
  peer.send(...requests.map((request) => peer.progress(request, 1, 2, "half")), ...requests.map((request) => peer.result(request)));
  await Promise.all([first, second]);
  // Requests that travel side by side may overtake each other, and so may their answers.
  equal(log.sort((a, b) => a[3].callId - b[3].callId), [
    [1, 2, "half", { method: "tools/call", name: "first", requestId: first.id, callId: first.id }],
    [1, 2, "half", { method: "resources/read", name: "file:///b", requestId: second.id, callId: second.id }],
  ]);
});

rule("rule 2: a per-call handler replaces the client-level one for that call", async (env) => {
  const everywhere = recorder();
  const here = recorder();
  const { client, peer } = await env.connect({ progressHandler: everywhere.handler });
  const calls = [client.callTool("own", {}, { progressHandler: here.handler }), client.callTool("other")];
  const requests = [await peer.next("tools/call"), await peer.next("tools/call")].sort((a, b) => a.id - b.id);
  peer.send(
    ...requests.map((request, index) => peer.progress(request, index + 1)),
    ...requests.map((request) => peer.result(request)),
  );
  await Promise.all(calls);
  equal(here.log, [[1, undefined, undefined]]);
  equal(everywhere.log, [[2, undefined, undefined]]);
});

rule("rule 2: null silences, at the call and at the client", async (env) => {
  const lines = env.console("debug");
  const everywhere = recorder();
  const { client, peer } = await env.connect({ progressHandler: everywhere.handler });
  const silent = env.client({ progressHandler: null });
  const silentPeer = await env.peer();
  await silent.connect(silentPeer.target);
  const calls = [client.callTool("a", {}, { progressHandler: null }), silent.callTool("b")];
  for (const each of [peer, silentPeer]) {
    const request = await each.next("tools/call");
    each.send(each.progress(request, 1), each.result(request));
  }
  await Promise.all(calls);
  equal(everywhere.log, []);
  equal(lines, []);
});

rule("rule 2: progress handlers work for every request method", async (env) => {
  const { client, peer } = await env.connect();
  const cases = /** @type {const} */ ([
    ["resources/read", (/** @type {any} */ options) => client.request({ method: "resources/read", params: { uri: "u" } }, options)],
    ["x/anything", (/** @type {any} */ options) => client.request({ method: "x/anything" }, options)],
    ["tools/list", (/** @type {any} */ options) => client.listTools(undefined, options)],
  ]);
  for (const [method, send] of cases) {
    const { log, handler } = recorder();
    const seen = recorder();
    // One after the other: by HTTP, requests sent side by side may change places.
    for (const options of [{ progressHandler: handler }, { onprogress: (/** @type {any} */ p) => seen.log.push([p]) }]) {
      const call = send(options);
      const request = await peer.next(method);
      peer.send(peer.progress(request, 1, 2, method), peer.result(request, {}));
      await call;
    }
    equal(log, [[1, 2, method]]);
    equal(seen.log, [[{ progress: 1, total: 2, message: method }]]);
  }
});

rule("rule 2: onprogress replaces the client-level handler; beside progressHandler both run", async (env) => {
  const everywhere = recorder();
  const { client, peer } = await env.connect({ progressHandler: everywhere.handler });
  /** @type {any[]} */
  const seen = [];
  const own = recorder();
  const onprogress = (/** @type {any} */ progress) => void seen.push(progress);
  const calls = [client.callTool({ name: "a" }, { onprogress }), client.callTool("b", {}, { onprogress, progressHandler: own.handler })];
  const requests = [await peer.next("tools/call"), await peer.next("tools/call")].sort((a, b) => a.id - b.id);
  for (const request of requests) peer.send(peer.progress(request, 1), peer.result(request));
  await Promise.all(calls);
  equal(seen, [{ progress: 1 }, { progress: 1 }]);
  equal(own.log, [[1, undefined, undefined]]);
  equal(everywhere.log, []);
});

rule("rule 2: a handler for notifications/progress sees everything and takes nothing away", async (env) => {
  const { log, handler } = recorder();
  const { client, peer } = await env.connect();
  /** @type {any[]} */
  const seen = [];
  client.setNotificationHandler("notifications/progress", (notification) => void seen.push(notification));
  const call = client.callTool("tool", {}, { progressHandler: handler });
  const request = await peer.next("tools/call");
  const stranger = { params: { _meta: { progressToken: "stranger" } } };
  peer.send(peer.progress(request, 1), peer.progress(stranger, 2), peer.progress(request, { progress: 3, "x-more": true }), peer.progress(request, 4));
  await client.ping();
  client.removeNotificationHandler("notifications/progress");
  peer.send(peer.progress(request, 5), peer.result(request));
  await call;
  const method = "notifications/progress";
  const progressToken = request.id;
  equal(seen, [
    { method, params: { progressToken, progress: 1 } },
    // On the stream of another request it is dropped.
    ...(env.channel === "http" && env.era === "modern" ? [] : [{ method, params: { progressToken: "stranger", progress: 2 } }]),
    { method, params: { progressToken, progress: 3, "x-more": true } },
    { method, params: { progressToken, progress: 4 } },
  ]);
  equal(log.map(([progress]) => progress), [1, 3, 4, 5]);
});

rule("rule 2: a messageHandler sees progress too and takes nothing away", async (env) => {
  const { log, handler } = recorder();
  /** @type {any[]} */
  const seen = [];
  const { peer, call, request } = await env.calling(
    { progressHandler: handler },
    { messageHandler: ({ method }) => void seen.push(method) },
  );
  peer.send(peer.progress(request, 1), peer.progress(request, 2), peer.result(request));
  await call;
  equal(log.length, 2);
  equal(seen, ["notifications/progress", "notifications/progress"]);
});

// ---- rule 3 ----

for (const count of [1, 3, 50, 2000]) {
  rule(`rule 3: ${count} progress and the response in one turn are all delivered, in order, before the promise settles`, async (env) => {
    const { log, handler } = recorder();
    const { peer, call, request } = await env.calling({ progressHandler: handler });
    const seen = call.then(() => log.length);
    peer.send(...range(1, count).map((step) => peer.progress(request, step, count, `step ${step}`)), peer.result(request));
    equal(await seen, count);
    equal(log, range(1, count).map((step) => [step, count, `step ${step}`]));
  });
}

rule("rule 3: order holds where frames for the scanner and odd ones alternate", async (env) => {
  const { log, handler } = recorder();
  const { peer, call, request } = await env.calling({ progressHandler: handler });
  peer.send(
    peer.progress(request, 1, 9, "plain"),
    peer.progress(request, 2, 9, "ümläut ✓"),
    peer.progress(request, 3, 9, "plain"),
    peer.progress(request, 4, 9, 'a "quoted"\nline'),
    peer.progress(request, '"progress":5e0,"total":9'),
    peer.progress(request, { progress: 6, total: 9, "x-more": [] }),
    peer.progress(request, 7, 9, "x".repeat(5000)),
    peer.progress(request, 8, 9),
    peer.result(request),
  );
  await call;
  equal(log.map(([progress]) => progress), range(1, 8));
  equal(log[1], [2, 9, "ümläut ✓"]);
  equal(log[3], [4, 9, 'a "quoted"\nline']);
  equal(log[6], [7, 9, "x".repeat(5000)]);
});

rule("rule 3: calls at the same time get each their own", async (env) => {
  const { client, peer } = await env.connect();
  // Browsers have six connections to a server.
  const recorders = range(1, env.channel === "http" ? 4 : 20).map(recorder);
  const calls = recorders.map(({ handler }, index) => client.callTool(`tool ${index}`, {}, { progressHandler: handler }));
  const requests = [];
  for (const _ of calls) requests.push(await peer.next("tools/call"));
  // By HTTP they come in any order.
  requests.sort((a, b) => a.id - b.id);
  for (const step of range(1, 10)) peer.send(...requests.map((request, index) => peer.progress(request, step, index)));
  peer.send(...requests.map((request) => peer.result(request)).reverse());
  await Promise.all(calls);
  for (const [index, { log }] of recorders.entries()) equal(log, range(1, 10).map((step) => [step, index, undefined]));
});

rule("rule 3: nothing is delivered after the response, in the same turn or later", async (env) => {
  const { log, handler } = recorder();
  const { client, peer, call, request } = await env.calling({ progressHandler: handler });
  peer.send(peer.progress(request, 1), peer.result(request), peer.progress(request, 2));
  await call;
  peer.send(peer.progress(request, 3), peer.progress(request, 4, 5, "ü"));
  await client.ping();
  equal(log, [[1, undefined, undefined]]);
  hasMembers(client.diagnostics().progress, { delivered: 1, late: 3 });
  equal(client.errors, []);
});

rule("rule 3: nothing is delivered after cancel", async (env) => {
  const { log, handler } = recorder();
  const { client, peer, call, request } = await env.calling({ progressHandler: handler });
  peer.send(peer.progress(request, 1));
  await client.ping();
  call.cancel();
  peer.send(peer.progress(request, 2), peer.result(request));
  await rejects(call, { name: "AbortError" });
  await client.ping();
  equal(log.length, 1);
  equal(client.errors, []);
});

rule("rule 3: nothing is delivered after a timeout", async (env) => {
  const clock = env.clock();
  const { log, handler } = recorder();
  const { client, peer, call, request } = await env.calling({ progressHandler: handler, timeout: 100 });
  const failed = rejects(call, { code: "TIMEOUT" });
  await clock.pass(200);
  await failed;
  peer.send(peer.progress(request, 1), peer.result(request), peer.progress(request, 2));
  await client.ping();
  equal(log, []);
  equal(client.errors, []);
}, { on: ["objects", "frames"] });

rule("rule 3: a server that answers while the request is being sent loses nothing, in order", async (env) => {
  // What an in-memory transport does: everything inside `send`, on the client's own stack.
  const { log, handler } = recorder();
  const peer = await env.peer();
  const transport = peer.target;
  const { send } = transport;
  transport.send = async (/** @type {any} */ message) => {
    if (message.method !== "tools/call") return send(message);
    peer.send(peer.progress(message, 1, 3, "ü"), peer.progress(message, 2, 3, "plain"), peer.progress(message, 3, 3), peer.result(message));
  };
  const client = env.client();
  await client.connect(transport);
  await client.callTool("tool", {}, { progressHandler: handler });
  equal(log, [[1, 3, "ü"], [2, 3, "plain"], [3, 3, undefined]]);
}, { on: ["objects", "frames"] });

// ---- rule 4 ----

rule("rule 4: numbers pass through unchanged", async (env) => {
  const numbers = [
    ["0.0", 0], ["0", 0], ["-5", -5], ["0.1", 0.1], ["0.30000000000000004", 0.30000000000000004], ["1.0", 1],
    ["55.00000000000001", 55.00000000000001], ["100", 100], ["1e3", 1000], ["1.5E+3", 1500], ["4503599627370497.5", 4503599627370497.5],
    ["9007199254740991", 9007199254740991], ["9007199254740993", 9007199254740992], ["123456789012345678901234567890", 1.2345678901234568e29],
    ["5e-324", 5e-324], ["1.7976931348623157e308", Number.MAX_VALUE], ["2.2250738585072011e-308", 2.225073858507201e-308],
  ];
  const { log, handler } = recorder();
  const { peer, call, request } = await env.calling({ progressHandler: handler });
  peer.send(...numbers.map(([text]) => peer.progress(request, `"progress":${text},"total":${text}`)), peer.result(request));
  await call;
  equal(log, numbers.map(([, value]) => [value, value, undefined]));
});

rule("rule 4: a missing total is undefined, a total of 0 is 0, an empty message is empty", async (env) => {
  const { log, handler } = recorder();
  /** @type {any[]} */
  const objects = [];
  const { peer, call, request } = await env.calling({ progressHandler: handler, onprogress: (object) => void objects.push(object) });
  peer.send(
    peer.progress(request, 1),
    peer.progress(request, 2, 0),
    peer.progress(request, 3, undefined, ""),
    peer.progress(request, 4, undefined, "no total"),
    peer.progress(request, '"progress":5,"total":null,"message":null'),
    peer.result(request),
  );
  await call;
  equal(log, [
    [1, undefined, undefined],
    [2, 0, undefined],
    [3, undefined, ""],
    [4, undefined, "no total"],
    [5, undefined, undefined],
  ]);
  equal(objects.slice(0, 4), [{ progress: 1 }, { progress: 2, total: 0 }, { progress: 3, message: "" }, { progress: 4, message: "no total" }]);
});

rule("rule 4: whatever a server writes arrives as it is, in its order, however it is read", async (env) => {
  /** @type {any[][]} */
  const seen = [];
  /** @type {any[]} */
  const objects = [];
  const progressHandler = (/** @type {any[]} */ ...[progress, total, message, context]) => void seen.push([progress, total, message, context.notification]);
  const { peer, call, request } = await env.calling({ progressHandler, onprogress: (object) => void objects.push(object) });
  const token = request.params._meta.progressToken;
  const all = [
    `"progress":1.0,"total":100.0,"message":"Обработка 1 из 3"`,
    `"progress":14.285714285714286,"message":"正在处理 🚀"`,
    `"message":"\\u00c9l\\u00e9ment \\"2\\"\\n\\ud83d\\ude80","progress":30.000000000000004,"total":null`,
    `"_meta":{"com.example/шаг":[1,{"a":null}]},"progress":4e1,"stage":"копия \\u0041","message":"größer"`,
    `"progress":41,"total":9007199254740993.5,"message":"","__proto__":{"a":1}`,
    `"progress":55.00000000000001,"message":null`,
  ];
  const orders = [
    (/** @type {string} */ params) => `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},${params}}}`,
    (/** @type {string} */ params) => `{"method":"notifications/progress","params":{${params},"progressToken":${token}},"jsonrpc":"2.0"}`,
    (/** @type {string} */ params) => ` {"x":{"y":[]}, "params" : { ${params} ,"progressToken": ${token}}, "jsonrpc":"2.0","method":"notifications/progress"}`,
  ];
  const frames = all.flatMap((params) => orders.map((order) => order(params)));
  peer.send(...frames, peer.result(request));
  await call;
  const sent = frames.map((frame) => {
    const { progressToken, ...params } = JSON.parse(frame).params;
    for (const name of ["total", "message"]) if (params[name] === null) delete params[name];
    return params;
  });
  const known = ["progress", "total", "message"];
  const more = (/** @type {any} */ params) => Object.keys(params).some((name) => !known.includes(name));
  equal(objects, sent);
  equal(seen, sent.map((params) => [params.progress, params.total, params.message, more(params) ? params : undefined]));
});

rule("rule 4: onprogress gets every member but the token, unknown ones too", async (env) => {
  /** @type {any[]} */
  const objects = [];
  const { peer, call, request } = await env.calling({ onprogress: (object) => void objects.push(object) });
  const members = { progress: 1, total: 2, message: "m", "x-speed": { value: 3, unit: null }, _meta: { "a.b/c": [1] } };
  peer.send(peer.progress(request, members), peer.progress(request, 2, 3, "plain"), peer.result(request));
  await call;
  equal(objects, [members, { progress: 2, total: 3, message: "plain" }]);
});

rule("rule 4: what is no number, and a message that is no string, is dropped and counted", async (env) => {
  const { log, handler } = recorder();
  const { client, peer, call, request } = await env.calling({ progressHandler: handler });
  const bad = ['"progress":"50"', '"progress":null', '"progress":true', '"progress":[1]', '"progress":{}', '"total":1', '"progress":1,"total":"2"',
    '"progress":1,"total":{}', '"progress":1,"message":7', '"progress":1,"message":{}', '"progress":1e999', '"progress":1,"total":-1e999',
    '"progress":"NaN"', '"progress":"Infinity"', '"progress":""'];
  peer.send(...bad.map((members) => peer.progress(request, members)), peer.progress(request, 1, 2, "good"), peer.result(request));
  await call;
  equal(log, [[1, 2, "good"]]);
  hasMembers(client.diagnostics().progress, { delivered: 1, malformed: bad.length });
  equal(client.errors, []);
  const { samples } = client.diagnostics();
  equal(samples.map(({ kind }) => kind), Array.from({ length: 10 }, () => "malformed"));
});

rule("rule 4: NaN and infinities of a transport of objects are dropped and counted", async (env) => {
  const { log, handler } = recorder();
  const { client, peer, call, request } = await env.calling({ progressHandler: handler });
  const bad = [{ progress: NaN }, { progress: Infinity }, { progress: -Infinity }, { progress: 1, total: NaN }, { progress: 1, total: Infinity }];
  peer.send(...bad.map((members) => peer.progress(request, members)), peer.progress(request, 1), peer.result(request));
  await call;
  equal(log, [[1, undefined, undefined]]);
  hasMembers(client.diagnostics().progress, { delivered: 1, malformed: bad.length });
}, { on: ["objects"] });

rule("rule 4: progress that does not increase is delivered and counted", async (env) => {
  const { log, handler } = recorder();
  const { client, peer, call, request } = await env.calling({ progressHandler: handler });
  peer.send(...[5, 3, 3, 20, -1, 0].map((progress) => peer.progress(request, progress)), peer.result(request));
  await call;
  equal(log.map(([progress]) => progress), [5, 3, 3, 20, -1, 0]);
  hasMembers(client.diagnostics().progress, { delivered: 6, backward: 2, duplicate: 1 });
  equal(client.errors, []);
});

rule("rule 4: strict drops progress that does not increase, and counts it", async (env) => {
  const { client, peer } = await env.connect({ strict: true });
  for (const [options, expected] of /** @type {const} */ ([[{}, [5, 20, 21]], [{ strict: false }, [5, 3, 3, 20, -1, 21]]])) {
    const { log, handler } = recorder();
    const call = client.callTool("tool", {}, { ...options, progressHandler: handler });
    const request = await peer.next("tools/call");
    peer.send(...[5, 3, 3, 20, -1, 21].map((progress) => peer.progress(request, progress)), peer.result(request));
    await call;
    equal(log.map(([progress]) => progress), [...expected]);
  }
  hasMembers(client.diagnostics().progress, { delivered: 9, backward: 5, duplicate: 1 });
});

// ---- rule 5 ----

rule("rule 5: tokens are compared by type and value; strangers are counted, never an error", async (env) => {
  const { log, handler } = recorder();
  const { client, peer, call, request } = await env.calling({ progressHandler: handler });
  const { id } = request;
  const strangers = [`0${id}`, ` ${id}`, `${id}.0`, `+${id}`, `${id}e0`, ` ${id} `, "0x1", "", id + 1000, 0, -id, 2 ** 52];
  const unusable = [id + 0.5, null, true, [id], { id }];
  const frame = (/** @type {unknown} */ progressToken) => ({
    jsonrpc: "2.0",
    method: "notifications/progress",
    params: { progressToken, progress: 99 },
  });
  peer.send(...strangers.map(frame), peer.progress(request, 1));
  await client.ping();
  equal(client.errors, []);
  hasMembers(client.diagnostics().progress, { delivered: 1, unknown: strangers.length, late: 0, malformed: 0 });
  peer.send(...unusable.map(frame), `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":99}}`);
  peer.send(peer.progress(request, 2), peer.result(request));
  await call;
  equal(log.map(([progress]) => progress), [1, 2]);
  hasMembers(client.diagnostics().progress, { delivered: 2, malformed: unusable.length + 1 });
  equal(client.errors, []);
  const tokens = client.diagnostics().samples.filter(({ kind }) => kind === "malformed").map(({ progressToken }) => progressToken);
  equal(tokens, [...unusable, undefined]);
});

rule("rule 5: a token that is the text of our integer is ours, and counted", async (env) => {
  const { log, handler } = recorder();
  const { client, peer, call, request } = await env.calling({ progressHandler: handler });
  const text = (/** @type {number} */ progress, /** @type {any} */ more) =>
    ({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: String(request.id), progress, ...more } });
  peer.send(text(1, { total: 3 }), peer.progress(request, 2, 3), text(3, { total: 3, message: "ü" }));
  peer.send({ ...peer.result(request), id: String(request.id) });
  await call;
  equal(log, [[1, 3, undefined], [2, 3, undefined], [3, 3, "ü"]]);
  hasMembers(client.diagnostics().progress, { delivered: 3, coerced: 3, unknown: 0, malformed: 0 });
  equal(client.diagnostics().samples.map(({ kind, progressToken }) => [kind, progressToken]), [
    ["coerced", String(request.id)],
    ["coerced", String(request.id)],
  ]);
  equal(client.errors, []);
});

rule("rule 5: of tokens that became text the first ten are kept, and all are counted", async (env) => {
  const { client, peer, call, request } = await env.calling({ progressHandler: null });
  const text = (/** @type {number} */ progress) => ({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: String(request.id), progress } });
  peer.send(...Array.from({ length: 30 }, (_, i) => text(i + 1)), peer.result(request));
  await call;
  hasMembers(client.diagnostics().progress, { delivered: 30, coerced: 30 });
  equal(client.diagnostics().samples.map(({ progress }) => progress), Array.from({ length: 10 }, (_, i) => i + 1));
});

rule("rule 5: strict drops a token that is the text of our integer, and counts it", async (env) => {
  const { log, handler } = recorder();
  const { client, peer, call, request } = await env.calling({ progressHandler: handler, strict: true });
  peer.send({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: String(request.id), progress: 1 } });
  peer.send(peer.progress(request, 2), peer.result(request));
  await call;
  equal(log, [[2, undefined, undefined]]);
  hasMembers(client.diagnostics().progress, { delivered: 1, coerced: 1 });
  equal(client.errors, []);
});

rule("rule 5: what is kept of odd progress is short", async (env) => {
  const { client, peer, call, request } = await env.calling({ progressHandler: null });
  const long = "x".repeat(1_000_000);
  const frame = (/** @type {any} */ params) => ({ jsonrpc: "2.0", method: "notifications/progress", params });
  peer.send(
    frame({ progressToken: long, progress: 1 }),
    frame({ progressToken: [long], progress: 1 }),
    frame({ progressToken: request.id, progress: { long }, total: long }),
    peer.result(request),
  );
  await call;
  const { samples } = client.diagnostics();
  equal(samples.length, 3);
  ok(JSON.stringify(samples).length < 5000, "short");
  ok(String(samples[0]?.progressToken).startsWith("xxx"), "and it tells what it was");
});

rule("rule 5: a token written as 2.0 or 2e0 is the integer 2", async (env) => {
  const { log, handler } = recorder();
  const { peer, call, request } = await env.calling({ progressHandler: handler });
  for (const token of [`${request.id}.0`, `${request.id}e0`, `${request.id}0e-1`]) {
    peer.send(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":${token},"progress":1}}`);
  }
  peer.send(peer.result(request));
  await call;
  equal(log.length, 3);
});

rule("rule 5: progress of finished, cancelled and earlier calls is counted as late, without an error", async (env) => {
  const { client, peer } = await env.connect();
  const done = client.callTool("a");
  const first = await peer.next("tools/call");
  peer.send(peer.result(first));
  await done;
  const cancelled = client.callTool("b");
  const second = await peer.next("tools/call");
  cancelled.cancel();
  await rejects(cancelled);
  await peer.next("notifications/cancelled");
  const call = client.callTool("c");
  const third = await peer.next("tools/call");
  peer.send(peer.progress(first, 1), peer.progress(second, 1), peer.progress(first, 2, 3, "ü"), peer.result(third));
  await call;
  peer.send(peer.progress(third, 1));
  await client.ping();
  await soon("the late progress", () => client.diagnostics().progress.late === 4);
  hasMembers(client.diagnostics().progress, { delivered: 0, unknown: 0, late: 4 });
  equal(client.errors, []);
});

rule("rule 5: diagnostics keep the latest odd progress as it came, ten of a kind, with its time", async (env) => {
  const began = performance.now();
  const { client, peer } = await env.connect();
  const done = client.callTool("a", {}, { strict: true });
  const first = await peer.next("tools/call");
  const odd = [
    peer.progress(first, 5, 10),
    peer.progress(first, 5, 10),
    peer.progress(first, 4),
    peer.progress(first, { progress: 3, total: 8, message: "ü", more: 1 }),
    peer.progress(first, { progress: "7" }),
    { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "who", progress: 1 } },
  ];
  peer.send(...odd, peer.result(first));
  await done;
  const other = client.callTool("b");
  const second = await peer.next("tools/call");
  for (let i = 1; i <= 12; i++) peer.send(peer.progress(first, i, i % 2 ? undefined : 20));
  await soon("the late progress", () => client.diagnostics().progress.late === 12);
  peer.send(peer.result(second));
  await other;
  const { samples } = client.diagnostics();
  const seen = samples.map(({ kind, progressToken, progress, total }) => [kind, progressToken, progress, total]);
  const token = first.id;
  const late = Array.from({ length: 10 }, (_, i) => ["late", token, i + 3, i % 2 ? 20 : undefined]);
  equal(seen, [
    ["duplicate", token, 5, 10],
    ["backward", token, 4, undefined],
    ["backward", token, 3, 8],
    ["malformed", token, "7", undefined],
    ["unknown", "who", 1, undefined],
    ...late,
  ]);
  let before = 0;
  for (const { time, server } of samples) {
    equal(server, "scripted");
    ok(time >= before && time <= performance.now() - began, `${time} after ${before}`);
    before = time;
  }
});

// ---- rule 6 ----

rule("rule 6: a handler that throws breaks neither the call nor the others; it is reported", async (env) => {
  const reports = env.reports();
  const wrong = new Error("the handler's fault");
  const { log, handler } = recorder();
  const { client, peer, call, request } = await env.calling({
    progressHandler(progress, total, message, context) {
      if (progress === 2) throw wrong;
      return handler(progress, total, message, context);
    },
    onprogress() {
      throw wrong;
    },
  });
  peer.send(peer.progress(request, 1), peer.progress(request, 2), peer.progress(request, 3, 4, "ü"), peer.result(request));
  equal((await call).content[0]?.type, "text");
  equal(log.map(([progress]) => progress), [1, 3]);
  equal(reports, [wrong, wrong, wrong, wrong]);
  await client.ping();
  equal(client.errors, []);
});

rule("rule 6: a handler that rejects is reported, and the next one still runs", async (env) => {
  const reports = env.reports();
  const wrong = new Error("the handler's fault");
  const seen = /** @type {number[]} */ ([]);
  const { peer, call, request } = await env.calling({
    async progressHandler(progress) {
      seen.push(progress);
      if (progress < 3) throw wrong;
    },
  });
  peer.send(...[1, 2, 3].map((progress) => peer.progress(request, progress)), peer.result(request));
  await call;
  equal(seen, [1, 2, 3]);
  equal(reports, [wrong, wrong]);
});

rule("rule 6: handlers for notifications that throw or reject are reported and take nothing away", async (env) => {
  const reports = env.reports();
  const wrong = new Error("the handler's fault");
  const { log, handler } = recorder();
  const { client, peer } = await env.connect({
    messageHandler() {
      throw wrong;
    },
    progressHandler: handler,
  });
  client.setNotificationHandler("notifications/progress", async () => {
    throw wrong;
  });
  const call = client.callTool("tool");
  const request = await peer.next("tools/call");
  peer.send(peer.progress(request, 1), peer.result(request));
  await call;
  await turn();
  equal(log.length, 1);
  equal(reports, [wrong, wrong]);
});

rule("rule 6: async handlers of one call never overlap, and the promise waits for the last", async (env) => {
  const events = /** @type {string[]} */ ([]);
  const { peer, call, request } = await env.calling({
    async progressHandler(progress) {
      events.push(`start ${progress}`);
      // The first takes longest.
      for (let turns = 4 - progress; turns > 0; turns--) await turn();
      events.push(`end ${progress}`);
    },
  });
  const settled = call.then(() => events.push("settled"));
  peer.send(...[1, 2, 3].map((progress) => peer.progress(request, progress)), peer.result(request));
  await settled;
  equal(events, ["start 1", "end 1", "start 2", "end 2", "start 3", "end 3", "settled"]);
});

rule("rule 6: an error answer waits for the last handler as well", async (env) => {
  const gate = deferred();
  const { client, peer, call, request } = await env.calling({ progressHandler: () => gate.promise });
  peer.send(peer.progress(request, 1));
  peer.refuse(request, -32000, "no");
  const failed = rejects(call, { code: "RPC_ERROR" });
  await client.ping();
  ok(await pending(call), "settled too early");
  gate.resolve();
  await failed;
});

rule("rule 6: two async handlers of one call both count", async (env) => {
  const gates = [deferred(), deferred()];
  const { client, peer, call, request } = await env.calling({
    // Not a promise, not even true: what a handler returns may be anything.
    progressHandler: (progress) => /** @type {any} */ (progress === 0 ? 0 : gates[0]?.promise),
    onprogress: ({ progress }) => (progress === 0 ? undefined : gates[1]?.promise),
  });
  peer.send(peer.progress(request, 0), peer.progress(request, 1), peer.result(request));
  await client.ping();
  gates[0]?.resolve();
  ok(await pending(call), "settled before the second handler was done");
  gates[1]?.resolve();
  await call;
});

rule("rule 6: an async onprogress beside a handler that returns a number is waited for", async (env) => {
  const gate = deferred();
  const { client, peer, call, request } = await env.calling({
    progressHandler: () => /** @type {any} */ (0),
    onprogress: () => gate.promise,
  });
  peer.send(peer.progress(request, 0), peer.result(request));
  await client.ping();
  ok(await pending(call), "settled too early");
  gate.resolve();
  await call;
});

rule("rule 6: a handler of one call holds up neither other calls nor the connection", async (env) => {
  const gate = deferred();
  const { client, peer, call, request } = await env.calling({ progressHandler: () => gate.promise });
  const { log, handler } = recorder();
  const other = client.callTool("other", {}, { progressHandler: handler });
  const otherRequest = await peer.next("tools/call");
  peer.send(peer.progress(request, 1), peer.result(request), peer.progress(otherRequest, 1), peer.result(otherRequest));
  await other;
  equal(log.length, 1);
  ok(await pending(call), "settled too early");
  gate.resolve();
  await call;
});

rule("rule 6: a handler that hangs delays the result by the call's timeout, then it is reported", async (env) => {
  const reports = env.reports();
  const clock = env.clock();
  const seen = /** @type {number[]} */ ([]);
  const { peer, call, request } = await env.calling({
    timeout: 500,
    progressHandler(progress) {
      seen.push(progress);
      return new Promise(() => {});
    },
  });
  peer.send(peer.progress(request, 1), peer.progress(request, 2), peer.result(request));
  await clock.pass(499);
  ok(await pending(call), "settled too early");
  await clock.pass(2);
  equal((await call).content[0]?.type, "text");
  equal(seen, [1]);
  equal(reports.length, 1);
  hasMembers(reports[0], { name: "McpError", code: "HANDLER_HUNG", message: /tools\/call tool/ });
  await clock.pass(10_000);
  equal(reports.length, 1);
}, { on: ["objects", "frames"] });

for (const [end, act, members] of /** @type {[string, (it: any) => void, Record<string, unknown>][]} */ ([
  ["abort", ({ abort }) => abort.abort(), { name: "AbortError", code: "ABORTED" }],
  ["cancel()", ({ call }) => call.cancel("stop"), { name: "AbortError", code: "ABORTED" }],
  ["close()", ({ client }) => client.close(), { code: "CLOSED" }],
  ["a lost connection", ({ peer }) => peer.link.hangUp(), { code: "CLOSED", mayHaveRun: true }],
])) {
  rule(`rule 6: ${end} rejects at once and drops what waits behind a handler`, async (env) => {
    const gate = deferred();
    const seen = /** @type {number[]} */ ([]);
    const abort = new AbortController();
    const { client, peer, call, request } = await env.calling({
      signal: abort.signal,
      progressHandler(progress) {
        seen.push(progress);
        return gate.promise;
      },
    });
    peer.send(...[1, 2, 3].map((progress) => peer.progress(request, progress)));
    await client.ping();
    act({ abort, call, client, peer });
    await rejects(call, members);
    gate.resolve();
    await turn();
    equal(seen, [1]);
  });
}

rule("rule 6: a timeout rejects at once and drops what waits behind a handler", async (env) => {
  const clock = env.clock();
  const gate = deferred();
  const seen = /** @type {number[]} */ ([]);
  const { peer, call, request } = await env.calling({
    maxTotalTimeout: 100,
    progressHandler(progress) {
      seen.push(progress);
      return gate.promise;
    },
  });
  const failed = rejects(call, { code: "TIMEOUT", clock: "total" });
  peer.send(peer.progress(request, 1), peer.progress(request, 2));
  await clock.pass(101);
  await failed;
  gate.resolve();
  await turn();
  equal(seen, [1]);
}, { on: ["objects", "frames"] });

rule("rule 6: abort rejects at once while a call that is answered waits for its handler", async (env) => {
  const reports = env.reports();
  const abort = new AbortController();
  const { client, peer, call, request } = await env.calling({ signal: abort.signal, progressHandler: () => new Promise(() => {}) });
  peer.send(peer.progress(request, 1), peer.progress(request, 2), peer.result(request));
  await client.ping();
  ok(await pending(call), "settled too early");
  abort.abort(new Error("enough"));
  const error = await rejects(call, { name: "AbortError", code: "ABORTED" });
  equal(error.cause?.message, "enough");
  await client.ping();
  // The server has answered: there is nothing to tell it.
  equal(peer.all("notifications/cancelled"), []);
  equal(reports, []);
});

rule("rule 6: the result of a call that is answered survives the end of the connection", async (env) => {
  const gate = deferred();
  const { client, peer, call, request } = await env.calling({ progressHandler: () => gate.promise });
  peer.send(peer.progress(request, 1), peer.result(request));
  await client.ping();
  await client.close();
  ok(await pending(call), "settled too early");
  gate.resolve();
  equal((await call).content[0]?.type, "text");
});

rule("rule 6: at most 1,024 wait behind a slow handler; the oldest gives way and is counted", async (env) => {
  const gate = deferred();
  const seen = /** @type {number[]} */ ([]);
  const { client, peer, call, request } = await env.calling({
    progressHandler(progress) {
      seen.push(progress);
      if (progress === 0) return gate.promise;
    },
  });
  peer.send(...range(0, 1100).map((progress) => peer.progress(request, progress)), peer.result(request));
  await client.ping();
  hasMembers(client.diagnostics().progress, { overflowed: 76 });
  gate.resolve();
  await call;
  equal(seen, [0, ...range(77, 1100)]);
  hasMembers(client.diagnostics().progress, { delivered: 1101, overflowed: 76 });
});

rule("rule 6: a handler may call a tool, and its progress and result arrive", async (env) => {
  const inner = recorder();
  /** @type {Promise<any>[]} */
  const nested = [];
  const { client, peer } = await env.connect();
  const call = client.callTool("outer", {}, {
    progressHandler(progress) {
      nested.push(client.callTool(`inner ${progress}`, {}, { progressHandler: inner.handler }));
    },
  });
  const request = await peer.next("tools/call");
  peer.send(peer.progress(request, 1), peer.progress(request, 2, 3, "ü"));
  const innerRequests = [await peer.next("tools/call"), await peer.next("tools/call")];
  // Side by side, they may overtake each other.
  for (const step of [1, 2]) {
    const innerRequest = innerRequests.find(({ params }) => params.name === `inner ${step}`) ?? fail(`no inner ${step}`);
    peer.send(peer.progress(innerRequest, step * 10), peer.result(innerRequest, { content: [], step }));
  }
  peer.send(peer.result(request, { content: [], outer: true }));
  equal((await call).outer, true);
  equal((await Promise.all(nested)).map(({ step }) => step), [1, 2]);
  equal(inner.log.map(([progress]) => progress).sort((a, b) => a - b), [10, 20]);
});

rule("rule 6: calls made by a handler while answers are waiting get their own answers", async (env) => {
  // A transport that answers inside `send`, and handlers that call at once: results must not be mixed up.
  const peer = await env.peer();
  const transport = peer.target;
  const { send } = transport;
  transport.send = async (/** @type {any} */ message) => {
    if (message.method !== "tools/call") return send(message);
    const { name } = message.params;
    peer.send(peer.progress(message, 1, 1, "ü"), peer.progress(message, 2), peer.result(message, { content: [], name }));
  };
  const client = env.client();
  await client.connect(transport);
  /** @type {[string, Promise<any>][]} */
  const calls = [];
  const call = (/** @type {string} */ name, /** @type {number} */ depth) => {
    const promise = client.callTool(name, {}, {
      progressHandler: (progress) => {
        if (depth < 3) call(`${name}.${progress}`, depth + 1);
      },
    });
    calls.push([name, promise]);
  };
  call("call", 0);
  for (let done = 0; done < calls.length; done++) {
    const [name, promise] = /** @type {[string, Promise<any>]} */ (calls[done]);
    equal((await within(promise, name)).name, name);
  }
  equal(calls.length, 15);
  equal(new Set(calls.map(([name]) => name)).size, 15);
}, { on: ["objects", "frames"] });

rule("rule 6: a handler may close the client", async (env) => {
  for (const message of ["plain", "ü"]) {
    const seen = /** @type {number[]} */ ([]);
    const { client, peer, call, request } = await env.calling({
      progressHandler(progress) {
        seen.push(progress);
        client.close();
      },
    });
    peer.send(peer.progress(request, 1, 2, message), peer.progress(request, 2, 2, message), peer.result(request));
    await rejects(call, { code: "CLOSED", mayHaveRun: true });
    equal(seen, [1]);
  }
});

rule("rule 6: a handler may cancel its own call", async (env) => {
  for (const message of ["plain", "ü"]) {
    const seen = /** @type {number[]} */ ([]);
    const { client, peer, call, request } = await env.calling({
      progressHandler(progress) {
        seen.push(progress);
        call.cancel("seen enough");
      },
    });
    peer.send(peer.progress(request, 1, 2, message), peer.progress(request, 2, 2, message), peer.result(request));
    await rejects(call, { name: "AbortError" });
    // By HTTP there is nothing left to break off: the answer was there.
    if (env.tells) equal((await peer.next("notifications/cancelled")).params, { requestId: request.id, reason: "seen enough" });
    await client.ping();
    equal(seen, [1]);
    equal(client.errors, []);
  }
});

rule("rule 6: a handler that makes a transport speak does not overlap itself", async (env) => {
  const events = /** @type {string[]} */ ([]);
  const { peer, call, request } = await env.calling({
    progressHandler(progress) {
      events.push(`start ${progress}`);
      if (progress === 1) peer.send(peer.progress(request, 2), peer.progress(request, 3, 3, "ü"));
      events.push(`end ${progress}`);
    },
  });
  peer.send(peer.progress(request, 1));
  peer.send(peer.progress(request, 4), peer.result(request));
  await call;
  equal(events, ["start 1", "end 1", "start 2", "end 2", "start 3", "end 3", "start 4", "end 4"]);
}, { on: ["objects", "frames"] });
