// The package as most apps use it: the module travels inside, and starts on the first `connect`.
import start, { Core, startLate, startRest } from "./wasm/core.js";
import packed from "./wasm/inline.js";
import { provide, ready } from "./wasm/load.js";
import { unpack } from "./wasm/unpack.js";

/** A part that is loaded late, compiled beside the first one and to be started after it. @param {Promise<{ default: string }>} script */
async function compiled(script) {
  const part = await WebAssembly.compile(unpack((await script).default));
  await ready();
  return part;
}

provide(async () => {
  // What is loaded beside it is asked for before: bundlers put a promise in front of that.
  await undefined;
  await start({ module_or_path: unpack(packed) });
  return { Core };
}, async () => startRest(await compiled(import("./wasm/inline-http.js"))), async () => startLate(await compiled(import("./wasm/inline-dialogue.js"))));

export * from "./client/api.js";
export { Server } from "./server/inlined.js";
