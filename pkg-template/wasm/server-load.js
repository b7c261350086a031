// Where the server's WebAssembly module comes from, and starting it once. It is another one than the
// client's, and loaded only by who makes a server.
import { McpError } from "../base/errors.js";
import { explain } from "./load.js";

/** @typedef {typeof import("./host.js").Host} HostClass */

/** @type {(() => Promise<HostClass>) | undefined} */
let source;
/** @type {Promise<HostClass> | undefined} */
let started;

/** @param {() => Promise<HostClass>} get */
export function provideHost(get) {
  if (!started) source = get;
}

/**
 * The started module. A failed start may be tried again.
 * @returns {Promise<HostClass>}
 */
export function readyHost() {
  started ??= start().catch((error) => {
    started = undefined;
    throw explain(error);
  });
  return started;
}

async function start() {
  if (!source) {
    throw new McpError("NOT_INITIALIZED", "call `initServer(source)` of mcp-wasm/slim before a server connects");
  }
  return source();
}
