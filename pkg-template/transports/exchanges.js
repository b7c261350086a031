// The exchanges of Streamable HTTP without a client.
import { Alarm, notOpen, readyForHttp } from "./common.js";
import * as words from "../wasm/words.js";
import { Fetcher } from "./fetch.js";
import { firstOf } from "./first.js";

/** The exchanges of a core that has no client, and its clock. */
export class Exchanges {
  fetcher;
  #options;
  #hear;
  #alarm = new Alarm(() => {
    this.fetcher.core?.timeout(performance.now());
    this.fetcher.host.drain();
  });

  /**
   * @param {string} url
   * @param {import("../types/inside.js").NetOptions & { maxMessageSize: number }} options
   * @param {(step: number, value: unknown, exchange?: number) => void} hear takes what happens, and to which exchange
   * @param {Partial<import("./fetch.js").Host>} [more]
   */
  constructor(url, options, hear, more) {
    this.#options = options;
    this.#hear = hear;
    const drain = (/** @type {number | undefined} */ exchange) => this.drain(exchange);
    this.fetcher = new Fetcher(url, options, { drain, scans: false, shows: false, deliver() {}, ...more });
  }

  /** @param {{ speaker?: import("./first.js").Speaker }} whose the client, if it is one of this package; another one, perhaps, by the time the module is there */
  async start(whose) {
    const { speaker } = whose;
    // On its way while the module is compiled.
    const first = speaker && firstOf(speaker);
    if (first) this.fetcher.ahead(...first);
    const { Core } = await readyForHttp();
    if (this.fetcher.core) return;
    const { sessionId, protocolVersion, reconnectionOptions } = this.#options;
    const core = (this.fetcher.core = Core.alone(sessionId, protocolVersion));
    const { initialReconnectionDelay = 1000, maxReconnectionDelay = 30_000, reconnectionDelayGrowFactor = 2, maxRetries = 10 } = reconnectionOptions ?? {};
    core.configure(initialReconnectionDelay, maxReconnectionDelay, reconnectionDelayGrowFactor, maxRetries, !!whose.speaker?.unheard);
  }

  /** Sends a message, with the next drain; the number of its exchange, or 0. @param {object} message @param {import("../types/inside.js").SendOptions} [options] */
  send(message, options) {
    const { core, given } = this.fetcher;
    if (!core) throw notOpen("the transport");
    if (options) given.set(message, options);
    return core.send(message, options?.timeout ?? NaN, options?.resumptionToken);
  }

  /** Ends everything, the session too unless it is to be kept. */
  async close() {
    const { fetcher } = this;
    fetcher.part();
    const { core } = fetcher;
    if (!core) return void fetcher.taken();
    this.#alarm.end();
    core.leave(true, this.#options.keepSession === true);
    const before = fetcher.latest;
    for (let step; (step = core.poll(false)); ) this.#do(core, step);
    fetcher.core = undefined;
    if (fetcher.latest !== before) await fetcher.latest;
  }

  /** Ends the session on the server, and nothing else. */
  async end() {
    const { fetcher } = this;
    const before = fetcher.latest;
    fetcher.core?.leave(false, false);
    fetcher.host.drain();
    if (fetcher.latest !== before) await fetcher.latest;
  }

  /** Does what is to be done with exchanges; false if the step is about something else. @param {import("../wasm/core.js").Core} core @param {number} step */
  #do(core, step) {
    if (step === words.STEP_FETCH) this.fetcher.start(core.value());
    else if (step === words.STEP_ABORT) this.fetcher.abort(/** @type {number} */ (this.fetcher.view()[words.PLACE_ID]));
    else return false;
    return true;
  }

  /** @param {number} [exchange] the one that something happened to */
  drain(exchange) {
    const { fetcher } = this;
    for (let core, step; (step = (core = fetcher.core)?.poll(false)); ) {
      if (core && !this.#do(core, step)) this.#hear(step, core.value(), exchange);
    }
    if (!fetcher.core) return;
    this.#alarm.set(/** @type {number} */ (fetcher.view()[words.PLACE_DEADLINE]));
    // A connection that may go on later is no reason for a Node process to stay.
    if (!fetcher.busy) this.#alarm.hold(false);
  }
}
