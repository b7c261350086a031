// This package, in its worker mode: transport and core run in a worker.
import { Client } from "mcp-wasm";
import { expose } from "../harness.js";

/** @param {string} url @returns {Promise<import("../harness.js").Session>} */
async function connect(url) {
  const client = await Client.connect(url, /** @type {any} */ ({ worker: true }));
  return {
    flood: (args, progressHandler) => client.callTool("flood", args, { progressHandler }),
    echo: (text) => client.callTool("echo", { text }),
    list: () => client.listTools(),
    replay: (args, progressHandler) => client.callTool("replay", args, { progressHandler }),
    large: (bytes) => client.callTool("large", { bytes }),
  };
}

expose({ dial: connect, fetch: connect });
