// Where the server's WebAssembly module comes from, and starting it once. It is another one than the
// client's, and loaded only by who makes a server.
import { loader } from "./load.js";

/** @typedef {typeof import("./host.js").Host} HostClass */

export const { provide: provideHost, ready: readyHost } = /** @type {typeof loader<HostClass>} */ (loader)(
  "call `initServer(source)` of mcp-wasm/slim before a server connects",
);
