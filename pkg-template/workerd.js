// The package in Cloudflare's runtime, which compiles no bytes: the module is imported, as bundlers
// for it know.
import start, { Core, Http } from "./core.js";
import compiled from "./core.wasm";
import { provide } from "./load.js";

provide(async () => {
  await start({ module_or_path: compiled });
  return { Core, Http };
});

export * from "./api.js";
