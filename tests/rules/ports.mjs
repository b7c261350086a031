// CHECKLIST.md 9.10 and 9.11: message ports and the linked pair. Windows and workers, which need a
// browser, are in `browser/ports.test.mjs`.
import { deferred, equal, hasMembers, match, ok, pending, rejects, soon, throws, turn, within } from "./check.mjs";
import { collect } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

/** @type {{ on: import("./env.mjs").Channel[] }} */
const PORT = { on: ["port"] };
/** @type {{ on: import("./env.mjs").Channel[] }} */
const PAIR = { on: ["pair"] };
/** @type {{ on: import("./env.mjs").Channel[], eras: import("./env.mjs").Era[] }} */
const ONCE = { on: ["port"], eras: ["modern"] };

/** @param {any} port @returns {Promise<any>} the next message of a port */
const heard = (port) => within(new Promise((resolve) => (port.onmessage = (/** @type {any} */ { data }) => resolve(data))), "a message on the port");

// ---- what is sent ----

rule("port: a peer that sends objects gets objects, one that sends text gets text", async (env) => {
  const { MessagePortTransport } = env.mcp;
  const { port1, port2 } = new MessageChannel();
  env.later(() => port2.close());
  const transport = new MessagePortTransport(port1);
  env.later(() => transport.close());
  await transport.start();
  const messages = /** @type {any[]} */ ([]);
  transport.onmessage = (message) => void messages.push(message);
  await transport.send({ jsonrpc: "2.0", method: "a", params: { absent: undefined, at: new Date(0) } });
  equal(await heard(port2), { jsonrpc: "2.0", method: "a", params: { at: "1970-01-01T00:00:00.000Z" } }, "JSON as an object");
  port2.postMessage({ jsonrpc: "2.0", method: "b" });
  port2.postMessage('{"jsonrpc":"2.0","method":"c"}');
  await turn();
  await turn();
  await transport.send({ jsonrpc: "2.0", method: "d" });
  equal(await heard(port2), '{"jsonrpc":"2.0","method":"d"}');
  equal(messages, [{ jsonrpc: "2.0", method: "b" }, { jsonrpc: "2.0", method: "c" }]);
}, ONCE);

rule("port: text can be chosen, and trace sees what passes either way", async (env) => {
  const { port1, port2 } = new MessageChannel();
  env.later(() => port2.close());
  const trace = /** @type {[string, string][]} */ ([]);
  const transport = new env.mcp.MessagePortTransport(port1, { text: true, trace: (...entry) => void trace.push(entry) });
  env.later(() => transport.close());
  await transport.start();
  const arrived = deferred();
  transport.onmessage = arrived.resolve;
  await transport.send(/** @type {any} */ ({ a: 1 }));
  equal(await heard(port2), '{"a":1}');
  port2.postMessage({ b: 2 });
  await within(arrived.promise, "the message");
  equal(trace, [["sent", '{"a":1}'], ["received", '{"b":2}']]);
}, ONCE);

// ---- what arrives ----

for (const [what, garbage, told] of /** @type {[string, () => any, RegExp][]} */ ([
  ["nothing", () => undefined, /not (a )?JSON/],
  ["null", () => null, /not a JSON object/],
  ["a number", () => 7, /not a JSON object/],
  ["a big integer", () => 7n, /not JSON/],
  ["bytes", () => new Uint8Array([123, 125]), /JSON-RPC/],
  ["a map", () => new Map([["jsonrpc", "2.0"]]), /JSON-RPC/],
  ["a message without jsonrpc", () => ({ id: 1, result: {} }), /`jsonrpc`/],
  ["a batch", () => [{ jsonrpc: "2.0", method: "a" }], /batch/],
  ["text that is not JSON", () => "hello", /not JSON/],
  ["an object that holds itself", () => {
    const loop = /** @type {any} */ ({ jsonrpc: "2.0", method: "x", params: {} });
    loop.params.loop = loop;
    return loop;
  }, /not JSON/],
  ["a big integer inside a message", () => ({ jsonrpc: "2.0", method: "x", params: { n: 1n } }), /not JSON/],
])) {
  rule(`port: ${what} on the port is told, and does no harm`, async (env) => {
    const { client, peer, call, request } = await env.calling();
    peer.link.command({ control: garbage() });
    await client.ping();
    equal(client.errors.length, 1, `errors told: ${client.errors}`);
    match(client.errors[0]?.message, told);
    ok(client.errors[0] instanceof env.mcp.McpError, "a typed error");
    peer.send(peer.result(request));
    await call;
  }, PORT);
}

rule("port: what JSON cannot say does not get through in an object either", async (env) => {
  const { peer, call, request } = await env.calling();
  const answer = peer.result(request, { content: [], bytes: new Uint8Array([7]), nan: NaN, absent: undefined, map: new Map([[1, 2]]) });
  peer.link.command({ control: answer });
  const { resultType, ...result } = /** @type {any} */ (await call);
  equal(result, { content: [], bytes: { 0: 7 }, nan: null, map: {} });
}, PORT);

rule("port: unknown control messages mean nothing", async (env) => {
  const { client, peer, call, request } = await env.calling();
  for (const control of [{ mcp: "dance" }, { mcp: "accepted", v: 1, nonce: "x" }, { mcp: null }, { mcp: { close: 1 } }, { mcp: "connect", v: 9 }]) {
    peer.link.command({ control });
  }
  peer.send(peer.result(request));
  await call;
  equal(client.errors, []);
}, PORT);

rule("port: a message that is small because its parts are shared is refused before it is written out", async (env) => {
  const { client, peer, call, request } = await env.calling();
  /** @type {any} */
  let shared = ["x".repeat(100)];
  for (let i = 0; i < 24; i++) shared = [shared, shared];
  const start = performance.now();
  peer.link.command({ control: { jsonrpc: "2.0", id: 1, method: "ping", params: { shared } } });
  await soon("it is told", () => client.errors.length > 0);
  ok(performance.now() - start < 1000, "at once");
  hasMembers(client.errors[0], { code: "MESSAGE_TOO_LARGE" });
  peer.link.command({ control: { jsonrpc: "2.0", id: request.id, result: { shared } } });
  await rejects(call, { code: "MESSAGE_TOO_LARGE" });
  // A part that stands in several places is nothing bad.
  const next = client.callTool("t");
  const part = { type: "text", text: "y" };
  peer.link.command({ control: { ...peer.result(await peer.next("tools/call"), { content: [part, part, part] }) } });
  equal((await next).content.length, 3);
}, ONCE);

// ---- the end ----

rule("port: a peer that says close fails what is in flight, at once, and with its reason", async (env) => {
  const { client, peer, call } = await env.calling();
  let closed = 0;
  client.onclose = () => closed++;
  peer.link.command({ control: { mcp: "close", code: 1011, reason: "out of memory" } });
  await rejects(call, { name: "ClosedError", code: "CLOSED", mayHaveRun: true });
  equal(closed, 1);
  match(client.errors[0]?.message, /1011: out of memory/);
}, PORT);

rule("port: close without a code, or with one that is no number, is close all the same", async (env) => {
  for (const control of [{ mcp: "close" }, { mcp: "close", code: "1000", reason: 7 }]) {
    const { client, peer, call } = await env.calling();
    peer.link.command({ control });
    await rejects(call, { code: "CLOSED", mayHaveRun: true });
    equal(client.errors, []);
  }
}, PORT);

rule("port: close tells the peer before the port closes", async (env) => {
  const { client, peer, call } = await env.calling();
  await client.close();
  await rejects(call, { code: "CLOSED" });
  await peer.until("the close message", () => peer.ended === 1);
}, PORT);

rule("port: what a transport is asked after its end is refused by name", async (env) => {
  const { port1, port2 } = new MessageChannel();
  env.later(() => port2.close());
  const transport = new env.mcp.MessagePortTransport(port1);
  let closed = 0;
  transport.onclose = () => closed++;
  throws(() => transport.sendText("{}"), { code: "CLOSED", mayHaveRun: false });
  await transport.start();
  await rejects(transport.start(), { code: "CLOSED" });
  await transport.close();
  await transport.close();
  equal(closed, 1);
  await rejects(transport.send(/** @type {any} */ ({})), { code: "CLOSED", mayHaveRun: false });
  await rejects(transport.start(), { code: "CLOSED" });
}, ONCE);

rule("port: what has only postMessage and onmessage will do, and is left in peace after the end", async (env) => {
  const peer = await env.peer();
  const port = peer.link.target;
  let closed = 0;
  const plain = {
    onmessage: /** @type {any} */ (null),
    postMessage: (/** @type {any} */ message) => port.postMessage(message),
    // Like a worker's own scope, whose `close` is not ours to call.
    close: () => void closed++,
  };
  port.onmessage = (/** @type {any} */ event) => plain.onmessage?.(event);
  const client = env.client();
  await within(client.connect(plain), "the connection");
  await client.ping();
  equal(client.era, env.era);
  await client.close();
  equal([plain.onmessage, closed], [null, 0]);
}, PORT);

rule("port: a window is no port: it is refused, and who asks is told what to do", async (env) => {
  const target = /** @type {any} */ ({ postMessage() {} });
  target.window = target;
  await rejects(env.client().connect(target), { code: "INVALID_ARGUMENT", message: /openPort/ });
}, ONCE);

rule("port: a silent peer counts as legacy after one second, not after five", async (env) => {
  const peer = await env.peer();
  const clock = env.clock();
  peer.answers["server/discover"] = () => undefined;
  const client = env.client();
  const connecting = client.connect(peer.target);
  await peer.next("server/discover");
  await clock.pass(900);
  equal(peer.all("initialize").length, 0);
  await clock.pass(200);
  await connecting;
  equal(client.era, "legacy");
}, { on: ["port", "pair"], eras: ["legacy"] });

// ---- opening a private port ----

/**
 * A stand-in for a worker that answers the offer of a port.
 * @param {(offer: any, port: MessagePort) => void} answer
 * @returns {any}
 */
const answering = (answer) => ({
  postMessage: (/** @type {any} */ offer, /** @type {any} */ transfer) => answer(offer, transfer[0]),
});

rule("open: the port is offered with a nonce, and speaks once that has come back", async (env) => {
  const peer = await env.peer();
  const offers = /** @type {any[]} */ ([]);
  const target = answering((offer, port) => {
    offers.push(offer);
    port.onmessage = ({ data }) => peer.link.target.postMessage(data);
    peer.link.target.onmessage = (/** @type {any} */ { data }) => port.postMessage(data);
    env.later(() => port.close());
    port.postMessage({ mcp: "accepted", v: 1, nonce: offer.nonce });
  });
  const client = env.client();
  await within(client.connect(env.mcp.openPort(target)), "the connection");
  await client.ping();
  await within(env.client().connect(env.mcp.openPort(target, { nonce: "agreed" })), "the second connection");
  equal(offers.map(({ mcp, v }) => [mcp, v]), [["connect", 1], ["connect", 1]]);
  match(offers[0].nonce, /^\d+(-\d+){3}$/);
  equal(offers[1].nonce, "agreed");
}, PORT);

for (const [what, answer, message] of /** @type {[string, (offer: any, port: MessagePort) => void, RegExp][]} */ ([
  ["a wrong nonce", (_, port) => port.postMessage({ mcp: "accepted", v: 1, nonce: "guess" }), /not from who was asked/],
  ["no nonce", (_, port) => port.postMessage({ mcp: "accepted", v: 1 }), /not from who was asked/],
  ["another version", ({ nonce }, port) => port.postMessage({ mcp: "accepted", v: 2, nonce }), /not from who was asked/],
  ["a message of the protocol", (_, port) => port.postMessage({ jsonrpc: "2.0", id: 1, result: {} }), /not from who was asked/],
  ["garbage", (_, port) => port.postMessage("accepted"), /not from who was asked/],
  ["close", (_, port) => port.postMessage({ mcp: "close", code: 4403 }), /closed instead/],
])) {
  rule(`open: an offer answered with ${what} fails the connection, which says nothing more`, async (env) => {
    const after = /** @type {any[]} */ ([]);
    const target = answering((offer, port) => {
      answer(offer, port);
      port.onmessage = ({ data }) => void after.push(data);
      env.later(() => port.close());
    });
    await rejects(env.client().connect(env.mcp.openPort(target)), { name: "ProtocolError", message });
    await turn();
    ok(after.every(({ mcp }) => mcp === "close"), "a message of the protocol was sent");
  }, ONCE);
}

rule("open: an offer that nobody accepts fails by its clock", async (env) => {
  const clock = env.clock();
  const connecting = rejects(env.client().connect(env.mcp.openPort(answering(() => {}), { timeout: 500 })), {
    name: "TimeoutError", code: "TIMEOUT", clock: "connect", timeout: 500, message: /accepted it within 500 ms/,
  });
  await turn();
  await clock.pass(600);
  await connecting;
}, ONCE);

rule("open: close while nobody has accepted fails connect", async (env) => {
  const client = env.client();
  const asked = deferred();
  const connecting = rejects(client.connect(env.mcp.openPort(answering(() => asked.resolve()))), { code: "CLOSED" });
  await asked.promise;
  await client.close();
  await connecting;
}, ONCE);

for (const origin of [undefined, "", "*", "/", "example.com", "https://example.com/", "https://example.com/path", "https://EXAMPLE.com", "https://example.com:443", "file://x"]) {
  rule(`open: the origin ${JSON.stringify(origin)} is refused for a window`, async (env) => {
    const target = /** @type {any} */ ({ postMessage: () => ok(false, "a port was offered") });
    target.window = target;
    throws(() => env.mcp.openPort(target, { origin }), { code: "INVALID_ARGUMENT", message: /is not an origin/ });
  }, ONCE);
}

rule("open: a window gets the offer for its origin only; a sandboxed frame has none to name", async (env) => {
  for (const [origin, expected] of /** @type {const} */ ([["https://example.com:8443", "https://example.com:8443"], ["null", "*"]])) {
    const targets = /** @type {any[]} */ ([]);
    const target = /** @type {any} */ ({
      postMessage(/** @type {any} */ offer, /** @type {string} */ targetOrigin, /** @type {MessagePort[]} */ [port]) {
        targets.push(targetOrigin);
        port?.postMessage({ mcp: "accepted", v: 1, nonce: offer.nonce });
      },
    });
    target.window = target;
    const transport = env.mcp.openPort(target, { origin });
    await within(transport.start(), "the port");
    equal(targets, [expected]);
    await transport.close();
  }
}, ONCE);

rule("accept: a greeting that is played again opens nothing", async (env) => {
  const scope = /** @type {any} */ (globalThis);
  const own = Object.getOwnPropertyDescriptor(scope, "addEventListener");
  let listener = (/** @type {any} */ _event) => {};
  scope.addEventListener = (/** @type {string} */ _type, /** @type {any} */ take) => (listener = take);
  const source = /** @type {any} */ ({});
  let accepted = 0;
  try {
    env.mcp.acceptPorts(() => void accepted++, { origins: ["https://a.example"], source });
  } finally {
    if (own) Object.defineProperty(scope, "addEventListener", own);
    else delete scope.addEventListener;
  }
  const greet = (/** @type {string} */ nonce, origin = "https://a.example") => {
    const { port1, port2 } = new MessageChannel();
    listener({ data: { mcp: "connect", v: 1, nonce }, origin, source, ports: [port2] });
    port1.close();
    return accepted;
  };
  for (let i = 0; i < 100; i++) equal(greet("one"), 1, "each is good once");
  equal(greet("two"), 2, "another one is good");
  equal(greet("one"), 2, "whatever came between");
  equal(greet("three", "https://b.example"), 2, "who may not greet");
  equal(greet("three"), 3, "uses nothing up");
  equal(greet("x".repeat(100_000)), 3, "nor does anybody fill the memory");
}, ONCE);

// ---- the pair ----

rule("pair: in order, in a later microtask, once started, and a copy", async (env) => {
  const [a, b] = /** @type {any[]} */ (env.mcp.createInMemoryPair());
  const got = /** @type {any[]} */ ([]);
  b.onmessage = (/** @type {any} */ message) => void got.push(message);
  const message = { jsonrpc: "2.0", method: "m", params: { n: 1 } };
  await a.start();
  await a.send(message);
  message.params.n = 2;
  await a.send(message);
  await turn();
  equal(got, [], "before the start");
  await b.start();
  await turn();
  equal(got.map(({ params }) => params.n), [1, 2]);
  const sent = a.send(message);
  equal(got.length, 2, "in the same turn");
  await sent;
  await Promise.resolve();
  equal(got.length, 3, "in a later microtask");
}, { ...PAIR, eras: ["modern"] });

rule("pair: never re-entrant, and a handler that throws is reported and loses nothing", async (env) => {
  const reports = env.reports();
  const [a, b] = /** @type {any[]} */ (env.mcp.createInMemoryPair());
  const events = /** @type {string[]} */ ([]);
  a.onmessage = (/** @type {any} */ { n }) => {
    events.push(`a${n} {`);
    if (n < 3) void a.send({ n: n + 1 });
    events.push("}");
    if (n === 1) throw new Error("the handler's fault");
  };
  b.onmessage = (/** @type {any} */ { n }) => {
    events.push(`b${n} {`);
    void b.send({ n });
    void b.send({ n: n + 10 });
    events.push("}");
  };
  await a.start();
  await b.start();
  await a.send({ n: 1 });
  await turn();
  equal(events.join(" "), "b1 { } a1 { } a11 { } b2 { } a2 { } a12 { } b3 { } a3 { } a13 { }");
  equal(reports.map(({ message }) => message), ["the handler's fault"]);
}, { ...PAIR, eras: ["modern"] });

rule("pair: close on either side ends both, after what was sent before it", async (env) => {
  for (const closer of [0, 1]) {
    const pair = /** @type {any[]} */ (env.mcp.createInMemoryPair());
    const events = /** @type {string[]} */ ([]);
    pair.forEach((end, i) => {
      end.onmessage = (/** @type {any} */ { n }) => void events.push(`${i} gets ${n}`);
      end.onclose = () => void events.push(`${i} closed`);
    });
    for (const end of pair) await end.start();
    const end = pair[closer];
    const other = pair[1 - closer];
    void other.send({ n: 1 });
    void end.send({ n: 2 });
    await end.close();
    await end.close();
    await turn();
    equal(events, [`${closer} closed`, `${1 - closer} gets 2`, `${1 - closer} closed`]);
    await rejects(end.send({}), { code: "CLOSED", mayHaveRun: false });
    await rejects(other.send({}), { code: "CLOSED" });
    await rejects(other.start(), { code: "CLOSED" });
  }
}, { ...PAIR, eras: ["modern"] });

rule("pair: a peer that closes fails what is in flight, at once", async (env) => {
  const { client, peer, call } = await env.calling();
  let closed = 0;
  client.onclose = () => closed++;
  peer.link.hangUp();
  await rejects(call, { name: "ClosedError", code: "CLOSED", mayHaveRun: true });
  equal(closed, 1);
  equal(client.errors, []);
}, PAIR);
