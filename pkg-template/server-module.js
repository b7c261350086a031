// The server's module, inside a script that is loaded when the first server connects.
import start, { Host } from "./host.js";
import packed from "./host-inline.js";
import { unpack } from "./unpack.js";

export async function startHost() {
  await start({ module_or_path: await unpack(packed) });
  return Host;
}
