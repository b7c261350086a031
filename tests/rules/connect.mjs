// Opening a connection, and losing one: silent servers, servers that hang up or refuse, wrong
// addresses. The handshake goes over every channel; the rest needs a real WebSocket.
import { equal, hasMembers, match, ok, pending, rejects, turn, unhurried, within } from "./check.mjs";
import { CONNECTIONS, collect } from "./env.mjs";
import { MODERN } from "./peer.mjs";

const { rules, rule } = collect();
export { rules };

/** @type {{ on: import("./env.mjs").Channel[] }} */
const SOCKET = { on: ["socket"] };

/** @param {import("./env.mjs").Env} env @param {import("mcp-wasm").Client} client @param {import("./peer.mjs").Peer} peer */
async function works(env, client, peer) {
  const heard = /** @type {number[]} */ ([]);
  const call = client.callTool("t", {}, { progressHandler: (progress) => void heard.push(progress) });
  const request = await peer.next("tools/call");
  peer.send(peer.progress(request, 1), peer.result(request));
  await within(call, "the call");
  equal(heard, [1]);
  equal(client.era, env.era);
}

// ---- the probe ----

for (const code of [-32601, -32602, -32600, -32603, -32700, -32000, -32001, -1, 0, 1, 404, 2 ** 40]) {
  rule(`era: a probe answered with error ${code} means initialize, on the same connection`, async (env) => {
    const peer = await env.peer();
    peer.answers["server/discover"] = (request) => peer.refuse(request, code, "no");
    const client = env.client();
    await within(client.connect(peer.target), "the connection");
    await works(env, client, peer);
    equal(peer.connections, 1);
    equal(client.errors, []);
  }, { eras: ["legacy"] });
}

for (const [what, answer] of /** @type {[string, string][]} */ ([
  ["an error that is text", '"error":"Method not found"'],
  ["a result that is no DiscoverResult", '"result":{"hello":true}'],
  ["a result that is null", '"result":null'],
  ["versions that are no list", '"result":{"supportedVersions":"2026-07-28"}'],
  ["legacy versions only", '"result":{"supportedVersions":["2025-11-25"]}'],
  ["the modern refusal, naming legacy versions", '"error":{"code":-32022,"message":"no","data":{"supported":["2025-11-25"]}}'],
])) {
  rule(`era: a probe answered with ${what} means initialize`, async (env) => {
    const peer = await env.peer();
    peer.answers["server/discover"] = ({ id }) => void peer.send(`{"jsonrpc":"2.0","id":${id},${answer}}`);
    const client = env.client();
    await within(client.connect(peer.target), "the connection");
    await works(env, client, peer);
  }, { eras: ["legacy"] });
}

rule("era: a server that speaks only revisions unknown here is refused by name", async (env) => {
  const peer = await env.peer();
  peer.answers["server/discover"] = () => ({ supportedVersions: ["2031-01-01", "2032-02-02"], capabilities: {} });
  const client = env.client();
  const error = await rejects(client.connect(peer.target), { name: "ProtocolError", code: "INCOMPATIBLE_VERSION", message: /2031-01-01 2032-02-02/ });
  match(error.message, /2025-11-25/);
  await rejects(client.ping(), { code: "CLOSED" });
});

rule("era: a legacy revision that is unknown here is refused by name", async (env) => {
  const peer = await env.peer();
  peer.answers.initialize = () => ({ protocolVersion: "2023-01-01", capabilities: {}, serverInfo: { name: "s", version: "1" } });
  await rejects(env.client().connect(peer.target), { code: "INCOMPATIBLE_VERSION", message: /2023-01-01/ });
}, { eras: ["legacy"] });

rule("era: initialize answered with an error, or without a version, fails the connection by name", async (env) => {
  const refusing = await env.peer();
  refusing.answers.initialize = (request) => refusing.refuse(request, -32603, "out of order", { why: 1 });
  await rejects(env.client().connect(refusing.target), { name: "RpcError", rpcCode: -32603, message: "out of order", data: { why: 1 } });
  const silly = await env.peer();
  silly.answers.initialize = () => ({ capabilities: {} });
  await rejects(env.client().connect(silly.target), { code: "PROTOCOL_ERROR", message: /protocolVersion/ });
}, { eras: ["legacy"] });

rule("era: what comes before the answer to the probe is dropped, and spoils nothing", async (env) => {
  const peer = await env.peer();
  const discover = /** @type {(request: any) => any} */ (peer.answers["server/discover"]);
  peer.answers["server/discover"] = (request) => {
    peer.send(
      { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "early" } },
      { jsonrpc: "2.0", id: 1, method: "ping" },
      { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: request.id, progress: 1 } },
      { jsonrpc: "2.0", id: 77, result: {} },
    );
    return discover(request);
  };
  const logs = /** @type {any[]} */ ([]);
  const client = env.client({ logHandler: (message) => void logs.push(message) });
  await within(client.connect(peer.target), "the connection");
  await works(env, client, peer);
  equal(logs, []);
});

rule("era: a probe that stays unanswered means initialize, on the same connection; its late answer is ignored", async (env) => {
  await unhurried([50, 500, 5000], "the probe's way to the server", async (probeTimeout) => {
    const peer = await env.peer();
    /** @type {any} */
    let probe;
    peer.answers["server/discover"] = (request) => void (probe = request);
    const client = env.client();
    await within(client.connect(peer.target, { probeTimeout }), "the connection");
    if (!probe) return false;
    peer.send(peer.result(probe, { supportedVersions: [MODERN], capabilities: {} }));
    await works(env, client, peer);
    equal(peer.connections, 1);
    return true;
  });
}, { eras: ["legacy"] });

rule("era: a server that never answers fails the connection by its clock", async (env) => {
  const peer = await env.peer();
  peer.answers = {};
  const client = env.client();
  await rejects(client.connect(peer.target, { connectTimeout: 900, probeTimeout: 40 }), {
    name: "TimeoutError", code: "TIMEOUT", clock: "connect", timeout: 900, message: /connecting.*within 900 ms/,
  });
  equal(peer.all("initialize").length, 1);
  await peer.gone();
  await rejects(client.ping(), { code: "CLOSED", mayHaveRun: false });
}, { on: CONNECTIONS });

rule("era: a server that hangs up on the probe gets a second connection that starts with initialize", async (env) => {
  const peer = await env.peer();
  peer.answers["server/discover"] = () => void peer.link.hangUp(1002);
  const client = env.client();
  await within(client.connect(peer.target), "the connection");
  equal(peer.connections, 2);
  equal(peer.received.map(({ method, id }) => [method, id]).slice(0, 2), [["server/discover", 1], ["initialize", 2]]);
  await works(env, client, peer);
  // It is remembered: the next connection to this server does not probe.
  const again = env.client();
  await within(again.connect(peer.target), "the connection");
  equal(peer.received.at(-1)?.method === "initialize" || peer.all("server/discover").length === 1, true);
  equal(peer.all("server/discover").length, 1);
  await works(env, again, peer);
}, { ...SOCKET, eras: ["legacy"] });

rule("era: a server that hangs up on everything fails the connection by name", async (env) => {
  const peer = await env.peer();
  peer.answers["server/discover"] = () => void peer.link.hangUp(1002);
  peer.answers.initialize = () => void peer.link.hangUp(1002);
  await rejects(env.client().connect(peer.target), { name: "ClosedError", code: "CLOSED", message: /connecting to ws:/ });
  await turn();
  equal(peer.connections, 2);
}, SOCKET);

rule("era: one that is known saves the probe, and a server that has changed is found out", async (env) => {
  const first = await env.connect();
  equal(first.client.knownEra, env.era);
  for (const knownEra of ["legacy", "modern", "", "junk", null]) {
    const peer = await env.peer();
    const client = env.client();
    await within(client.connect(peer.target, { knownEra }), "the connection");
    equal([client.era, client.knownEra], [env.era, env.era], String(knownEra));
    const methods = peer.received.map(({ method }) => method).filter((method) => method !== "notifications/initialized");
    const probed = env.era === "modern" ? ["server/discover"] : ["server/discover", "initialize"];
    if (knownEra !== "legacy") equal(methods, probed, String(knownEra));
    else equal(methods, env.era === "legacy" ? ["initialize"] : ["initialize", "server/discover"]);
    // Browsers open six connections to one server at a time, and a legacy session takes one for good.
    await client.close();
  }
  const forced = env.client({ mode: env.era === "legacy" ? "legacy" : { pin: MODERN } });
  await within(forced.connect((await env.peer()).target), "the connection");
  equal(forced.knownEra, undefined);
  equal(env.client().knownEra, undefined);
});

rule("era: a transport that ends during the probe fails the connection: there is no second one", async (env) => {
  const peer = await env.peer();
  peer.answers["server/discover"] = () => void peer.link.hangUp();
  const client = env.client();
  await rejects(client.connect(peer.target), { name: "ClosedError", code: "CLOSED" });
  equal(peer.connections, 1);
}, { on: ["objects", "frames"] });

// ---- closing while opening ----

rule("close while connecting fails connect, and opens nothing later", async (env) => {
  for (const silent of ["server/discover", "initialize"]) {
    const peer = await env.peer();
    peer.answers[silent] = () => undefined;
    const client = env.client({ mode: silent === "initialize" ? "legacy" : "auto" });
    const connecting = rejects(client.connect(peer.target), { name: "ClosedError", code: "CLOSED", message: /the client was closed/ });
    await peer.next(silent);
    await client.close();
    await connecting;
    await peer.gone();
    await turn();
    equal(peer.connections, 1);
  }
});

rule("close right after connect, before anything is open", async (env) => {
  const peer = await env.peer();
  const client = env.client();
  const connecting = rejects(client.connect(peer.target), { code: "CLOSED" });
  await client.close();
  await connecting;
  const other = await env.peer();
  await within(client.connect(other.target), "the connection");
  await works(env, client, other);
  equal(peer.received, []);
});

rule("a transport that fails to start fails connect with its own error as the cause", async (env) => {
  const peer = await env.peer();
  const broken = new Error("no dial tone");
  peer.target.start = () => Promise.reject(broken);
  const client = env.client();
  const error = await rejects(client.connect(peer.target), { name: "ClosedError", code: "CLOSED", mayHaveRun: false });
  equal(error.cause, broken);
  const other = await env.peer();
  await client.connect(other.target);
  await works(env, client, other);
}, { on: ["objects", "frames"] });

rule("a transport without start and close will do", async (env) => {
  const peer = await env.peer();
  const { target } = peer;
  await target.start();
  delete target.start;
  delete target.close;
  const client = env.client();
  await client.connect(target);
  await works(env, client, peer);
  await client.close();
}, { on: ["objects", "frames"] });

rule("errors of the transport reach onerror and break nothing", async (env) => {
  const { client, peer } = await env.connect();
  const hiccup = new Error("hiccup");
  peer.target.onerror(hiccup);
  equal(client.errors, [hiccup]);
  await works(env, client, peer);
}, { on: ["objects", "frames"] });

rule("a server that ends while it is asked says that it may have been reached, at whichever message", async (env) => {
  for (const last of ["server/discover", "initialize"]) {
    const peer = await env.peer();
    const send = peer.target.send.bind(peer.target);
    peer.target.send = async (/** @type {any} */ message) => {
      if (message.method !== last) return send(message);
      queueMicrotask(() => peer.target.onclose?.());
    };
    await rejects(env.client().connect(peer.target), { code: "CLOSED", mayHaveRun: true, message: /^connecting: (?!.*not sent)/ });
  }
}, { on: ["objects"], eras: ["legacy"] });

rule("whatever a transport's send throws, who called gets an error of ours with its words", async (env) => {
  for (const [thrown, words] of /** @type {[any, RegExp][]} */ ([
    [new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") }), /fetch failed: ECONNREFUSED/],
    ["in words", /in words/],
    [{ code: "EPIPE" }, /EPIPE/],
    [undefined, /could not be sent/],
    [null, /could not be sent/],
  ])) {
    for (const at of /** @type {const} */ (["once", "later"])) {
      const { client, peer } = await env.connect();
      peer.target.send = () => {
        if (at === "once") throw thrown;
        return Promise.reject(thrown);
      };
      const calls = { call: () => client.callTool("t"), list: () => client.listTools(), ping: () => client.ping(), request: () => client.request({ method: "x/y" }), listen: () => client.request({ method: "completion/complete", params: {} }) };
      for (const call of Object.values(calls)) await rejects(call(), { name: "ClosedError", code: "CLOSED", message: words });
      await client.notification({ method: "notifications/x" });
      await turn();
      const [told] = client.errors;
      equal([client.errors.length, /** @type {any} */ (told)?.code], [1, "CLOSED"]);
      match(String(told?.message), words);
    }
  }
}, { on: ["objects"] });

// ---- addresses ----

rule("wrong targets are refused by name", async (env) => {
  const client = env.client();
  const targets = ["ftp://127.0.0.1/", "ws://", "http://[", "file:///etc/passwd", undefined, null, 7, {}, [], () => {}];
  for (const target of targets) {
    await rejects(client.connect(/** @type {any} */ (target)), { name: "McpError", code: "INVALID_ARGUMENT", message: /cannot connect/ });
  }
  const { client: fine } = await env.connect();
  await fine.ping();
}, SOCKET);

rule("a refused connection and a wrong path say where and why", async (env) => {
  const { relay, nobody } = env.setting;
  const client = env.client();
  for (const url of [nobody, `${relay}/nothing/here`, `${relay}/mcp/999999`]) {
    const error = await rejects(client.connect(url), { name: "ClosedError", code: "CLOSED", mayHaveRun: false });
    ok(error.message.includes(url), error.message);
  }
  equal(client.errors, []);
  const peer = await env.peer();
  await client.connect(peer.target);
  await works(env, client, peer);
}, SOCKET);

rule("URL objects are addresses too", async (env) => {
  const peer = await env.peer();
  const client = env.client();
  await client.connect(new URL(peer.target));
  await works(env, client, peer);
}, SOCKET);

/**
 * What is done with the next handshake. That comes by another connection and may overtake the command: it is waited for.
 * @param {import("./peer.mjs").Peer} peer @param {string} mode
 */
async function handshakes(peer, mode) {
  peer.link.command({ mode });
  await peer.until("the mode", () => peer.mode === mode);
}

for (const mode of ["no-protocol", "other-protocol"]) {
  rule(`a server that selects ${mode === "no-protocol" ? "no" : "another"} subprotocol is refused`, async (env) => {
    const peer = await env.peer();
    await handshakes(peer, mode);
    const client = env.client();
    const error = await rejects(client.connect(peer.target), { message: /subprotocol/ });
    ok(error instanceof env.mcp.McpError, "a typed error");
    equal(peer.received, []);
    await handshakes(peer, "open");
    await within(client.connect(peer.target), "the connection");
    await works(env, client, peer);
  }, SOCKET);
}

rule("a server that never completes the opening fails the connection by its clock", async (env) => {
  const peer = await env.peer();
  await handshakes(peer, "silent");
  const client = env.client();
  await rejects(client.connect(peer.target, { connectTimeout: 100 }), { name: "TimeoutError", clock: "connect", timeout: 100 });
  equal(client.transport, undefined);
}, SOCKET);

rule("other subprotocols can be offered, and must be selected", async (env) => {
  const peer = await env.peer();
  const client = env.client();
  await rejects(client.connect(peer.target, { protocols: ["foo"] }), { message: /subprotocol/ });
  await client.connect(peer.target, { protocols: ["foo", "mcp"] });
  await works(env, client, peer);
}, SOCKET);

// ---- frames that are no text ----

rule("a binary frame is told and dropped", async (env) => {
  const { client, peer } = await env.connect();
  peer.link.command({ binary: [123, 125] });
  await client.ping();
  equal(client.errors.length, 1);
  hasMembers(client.errors[0], { name: "ProtocolError", code: "PROTOCOL_ERROR", message: /binary/ });
  await works(env, client, peer);
}, SOCKET);

rule("a message of 20 MiB arrives; one over 64 MiB is told by the option's name, and the connection goes on", async (env) => {
  const logs = /** @type {any[]} */ ([]);
  const { client, peer, call, request } = await env.calling({}, { logHandler: ({ data }) => void logs.push(data) });
  peer.link.command({ fill: 20 * 1024 * 1024 });
  await client.ping();
  equal(logs.map((data) => data.length), [20 * 1024 * 1024]);
  peer.link.command({ fill: 64 * 1024 * 1024 });
  peer.send(peer.result(request));
  await call;
  hasMembers(client.errors[0], { name: "McpError", code: "MESSAGE_TOO_LARGE", message: /maxMessageSize.* 67108864 bytes/ });
  equal(logs.length, 1);
}, { ...SOCKET, eras: ["modern"] });

// ---- what may be secret ----

/** They need no peer, and give `fetch`, which no worker takes. @type {{ on: import("./env.mjs").Channel[], eras: import("./env.mjs").Era[], worker: boolean }} */
const ONCE = { on: ["socket"], eras: ["modern"], worker: false };

/** All that an error says, and what its causes say. @param {any} error */
function said(error) {
  const words = [];
  for (let at = error; at; at = at.cause) words.push(String(at.message ?? at));
  return words.join(" | ");
}

rule("an address with a user name or a password is refused, and shown without them", async (env) => {
  for (const scheme of ["ws", "wss", "http", "https", "ftp"]) {
    for (const who of ["amber:s3cr3t", "s3cr3t", ":s3cr3t", "a%40b:s3cr3t", "a@b:s3cr3t"]) {
      const error = await rejects(env.client().connect(`${scheme}://${who}@127.0.0.1:9/mcp?token=s3cr3t#s3cr3t`), { code: "INVALID_ARGUMENT", message: /127\.0\.0\.1:9\/mcp/ });
      equal(/s3cr3t|amber/.test(said(error)), false, said(error));
    }
  }
}, ONCE);

rule("no error shows the query of an address", async (env) => {
  const { relay, nobody } = env.setting;
  // Browsers say on the console, too, what did not load.
  const more = "postMessage" in globalThis ? [] : [nobody.replace(/^ws/, "http"), `${relay}/nothing/here`, `${relay}/nothing`.replace(/^ws/, "http"), "http://a b/"];
  for (const address of [nobody, "http://[bad", "ftp://host/mcp", ...more]) {
    const error = await rejects(env.client().connect(`${address}?token=s3cr3t#s3cr3t`, { connectTimeout: 3000 }), {});
    equal(/s3cr3t/.test(said(error)), false, said(error));
  }
}, ONCE);

rule("what the platform says of an address is told without its query", async (env) => {
  const fetch = async () => {
    throw new TypeError("Failed to parse URL from https://amber:s3cr3t@example.com/mcp?token=s3cr3t");
  };
  const error = await rejects(env.client().connect(env.setting.nobody.replace(/^ws/, "http"), { fetch }), { message: /Failed to parse URL from https:\/\/example\.com\/mcp/ });
  equal(/s3cr3t|amber/.test(error.message), false, error.message);
}, ONCE);

rule("what a server's page says of its address is told without its query", async (env) => {
  const url = `${env.setting.nobody.replace(/^ws/, "http")}?token=s3cr3t`;
  for (const [status, type] of /** @type {[number, string][]} */ ([[404, "text/plain"], [200, "text/html"], [403, "text/html"]])) {
    const fetch = async () => new Response(`<p>nothing at ${url}`, { status, headers: { "content-type": type } });
    const error = await rejects(env.client().connect(url, { fetch }), { message: /nothing at http/ });
    equal(/s3cr3t/.test(said(error)), false, said(error));
  }
}, ONCE);

rule("headers that HTTP does not allow are refused without their values", async (env) => {
  for (const headers of /** @type {any[]} */ ([{ authorization: "Bearer\ns3cr3t" }, { "x-user": "Łukasz s3cr3t" }, { "s3cr3t name": "x" }, () => ({ authorization: "s3cr3t\u0000" })])) {
    const error = await rejects(env.client().connect(env.setting.nobody.replace(/^ws/, "http"), { headers }), { code: "INVALID_ARGUMENT", message: /headers/ });
    equal(/s3cr3t/.test(said(error)), false, said(error));
  }
}, ONCE);

// ---- the end ----

for (const [how, command] of /** @type {[string, Record<string, unknown>][]} */ ([
  ["closes", { close: 1000 }],
  ["closes for a reason", { close: 1011, reason: "out of memory" }],
  ["goes away", { close: 1001 }],
  ["vanishes", { terminate: true }],
])) {
  rule(`a server that ${how} in the middle of a call fails it at once`, async (env) => {
    const heard = /** @type {number[]} */ ([]);
    const { client, peer, call, request } = await env.calling({ progressHandler: (progress) => void heard.push(progress) });
    let closed = 0;
    client.onclose = () => closed++;
    peer.send(peer.progress(request, 1));
    await client.ping();
    peer.link.command(command);
    await rejects(call, { name: "ClosedError", code: "CLOSED", mayHaveRun: true });
    equal(heard, [1]);
    equal(closed, 1);
    if (command.close === 1000) equal(client.errors, []);
    else match(client.errors[0]?.message, command.reason ? /1011: out of memory/ : /10\d\d/);
    await within(client.connect(peer.target), "the next connection");
    await works(env, client, peer);
  }, SOCKET);
}

rule("a response and the end in one turn: the response counts", async (env) => {
  const { client, peer, call, request } = await env.calling();
  const other = client.callTool("other");
  other.catch(() => {});
  await peer.next("tools/call");
  peer.send(peer.result(request));
  peer.link.hangUp();
  await call;
  await rejects(other, { code: "CLOSED", mayHaveRun: true });
}, { on: CONNECTIONS });

rule("trace sees every message of both directions", async (env) => {
  const peer = await env.peer();
  const trace = /** @type {[string, string][]} */ ([]);
  const client = env.client();
  await client.connect(peer.target, { trace: (direction, text) => void trace.push([direction, JSON.parse(text).method]) });
  await works(env, client, peer);
  const calls = trace.slice(trace.findIndex(([, method]) => method === "tools/call"));
  equal(calls, [["sent", "tools/call"], ["received", "notifications/progress"], ["received", undefined]]);
}, SOCKET);

rule("a hundred connections one after the other leave nothing behind", async (env) => {
  const client = env.client();
  for (let round = 0; round < 100; round++) {
    const peer = await env.peer();
    await client.connect(peer.target);
    const call = client.callTool("t");
    await peer.next("tools/call");
    await client.close();
    await rejects(call, { code: "CLOSED" });
    ok(!(await pending(call)), "still pending");
  }
}, { on: ["frames"] });
