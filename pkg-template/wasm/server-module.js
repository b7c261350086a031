// The server's module, inside a script that is loaded when the first server connects.
import start, { Host } from "./host.js";
import packed from "./host-inline.js";

/** @param {(packed: string) => Uint8Array<ArrayBuffer>} unpack given, because bundlers wrap what is also imported later */
export async function startHost(unpack) {
  await start({ module_or_path: unpack(packed) });
  return Host;
}
