// The TypeScript SDK, version 1, with the WebSocket transport that it ships.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport } from "@modelcontextprotocol/sdk/client/websocket.js";
import { JSONRPCMessageSchema } from "@modelcontextprotocol/sdk/types.js";
import { expose } from "../harness.js";

/** @param {any} transport @returns {Promise<import("../harness.js").Session>} */
async function connect(transport) {
  const client = new Client({ name: "bench", version: "1.0.0" });
  await client.connect(transport);
  /** @param {string} name @param {any} args @param {import("../harness.js").Handler} handler */
  const call = (name, args, handler) =>
    client.callTool({ name, arguments: args }, undefined, {
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
    // As its own WebSocket transport does.
    link.receive = (text) => transport.onmessage(JSONRPCMessageSchema.parse(JSON.parse(text)));
    return connect(transport);
  },
  dial: (url) => connect(new WebSocketClientTransport(new URL(url))),
  fetch: (url) => connect(new StreamableHTTPClientTransport(new URL(url))),
});
