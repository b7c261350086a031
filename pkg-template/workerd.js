// The package in Cloudflare's runtime, which compiles no bytes: the modules are imported, as bundlers
// for it know.
import start, { Core } from "./wasm/core.js";
import compiled from "./core.wasm";
import startHost, { Host } from "./wasm/host.js";
import { provide } from "./wasm/load.js";
import { serverClass } from "./server/server.js";
import { provideHost, readyHost } from "./wasm/server-load.js";

// What is imported here is in the same bundle: none of it can be missing by itself.
provide(async () => {
  await start({ module_or_path: compiled });
  return { Core };
}, () => import("./transports/exchanges.js"));

/** Only who makes a server needs its module. */
function ready() {
  provideHost(async () => {
    await startHost({ module_or_path: (await import("./server.wasm")).default });
    return Host;
  });
  return readyHost();
}

export const Server = /* @__PURE__ */ serverClass(ready);

export * from "./client/api.js";
