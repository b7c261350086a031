// This package. Its transports may hand over the text of a frame, unparsed.
import { Client } from "mcp-wasm";
import { expose } from "../harness.js";

/** @type {WebAssembly.Memory | undefined} */
let memory;
const instantiate = WebAssembly.instantiate;
WebAssembly.instantiate = /** @type {any} */ (
  async (/** @type {any[]} */ ...given) => {
    const made = await /** @type {any} */ (instantiate)(...given);
    // The names of the exports are shortened.
    memory = /** @type {any} */ (Object.values((made.instance ?? made).exports).find((value) => value instanceof WebAssembly.Memory));
    return made;
  }
);

/** @param {Client} client @returns {import("../harness.js").Session} */
export const session = (client) => ({
  flood: (args, progressHandler) => client.callTool("flood", args, { progressHandler }),
  echo: (text) => client.callTool("echo", { text }),
  list: () => client.listTools(),
  replay: (args, progressHandler) => client.callTool("replay", args, { progressHandler }),
  large: (bytes) => client.callTool("large", { bytes }),
});

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
    return session(client);
  },
  dial: async (url) => session(await Client.connect(url)),
  fetch: async (url) => session(await Client.connect(url)),
  memoryOfModule: () => memory?.buffer.byteLength ?? 0,
});
