// How large messages may be, over every channel that can tell: what is too large fails what it answers,
// and nothing else.
import { equal, hasMembers, pending, ok, rejects, soon, within } from "./check.mjs";
import { CHANNELS, collect } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

/** Objects of a transport of one's own are not measured. */
const MEASURED = { on: CHANNELS.filter((channel) => channel !== "objects") };
const TOO_LARGE = { code: "MESSAGE_TOO_LARGE", message: /maxMessageSize.* 4000 bytes/ };
const LONG = "x".repeat(5000);

/** A client with that limit, and two calls under way. @param {import("./env.mjs").Env} env */
async function calls(env) {
  const peer = await env.peer();
  const client = env.client();
  await within(client.connect(peer.target, { maxMessageSize: 4000 }), "the connection");
  if (env.era === "legacy") await peer.next("notifications/initialized");
  const begin = async () => {
    const call = client.callTool("tool");
    call.catch(() => {});
    return { call, request: await peer.next("tools/call") };
  };
  return { client, peer, large: await begin(), other: await begin() };
}

for (const [where, frame] of /** @type {[string, (id: any) => string][]} */ ([
  ["before", (id) => `{"jsonrpc":"2.0","id":${id},"result":{"content":[],"note":"${LONG}"}}`],
  ["behind", (id) => `{ "result" : {"content":[{"id":77,"text":"\\"id\\": 78, \\\\"}],"note":"${LONG}"} , "jsonrpc":"2.0", "id" : ${id} }`],
  ["as an error", (id) => `{"jsonrpc":"2.0","error":{"code":1,"message":"${LONG}"},"id":${id}}`],
])) {
  rule(`a message over maxMessageSize fails the call that it answers, and no other: its id stands ${where}`, async (env) => {
    const { client, peer, large, other } = await calls(env);
    peer.send(frame(large.request.id));
    await rejects(within(large.call, "the answer"), TOO_LARGE);
    ok(await pending(other.call), "the other call lives on");
    peer.send(peer.progress(other.request, 1), peer.result(other.request));
    await within(other.call, "the other call");
    equal(client.errors, []);
  }, MEASURED);
}

rule("what is too large and names no call is told, and every call lives on", async (env) => {
  const { client, peer, large, other } = await calls(env);
  // Where a stream belongs to a request, it comes there.
  peer.send(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"${LONG}","id":${large.request.id}}}`);
  await soon("it is told", () => client.errors.length > 0);
  hasMembers(client.errors[0], TOO_LARGE);
  for (const { call, request } of [large, other]) {
    peer.send(peer.result(request));
    await within(call, "the call");
  }
  equal(client.errors.length, 1);
}, MEASURED);

rule("a message over maxMessageSize is not sent: its call fails by name, and the connection goes on", async (env) => {
  const { peer, client, other } = await calls(env);
  await rejects(within(client.callTool("t", { data: LONG }), "the refusal"), TOO_LARGE);
  equal(peer.all("tools/call").length, 2);
  peer.send(peer.result(other.request));
  await within(other.call, "the other call");
}, MEASURED);

rule("a limit of maxMessageSize counts bytes, and what fits arrives", async (env) => {
  const { peer, large, other } = await calls(env);
  // 3,000 characters of three bytes each, and of one.
  peer.send(peer.result(large.request, { content: [{ type: "text", text: "語".repeat(1500) }] }));
  await rejects(within(large.call, "the answer"), TOO_LARGE);
  peer.send(peer.result(other.request, { content: [{ type: "text", text: "x".repeat(3000) }] }));
  const [part] = /** @type {any[]} */ ((await within(other.call, "the call")).content);
  equal(part.text.length, 3000);
}, MEASURED);

rule("maxMessageSize must be a number", async (env) => {
  const peer = await env.peer();
  for (const maxMessageSize of [0, -1, NaN, "many", "1000", null]) {
    await rejects(env.client().connect(peer.target, { maxMessageSize: /** @type {any} */ (maxMessageSize) }), { code: "INVALID_ARGUMENT", message: /maxMessageSize/ });
  }
  await within(env.client().connect(peer.target, { maxMessageSize: Infinity }), "the connection");
}, { on: ["frames"], eras: ["modern"] });
