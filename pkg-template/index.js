// The package as most apps use it: the module travels inside, and starts on the first `connect`.
import start, { Core } from "./core.js";
import packed from "./inline.js";
import { provide } from "./load.js";
import { unpack } from "./unpack.js";

provide(async () => {
  await start({ module_or_path: unpack(packed) });
  return { Core };
});

export * from "./api.js";
export { Server } from "./server.js";
