// The package as most apps use it: the module travels inside, and starts on the first `connect`.
import start, { Core, startLate, startRest } from "./wasm/core.js";
import packed from "./wasm/inline.js";
import { provide } from "./wasm/load.js";
import { unpack } from "./wasm/unpack.js";

provide(async () => {
  await start({ module_or_path: unpack(packed) });
  return { Core };
}, async () => startRest(unpack((await import("./wasm/inline-http.js")).default)), async () => startLate(unpack((await import("./wasm/inline-dialogue.js")).default)));

export * from "./client/api.js";
export { Server } from "./server/inlined.js";
