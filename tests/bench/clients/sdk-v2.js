// The TypeScript SDK, version 2. It ships no WebSocket transport; this one does what version 1's did.
import { Client, StreamableHTTPClientTransport, parseJSONRPCMessage } from "@modelcontextprotocol/client";
import { expose } from "../harness.js";

/** @param {any} transport @returns {Promise<import("../harness.js").Session>} */
async function connect(transport) {
  const client = new Client({ name: "bench", version: "1.0.0" });
  await client.connect(transport);
  /** @param {string} name @param {any} args @param {import("../harness.js").Handler} handler */
  const call = (name, args, handler) =>
    client.callTool({ name, arguments: args }, {
      timeout: 600_000,
      onprogress: ({ progress, total, message }) => handler(progress, total, message),
    });
  return {
    flood: (args, handler) => call("flood", args, handler),
    replay: (args, handler) => call("replay", args, handler),
    large: (bytes) => call("large", { bytes }, () => {}),
    echo: (text) => client.callTool({ name: "echo", arguments: { text } }),
    list: () => client.listTools(),
  };
}

expose({
  memory(link) {
    /** @type {any} */
    const transport = {
      async start() {},
      async send(/** @type {any} */ message) {
        link.send(message);
      },
      async close() {},
    };
    link.receive = (text) => transport.onmessage(parseJSONRPCMessage(JSON.parse(text)));
    return connect(transport);
  },
  dial(url) {
    const socket = new WebSocket(url, "mcp");
    /** @type {any} */
    const transport = {
      start: () => new Promise((resolve) => (socket.onopen = () => resolve(undefined))),
      async send(/** @type {any} */ message) {
        socket.send(JSON.stringify(message));
      },
      async close() {
        socket.close();
      },
    };
    socket.onmessage = (event) => transport.onmessage(parseJSONRPCMessage(JSON.parse(event.data)));
    return connect(transport);
  },
  fetch: (url) => connect(new StreamableHTTPClientTransport(new URL(url))),
});
