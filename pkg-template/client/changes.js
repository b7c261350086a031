// Subscriptions, and what they need of the module: loaded when somebody subscribes.

import { part } from "../wasm/load.js";

/** @typedef {typeof import("./subscription.js")} Module */

export class Changes {
  #connection;
  /** There when all of it is. @type {Module | undefined} */
  module;

  /** @param {import("./connection.js").Connection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /** @returns {Promise<Module>} */
  async load() {
    const [module, whole] = await Promise.all([part(import("./subscription.js")), this.#connection.complete()]);
    if (whole) this.module = module;
    return module;
  }

  /**
   * Tells of lists that have changed: at once, if all is there.
   * @param {import("../types/client.js").Client} client
   * @param {NonNullable<import("../types/options.js").ClientOptions["listChanged"]>} wanted
   * @param {(error: Error) => void} failed
   */
  watch(client, wanted, failed) {
    const watch = (/** @type {Module} */ { watchLists }) => watchLists(client, wanted, failed);
    if (this.module) watch(this.module);
    else this.load().then(watch, failed);
  }
}
