// This package. Its transports may hand over the text of a frame, unparsed.
import { Client } from "mcp-wasm";
import { expose } from "../harness.js";

/** @param {any} client @returns {import("../harness.js").Call} */
const caller = (client) => (n, progressHandler) => client.callTool("flood", { n }, { progressHandler });

expose({
  async memory(link) {
    /** @type {any} */
    const transport = {
      onframe: undefined,
      async start() {},
      async send(/** @type {any} */ message) {
        link.send(message);
      },
      async close() {},
    };
    link.receive = (text) => transport.onframe(text);
    const client = new Client({ name: "bench", version: "1.0.0" });
    await client.connect(transport);
    return caller(client);
  },
  dial: async (url) => caller(await Client.connect(url)),
  fetch: async (url) => caller(await Client.connect(url)),
});
