// The handlers of a transport, over every channel: whoever puts some there, before the client or in
// its place, is told of what happens, and takes nothing away.
import { equal, ok, soon, within } from "./check.mjs";
import { CHANNELS, CONNECTIONS, collect } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

/** A transport that leads to the peer. @param {import("./env.mjs").Env} env @param {import("./peer.mjs").Peer} peer @returns {any} */
function transportTo(env, peer) {
  const { target } = /** @type {any} */ (peer);
  if (env.channel === "socket") return new env.mcp.WebSocketTransport(target);
  if (env.channel === "http") return new env.mcp.StreamableHttpTransport(target);
  return env.channel === "port" ? new env.mcp.MessagePortTransport(target) : target;
}

/** A call with two reports. @param {import("mcp-wasm").Client} client @param {import("./peer.mjs").Peer} peer */
async function callOnce(client, peer) {
  const heard = /** @type {number[]} */ ([]);
  const call = client.callTool("t", {}, { progressHandler: (progress) => void heard.push(progress) });
  const request = await peer.next("tools/call");
  peer.send(peer.progress(request, 1), peer.progress(request, 2), peer.result(request));
  await within(call, "the call");
  equal(heard, [1, 2]);
}

/** What is seen of a call, beside the handshake. @param {any[]} seen messages */
const ofCall = (seen) => seen.filter(({ method, result }) => method === "notifications/progress" || result?.content).map(({ method }) => method ?? "result");

rule("handlers set on a transport before connect are told of everything, and of its end once", async (env) => {
  const peer = await env.peer();
  const transport = transportTo(env, peer);
  /** @type {any[]} */
  const seen = [];
  let ends = 0;
  transport.onmessage = (/** @type {any} */ message) => void seen.push(message);
  transport.onclose = () => ends++;
  const client = env.client();
  await within(client.connect(transport), "the connection");
  await callOnce(client, peer);
  equal(ofCall(seen), ["notifications/progress", "notifications/progress", "result"]);
  equal(ends, 0);
  await client.close();
  await soon("the end is told", () => ends > 0);
  equal(ends, 1);
  equal(client.errors, []);
}, { worker: false });

rule("a handler that throws takes nothing from the client", async (env) => {
  const reported = env.reports();
  const peer = await env.peer();
  const transport = transportTo(env, peer);
  transport.onmessage = () => {
    throw new Error("of the program");
  };
  const client = env.client();
  await within(client.connect(transport), "the connection");
  await callOnce(client, peer);
  ok(reported.length > 0);
}, { worker: false });

rule("the end that a server makes is told to the transport's handler, once", async (env) => {
  const peer = await env.peer();
  const transport = transportTo(env, peer);
  let ends = 0;
  let closed = 0;
  transport.onclose = () => ends++;
  const client = env.client();
  client.onclose = () => closed++;
  await within(client.connect(transport), "the connection");
  peer.link.hangUp();
  await soon("the end is told", () => ends > 0 && closed > 0);
  await client.close();
  equal([ends, closed], [1, 1]);
}, { on: CONNECTIONS, worker: false });

rule("who wraps onmessage and send after connect sees every message", async (env) => {
  const { client, peer } = await env.connect();
  const transport = /** @type {any} */ (client.transport);
  const { onmessage, send } = transport;
  /** @type {any[]} */
  const seen = [];
  /** @type {any[]} */
  const sent = [];
  transport.onmessage = (/** @type {any[]} */ ...given) => {
    seen.push(given[0]);
    return onmessage.apply(transport, given);
  };
  transport.send = (/** @type {any[]} */ ...given) => {
    sent.push(given[0].method);
    return send.apply(transport, given);
  };
  await callOnce(client, peer);
  equal(ofCall(seen), ["notifications/progress", "notifications/progress", "result"]);
  equal(sent, ["tools/call"]);
  equal(client.diagnostics().progress.delivered, 2);
  // Its own decision: what it hands over as text goes to `onframe`.
}, { on: CHANNELS.filter((channel) => channel !== "frames") });

rule("who watches a transport hears of its end before the client's owner does, and may connect again at once", async (env) => {
  const [peer, other] = [await env.peer(), await env.peer()];
  const transport = transportTo(env, peer);
  /** @type {string[]} */
  const told = [];
  const close = transport.close.bind(transport);
  transport.onclose = () => void told.push("transport");
  // As the SDKs' transports do: they say so while they are being closed.
  transport.close = () => {
    transport.onclose?.();
    return close();
  };
  const client = env.client();
  client.onclose = () => {
    told.push("client");
    again ??= client.connect(other.target);
  };
  /** @type {Promise<void> | undefined} */
  let again;
  await within(client.connect(transport), "the connection");
  await client.close();
  await within(again ?? Promise.reject(new Error("not told")), "the second connection");
  equal(told, ["transport", "client"]);
  await client.ping();
}, { worker: false });

rule("closing the client waits for its transport's end", async (env) => {
  const peer = await env.peer();
  const transport = transportTo(env, peer);
  const close = transport.close.bind(transport);
  let done = false;
  transport.close = async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    await close();
    done = true;
  };
  const client = env.client();
  await within(client.connect(transport), "the connection");
  await client.close();
  ok(done);
}, { worker: false });
