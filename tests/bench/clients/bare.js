// The least that JavaScript can do: JSON.parse, a Map, the callback; over HTTP eventsource-parser.
import { createParser } from "eventsource-parser";
import { expose } from "../harness.js";

/** @param {(message: any) => void} send */
function bare(send) {
  /** @type {Map<number, { handler: import("../harness.js").Handler, resolve: (result: unknown) => void }>} */
  const calls = new Map();
  let id = 0;
  /** @param {string} method @param {any} params @param {import("../harness.js").Handler} handler */
  const request = (method, params, handler) =>
    new Promise((resolve) => {
      calls.set(++id, { handler, resolve });
      send({ jsonrpc: "2.0", id, method, params: { ...params, _meta: { progressToken: id } } });
    });
  return {
    /** @param {string} text */
    receive(text) {
      const message = JSON.parse(text);
      if (message.method === "notifications/progress") {
        const { progressToken, progress, total, message: words } = message.params;
        // Some servers turn tokens into text.
        calls.get(Number(progressToken))?.handler(progress, total, words);
      } else {
        calls.get(message.id)?.resolve(message.result);
        calls.delete(message.id);
      }
    },
    /** @type {import("../harness.js").Session} */
    session: {
      flood: (args, handler) => request("tools/call", { name: "flood", arguments: args }, handler),
      echo: (text) => request("tools/call", { name: "echo", arguments: { text } }, () => {}),
      list: () => request("tools/list", {}, () => {}),
      replay: (args, handler) => request("tools/call", { name: "replay", arguments: args }, handler),
      large: (bytes) => request("tools/call", { name: "large", arguments: { bytes } }, () => {}),
    },
  };
}

expose({
  async memory(link) {
    const client = bare(link.send);
    link.receive = client.receive;
    return client.session;
  },
  async dial(url) {
    const socket = new WebSocket(url, "mcp");
    const client = bare((message) => socket.send(JSON.stringify(message)));
    socket.onmessage = (event) => client.receive(event.data);
    await new Promise((resolve) => (socket.onopen = resolve));
    return client.session;
  },
  async fetch(url) {
    const client = bare(async (message) => {
      const response = await fetch(url, { method: "POST", body: JSON.stringify(message) });
      if (response.headers.get("content-type") === "application/json") return client.receive(await response.text());
      const parser = createParser({ onEvent: ({ data }) => client.receive(data) });
      const decoder = new TextDecoder();
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      for (let read; !(read = await reader.read()).done; ) parser.feed(decoder.decode(read.value, { stream: true }));
    });
    return client.session;
  },
});
