// A front-end's hook: it watches the transport from before it is connected, logs what goes by, lists and calls, and connects
// again when the connection is lost. As a program of the SDK 1.x has it.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { ResourceListChangedNotificationSchema } from "@modelcontextprotocol/sdk/types.js";

/** @param {{ scripted: (script?: object) => any }} servers */
export async function main({ scripted }) {
  /** @type {unknown[]} */
  const states = [];
  /** @type {unknown[]} */
  const logged = [];
  const script = {
    capabilities: { tools: {}, resources: { listChanged: true } },
    answers: { "tools/list": { tools: [{ name: "one", inputSchema: { type: "object" } }] }, "tools/call": { content: [{ type: "text", text: "called" }] }, "resources/list": { resources: [] } },
  };
  /** @type {any} */
  let server;
  /** @type {Client | undefined} */
  let client;
  let attempts = 0;
  /** @type {() => void} */
  let ready = () => {};

  const connect = async () => {
    states.push("connecting");
    attempts++;
    client = new Client({ name: "hook", version: "1.0.0" }, { capabilities: {} });
    server = scripted(script);
    server.onmessage = (/** @type {any} */ message) => void logged.push(message.method ?? "answer");
    server.onerror = (/** @type {Error} */ error) => void logged.push(error.message);
    server.onclose = () => {
      states.push("lost");
      if (attempts < 3) setTimeout(connect, 10);
    };
    await client.connect(server);
    client.setNotificationHandler(ResourceListChangedNotificationSchema, () => void logged.push("resources changed"));
    const { tools } = await client.listTools();
    states.push(["ready", tools.map(({ name }) => name), client.getServerVersion()?.name]);
    ready();
  };
  const again = () => new Promise((resolve) => (ready = () => resolve(undefined)));

  await connect();
  await server.tell("notifications/resources/list_changed");
  const { content } = await /** @type {Client} */ (/** @type {unknown} */ (client)).callTool({ name: "one", arguments: {} });
  const second = again();
  server.onclose();
  await second;
  const lost = /** @type {Client} */ (/** @type {unknown} */ (client));
  const third = again();
  server.onclose();
  const late = await lost.listTools().then(() => "listed", (error) => error instanceof Error);
  await third;
  attempts = 3;
  await /** @type {Client} */ (/** @type {unknown} */ (client)).close();
  return { states, logged, content, late };
}
