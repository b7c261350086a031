// A server in the page, with its module inside the package.
import { McpError, part } from "../base/errors.js";
import { provideHost, readyHost } from "../wasm/server-load.js";
import { unpack } from "../wasm/unpack.js";
import { serverClass } from "./server.js";

function ready() {
  provideHost(async () => {
    const scope = /** @type {typeof globalThis & { ServiceWorkerGlobalScope?: new () => object }} */ (globalThis);
    if (scope.ServiceWorkerGlobalScope && scope instanceof scope.ServiceWorkerGlobalScope) {
      const advice = "a service worker may load nothing later, so a server in it takes `Server` and `initServer` of mcp-wasm/slim";
      throw new McpError("UNSUPPORTED", advice);
    }
    return (await part(import("../wasm/server-module.js"))).startHost(unpack);
  });
  return readyHost();
}

export const Server = /* @__PURE__ */ serverClass(ready);
