// Subscriptions, and what they need of the module: loaded when somebody subscribes.

import { part } from "../base/errors.js";

/** @typedef {typeof import("./subscription.js")} Module */

export class Changes {
  #connection;
  /** There when all of it is. @type {Module | undefined} */
  module;
  /** Which connection's lists are told of: who loads this for an earlier one comes too late. */
  #turn = 0;

  /** @param {import("./connection.js").Connection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /** @returns {Promise<Module>} */
  async load() {
    const [module, failed] = await Promise.all([part(import("./subscription.js")), this.#connection.complete()]);
    if (failed) throw failed;
    return (this.module = module);
  }

  /**
   * Tells of lists that have changed: at once, if all is there.
   * @param {import("../types/client.js").Client} client
   * @param {NonNullable<import("../types/options.js").ClientOptions["listChanged"]>} wanted
   * @param {(error: Error) => void} failed
   */
  async watch(client, wanted, failed) {
    const turn = ++this.#turn;
    const module = this.module ?? (await this.load().catch(failed));
    if (turn === this.#turn) module?.watchLists(client, wanted, failed);
  }
}
