// What a server must not send (and what it may): each odd message gives a typed error that names
// it, and the connection goes on unharmed.
import { equal, hasMembers, match, ok, rejects, soon, within } from "./check.mjs";
import { collect } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

/** @typedef {import("./peer.mjs").Frame} Frame */

const nested = (/** @type {number} */ depth) => "[".repeat(depth) + "]".repeat(depth);

/**
 * The frames, and what `onerror` is told; with no expression it is told nothing.
 * @type {[what: string, frames: string[], told?: RegExp][]}
 */
const ODD = [
  ["text that is not JSON", ["hello"], /not JSON/],
  ["an empty frame", [""], /not JSON/],
  ["half a message", ['{"jsonrpc":"2.0","method":"notifi'], /not JSON/],
  ["two messages in one frame", ['{"jsonrpc":"2.0","method":"a"}{"jsonrpc":"2.0","method":"b"}'], /not JSON/],
  ["a lone surrogate outside a string", ["\ufffd"], /not JSON/],
  ["JSON that is no object", ["7"], /not a JSON object/],
  ["null", ["null"], /not a JSON object/],
  ["a string", ['"hello"'], /not a JSON object/],
  ["a batch", ['[{"jsonrpc":"2.0","method":"a"}]'], /batch/],
  ["an empty batch", ["[]"], /batch/],
  ["an object that is no message", ["{}"], /JSON-RPC/],
  ["a message without jsonrpc", ['{"method":"notifications/progress","params":{"progressToken":3,"progress":1}}'], /`jsonrpc`/],
  ["another jsonrpc", ['{"jsonrpc":"1.0","method":"x"}'], /`jsonrpc`/],
  ["jsonrpc as a number", ['{"jsonrpc":2.0,"method":"x"}'], /`jsonrpc`/],
  ["neither method nor result", ['{"jsonrpc":"2.0"}'], /neither/],
  ["a method that is no string", ['{"jsonrpc":"2.0","method":7}'], /`method`/],
  ["params that are no object", ['{"jsonrpc":"2.0","method":"notifications/progress","params":[1]}'], /`params`/],
  ["params as text", ['{"jsonrpc":"2.0","method":"notifications/progress","params":"progress"}'], /`params`/],
  ["progress without params", ['{"jsonrpc":"2.0","method":"notifications/progress"}']],
  ["a request whose id is an object", ['{"jsonrpc":"2.0","id":{},"method":"ping"}'], /`id`/],
  ["a request whose id is a fraction", ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}'], /`id`/],
  ["an answer to a request that was never sent", ['{"jsonrpc":"2.0","id":4096,"result":{}}'], /never sent/],
  ["an answer to id 0", ['{"jsonrpc":"2.0","id":0,"result":{}}'], /never sent/],
  ["an answer to a text id", ['{"jsonrpc":"2.0","id":"03","result":{}}'], /never sent/],
  ["an answer to a negative id", ['{"jsonrpc":"2.0","id":-3,"error":{"code":1,"message":""}}'], /never sent/],
  ["an answer whose id is null", ['{"jsonrpc":"2.0","id":null,"result":{}}'], /`id`/],
  ["an answer without id", ['{"jsonrpc":"2.0","result":{}}'], /`id`/],
  ["an error answer without id", ['{"jsonrpc":"2.0","error":{"code":-32700,"message":"Parse error"}}'], /Parse error/],
  ["an error answer whose id is null", ['{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Invalid"}}'], /Invalid/],
  ["an error without id that is no error", ['{"jsonrpc":"2.0","error":"boom"}'], /`error`/],
  ["10,000 levels of nesting", [nested(10_000)], /batch/],
  ["10,000 levels inside params", [`{"jsonrpc":"2.0","method":"notifications/x","params":{"deep":${nested(10_000)}}}`]],
  ["10,000 levels as progress", [`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":${nested(10_000)}}}`]],
  ["progress that is NaN", ['{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":NaN,"message":"ü \\" NaN"}}']],
  ["progress to infinity", ['{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":1,"total":-Infinity}}']],
  ["a byte order mark", ['\ufeff{"jsonrpc":"2.0","method":"notifications/x"}']],
  ["10,000 levels of objects", [`{"jsonrpc":"2.0","method":"notifications/x","params":${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}}`]],
  ["a prototype as a member", ['{"jsonrpc":"2.0","method":"notifications/x","params":{"__proto__":{"progress":1},"constructor":1}}']],
  ["an unknown notification", ['{"jsonrpc":"2.0","method":"notifications/x/y","params":{}}']],
  ["unknown members", ['{"jsonrpc":"2.0","method":"notifications/x","params":{},"x-unknown":[1]}']],
  ["white space around a message", [' \r\n\t{"jsonrpc" : "2.0","method":"notifications/x"} \n']],
];

for (const [what, frames, told] of ODD) {
  rule(`odd input: ${what}`, async (env) => {
    const heard = /** @type {number[]} */ ([]);
    const { client, peer, call, request } = await env.calling({ progressHandler: (progress) => void heard.push(progress) });
    peer.send(peer.progress(request, 1), ...frames, peer.progress(request, 2));
    // An error without an id would be the answer to the ping.
    await soon("all of it", () => heard.length === 2);
    await client.ping();
    if (told) {
      equal(client.errors.length, frames.length, `errors told: ${client.errors}`);
      match(client.errors[0]?.message, told);
      ok(client.errors[0] instanceof env.mcp.McpError, "a typed error");
    } else {
      equal(client.errors, []);
    }
    peer.send(peer.result(request));
    await call;
    equal(heard, [1, 2]);
    await client.ping();
  }, { on: ["frames", "socket"] });
}

rule("odd input: a second answer to a call", async (env) => {
  const { client, peer, call, request } = await env.calling();
  peer.send(peer.result(request, { content: [], first: true }), peer.result(request, { content: [], second: true }));
  equal((await call).first, true);
  peer.refuse(request, -1, "third");
  await client.ping();
  await soon("both errors", () => client.errors.length === 2);
  equal(client.errors.map(({ code, message }) => [code, /twice/.test(message)]), [["PROTOCOL_ERROR", true], ["PROTOCOL_ERROR", true]]);
});

rule("odd input: an answer to the handshake that comes again", async (env) => {
  const { client, peer } = await env.connect();
  peer.send('{"jsonrpc":"2.0","id":1,"result":{}}');
  await client.ping();
  equal(client.errors.map(({ code }) => code), ["PROTOCOL_ERROR"]);
});

for (const [what, members, matched] of /** @type {[string, string, Record<string, unknown>][]} */ ([
  ["an error that is text", '"error":"boom"', { code: "PROTOCOL_ERROR", message: /`error`/ }],
  ["an error without a code", '"error":{"message":"boom"}', { code: "PROTOCOL_ERROR", message: /`error`/ }],
  ["an error whose code is text", '"error":{"code":"1","message":"boom"}', { code: "PROTOCOL_ERROR", message: /`error`/ }],
  ["a result that is true", '"result":true', { code: "PROTOCOL_ERROR", message: /result/ }],
  ["a result that is a list", '"result":[1]', { code: "PROTOCOL_ERROR", message: /result/ }],
  ["a result that is text", '"result":"done"', { code: "PROTOCOL_ERROR", message: /result/ }],
  ["an error without a message", '"error":{"code":7}', { code: "RPC_ERROR", rpcCode: 7, message: "" }],
  ["an error whose message is a number", '"error":{"code":7,"message":8}', { code: "RPC_ERROR", rpcCode: 7 }],
  ["both result and error", '"result":{},"error":{"code":7,"message":"m"}', { code: "RPC_ERROR", rpcCode: 7 }],
])) {
  rule(`odd answer: ${what} fails that call by name, and no other`, async (env) => {
    const { client, peer, call, request } = await env.calling();
    const other = client.callTool("other");
    const otherRequest = await peer.next("tools/call");
    peer.send(`{"jsonrpc":"2.0","id":${request.id},${members}}`, peer.result(otherRequest));
    await rejects(call, matched);
    await other;
    await client.ping();
    equal(client.errors, []);
  });
}

rule("odd answer: neither result nor error may as well be half a request: it is told, and the call goes on", async (env) => {
  const { client, peer, call, request } = await env.calling();
  peer.send(`{"jsonrpc":"2.0","id":${request.id},"x":1}`, peer.result(request));
  await call;
  equal(client.errors.map(({ code }) => code), ["PROTOCOL_ERROR"]);
});

rule("odd answer: null beside a result, and an unknown member, are no error", async (env) => {
  const { peer, call, request } = await env.calling();
  peer.send(`{"id":${request.id},"error":null,"result":{"content":[]},"jsonrpc":"2.0","x":1}`);
  equal(await call, { content: [] });
});

rule("odd answer: an unknown resultType fails the call; none, and a legacy one, does not", async (env) => {
  const { client, peer, call, request } = await env.calling();
  const other = client.callTool("other");
  const otherRequest = await peer.next("tools/call");
  peer.send(
    { jsonrpc: "2.0", id: request.id, result: { resultType: "half" } },
    { jsonrpc: "2.0", id: otherRequest.id, result: { content: [] } },
  );
  if (env.era === "modern") await rejects(call, { code: "PROTOCOL_ERROR", message: /half/ });
  else equal(/** @type {any} */ (await call).resultType, "half");
  equal(await other, { content: [] });
});

rule("odd answer: 10,000 levels inside a result are handed over", async (env) => {
  const { peer, call, request } = await env.calling();
  peer.send(`{"jsonrpc":"2.0","id":${request.id},"result":{"content":[],"deep":${nested(10_000)}}}`);
  /** @type {any} */
  let level = (await call).deep;
  let depth = 0;
  for (; level; level = level[0]) depth++;
  equal(depth, 10_000);
});

rule("odd input: every wrong type in every member of progress is dropped and counted; the right one still arrives", async (env) => {
  const heard = /** @type {any[][]} */ ([]);
  const { client, peer, call, request } = await env.calling({ progressHandler: (...values) => void heard.push(values.slice(0, 3)) });
  const wrong = { number: "7", fraction: "1.5", text: '"x"', list: "[1]", object: "{}", truth: "true", nothing: "null" };
  const { number, fraction, text, list, object, truth, nothing } = wrong;
  const bad = {
    progressToken: [fraction, list, object, truth, nothing],
    progress: [text, list, object, truth, nothing],
    total: [text, list, object, truth],
    message: [number, list, object, truth],
  };
  let count = 0;
  for (const [member, values] of Object.entries(bad)) {
    for (const value of values) {
      const members = { progressToken: String(request.id), progress: "1", total: "2", message: '"m"', [member]: value };
      const inside = Object.entries(members).map(([key, text]) => `"${key}":${text}`);
      peer.send(`{"jsonrpc":"2.0","method":"notifications/progress","params":{${inside}}}`);
      await client.ping();
      count++;
      hasMembers(client.diagnostics().progress, { malformed: count });
    }
  }
  peer.send(peer.progress(request, 1, 2, "m"), peer.result(request));
  await call;
  equal(heard, [[1, 2, "m"]]);
  hasMembers(client.diagnostics().progress, { delivered: 1, malformed: count });
  equal(client.errors, []);
});

rule("odd input: objects that no JSON could be are survived", async (env) => {
  const { client, peer, call, request } = await env.calling();
  const values = /** @type {any[]} */ ([undefined, null, 7, 7n, Symbol("s"), () => {}, new Date(), new Map(), Object.create(null), "text", NaN]);
  for (const value of values) {
    peer.target.onmessage(value);
    peer.target.onmessage({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: value, progress: value } });
    peer.target.onmessage({ jsonrpc: "2.0", id: value, result: value });
  }
  peer.target.onmessage(Object.freeze({ jsonrpc: "2.0", method: "notifications/x", params: Object.freeze({}) }));
  peer.send(peer.result(request));
  await call;
  await client.ping();
  ok(client.errors.every((error) => error instanceof env.mcp.McpError));
}, { on: ["objects"] });

rule("odd input: an onerror that throws is reported, and the connection goes on", async (env) => {
  const reports = env.reports();
  const { client, peer, call, request } = await env.calling();
  client.onerror = () => {
    throw new Error("onerror's fault");
  };
  peer.send("{}", "{}", peer.result(request));
  await call;
  equal(reports.map(({ message }) => message), ["onerror's fault", "onerror's fault"]);
  await client.ping();
});

rule("odd input: without an onerror nothing happens", async (env) => {
  const { client, peer, call, request } = await env.calling();
  client.onerror = undefined;
  peer.send("{}", '{"jsonrpc":"2.0","id":9999,"result":{}}', peer.result(request));
  await call;
});

rule("odd input: 2,000 odd frames in one turn neither stop nor slow the connection", async (env) => {
  const { client, peer, call, request } = await env.calling();
  peer.send(...Array.from({ length: 2000 }, (_, i) => (i % 2 ? "{" : `{"jsonrpc":"2.0","id":${i + 5000},"result":{}}`)), peer.result(request));
  await within(call, "the result");
  equal(client.errors.length, 2000);
}, { on: ["frames", "socket"] });

// ---- what the page itself says ----

rule("strings are well formed when they leave: half a surrogate pair becomes U+FFFD", async (env) => {
  const { client, peer } = await env.connect();
  const ill = { a: "x\ud83d", b: ["\udc00", { "\ud83dkey": "fine \u{1f600}" }], c: "a \\ud83d that was typed", d: "\\\ud83d\\", e: "é\n" };
  const well = { a: "x\ufffd", b: ["\ufffd", { "\ufffdkey": "fine \u{1f600}" }], c: "a \\ud83d that was typed", d: "\\\ufffd\\", e: "é\n" };
  const call = client.callTool("tool", ill);
  const request = await peer.next("tools/call");
  equal(request.params.arguments, well);
  peer.send(peer.result(request));
  await call;
  await client.notification({ method: "notifications/x", params: { text: "\udfff" } });
  equal((await peer.next("notifications/x")).params.text, "\ufffd");
  equal(client.errors, []);
});

rule("an error without an id is the answer to the only call that no progress has acknowledged", async (env) => {
  const { client, peer, call, request } = await env.calling();
  peer.send(peer.progress(request, 1));
  await client.ping();
  const other = client.callTool("other");
  await peer.next("tools/call");
  peer.send({ jsonrpc: "2.0", id: null, error: { code: -32700, message: "what?", data: { at: 7 } } });
  hasMembers(await rejects(other), { code: "RPC_ERROR", rpcCode: -32700, message: "what?", data: { at: 7 } });
  peer.send({ jsonrpc: "2.0", id: null, error: { code: -32700, message: "what now?", data: { at: 8 } } });
  await soon("the error", () => client.errors.length === 1);
  hasMembers(client.errors[0], { code: "RPC_ERROR", rpcCode: -32700, message: "what now?", data: { at: 8 } });
  peer.send(peer.result(request));
  await call;
}, { on: ["objects", "frames", "socket", "port", "pair"] });

rule("a result without members, and params that are absent, may be written as null or as a list", async (env) => {
  const { client, peer } = await env.connect();
  const heard = /** @type {any[]} */ ([]);
  client.setNotificationHandler("notifications/tools/list_changed", (notification) => void heard.push(notification));
  for (const nothing of [null, []]) {
    const call = client.request({ method: "x/y" });
    const request = await peer.next("x/y");
    peer.send({ jsonrpc: "2.0", method: "notifications/tools/list_changed", params: nothing });
    peer.send({ jsonrpc: "2.0", id: request.id, result: nothing });
    equal(await call, {});
  }
  equal(heard, Array.from({ length: 2 }, () => ({ method: "notifications/tools/list_changed" })));
  equal(client.errors, []);
}, { on: ["objects", "frames", "socket", "port", "pair"] });

rule("a request that cannot be read is answered by an error with its id", async (env) => {
  const { client, peer } = await env.connect();
  peer.send({ jsonrpc: "2.0", id: 70, method: "ping", params: null });
  hasMembers(await peer.next(), { id: 70, result: {} });
  peer.send({ jsonrpc: "2.0", id: "71", method: "ping", params: "p" });
  const { id, error } = await peer.next();
  equal([id, error.code], ["71", -32600]);
  equal(client.errors.length, 1);
}, { on: ["objects", "frames", "socket"], eras: ["legacy"] });
