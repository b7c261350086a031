// For apps that place the module themselves: `import url from "mcp-wasm/core.wasm?url"`.
import { part } from "./base/errors.js";
import start, { Core } from "./wasm/core.js";
import startHost, { Host } from "./wasm/host.js";
import { provide, ready } from "./wasm/load.js";
import { provideHost, readyHost } from "./wasm/server-load.js";
import { serverClass } from "./server/server.js";

/**
 * Starts the module from a URL, a `Response`, bytes, or a compiled `WebAssembly.Module`.
 * @param {unknown} source
 */
export async function init(source) {
  provide(async () => {
    await start({ module_or_path: await source });
    return { Core };
  }, () => part(import("./transports/exchanges.js")));
  await ready();
}

/**
 * Says where the server's module is, for pages that make a `Server`. It starts on the first connection.
 * @param {unknown} source
 */
export function initServer(source) {
  provideHost(async () => {
    await startHost({ module_or_path: await source });
    return Host;
  });
}

export const Server = /* @__PURE__ */ serverClass(readyHost);

export * from "./client/api.js";
