// The package as most apps use it: the module travels inside, and starts on the first `connect`.
import { part } from "./base/errors.js";
import start, { Core, startLate, startRest } from "./wasm/core.js";
import packed from "./wasm/inline.js";
import { provide, ready } from "./wasm/load.js";
import { unpack } from "./wasm/unpack.js";

/** A part that is loaded late, compiled beside the first one and to be started after it. @param {string} text */
async function compiled(text) {
  const part = await WebAssembly.compile(unpack(text));
  await ready();
  return part;
}

provide(async () => {
  // What is loaded beside it is asked for before: bundlers put a promise in front of that.
  await undefined;
  await start({ module_or_path: unpack(packed) });
  return { Core };
}, async () => {
  const { default: text, Exchanges } = await part(import("./transports/whole.js"));
  return { Exchanges, start: async () => startRest(await compiled(text)) };
  // Whoever needs it says that it is missing.
}, async () => startLate(await compiled((await import("./wasm/inline-dialogue.js")).default)));

export * from "./client/api.js";
export { Server } from "./server/inlined.js";
