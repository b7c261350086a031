// A server in the page, with its module inside the package.
import { ServerBase } from "./server-base.js";
import { provideHost, readyHost } from "./server-load.js";
import { unpack } from "./unpack.js";

function ready() {
  provideHost(async () => (await import("./server-module.js")).startHost(unpack));
  return readyHost();
}

export class Server extends ServerBase {
  /** @param {any} info @param {any} [options] */
  constructor(info, options) {
    super(info, options, ready);
  }
}
