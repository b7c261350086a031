// What a handler knows about its call, and how it speaks to the caller meanwhile. After the call has
// been answered or given up, all of it does nothing.
import { noLevel } from "../base/check.js";
import { AbortError, McpError, RpcError } from "../base/errors.js";
import * as words from "../wasm/words.js";
import { breathe, turn } from "./turns.js";
import { plain } from "./values.js";

/** Tokens that a model may write if nobody says how many. */
const TOKENS = 1024;

/** @typedef {import("../types/server-context.js").AskOptions} AskOptions */
/**
 * What the machine says of a call that is to be worked on.
 * @typedef {object} Job
 * @property {number} handler its number
 * @property {number} kind of thing that is called
 * @property {string} name
 * @property {Record<string, unknown>} input
 * @property {string | number} requestId
 * @property {string} protocolVersion
 * @property {"modern" | "legacy"} era
 * @property {boolean} wantsProgress
 */

/** What the server keeps of a call. */
export class Call {
  #abort = new AbortController();
  /** Set once the call goes on in another round. */
  #suspended = false;
  /** Questions that wait for their answers, by number. @type {Map<number, { resolve: (value: unknown) => void, reject: (error: unknown) => void }>} */
  #asked = new Map();

  /**
   * @param {import("../wasm/host.js").Host} host
   * @param {import("./link.js").Link} link
   * @param {number} number
   * @param {Job} job
   * @param {() => void} drain does what the machine wants done
   */
  constructor(host, link, number, job, drain) {
    this.host = host;
    this.link = link;
    this.number = number;
    this.job = job;
    this.drain = drain;
  }

  get signal() {
    return this.#abort.signal;
  }

  /** What tells it from all others. */
  get name() {
    return `${this.link.number} ${this.number}`;
  }

  /** @param {string | undefined} reason */
  stop(reason) {
    const text = this.#suspended
      ? "the client was asked; the handler runs again when it has answered"
      : `the call was given up${reason ? `: ${reason}` : ""}`;
    const error = new AbortError(text, reason);
    this.#abort.abort(error);
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }

  /** @param {number} ask @param {boolean} ok @param {any} value the answer, or the parts of an error */
  answered(ask, ok, value) {
    const waiting = this.#asked.get(ask);
    this.#asked.delete(ask);
    if (ok) waiting?.resolve(value);
    else {
      const cause = new RpcError(value.message, value.code, value.data);
      waiting?.reject(new McpError("INPUT_FAILED", `the client did not answer: ${value.message}`, { cause }));
    }
  }

  /** @param {unknown} progress @param {unknown} total @param {unknown} message */
  report(progress, total, message) {
    if (typeof progress !== "number" || (total != null && typeof total !== "number")) {
      throw new McpError("INVALID_ARGUMENT", `progress and its total are numbers, not ${progress} and ${total}`);
    }
    if (!this.job.wantsProgress || this.signal.aborted) return;
    this.host.report(this.link.number, this.number, progress, total, message == null ? undefined : String(message));
    this.link.schedule();
    return breathe();
  }

  async flush() {
    while (this.host.holds(this.link.number, this.number)) {
      this.link.schedule();
      await this.link.room();
    }
  }

  /** @param {string} level @param {unknown} data @param {string | undefined} logger */
  async log(level, data, logger) {
    const value = plain(data);
    for (;;) {
      const done = this.host.log(this.link.number, this.number, level, logger, value);
      if (done === words.LOGGED_NO_LEVEL) throw noLevel(level);
      this.link.schedule();
      if (done === words.LOGGED_DONE) return breathe();
      await this.link.room();
    }
  }

  /** @param {number} what @param {unknown} params @param {AskOptions | undefined} options @returns {Promise<unknown>} */
  ask(what, params, options) {
    const { key, signal: wanted } = options ?? {};
    if (wanted?.aborted) return Promise.reject(wanted.reason);
    const { host, link, number } = this;
    const asked = host.ask(link.number, number, key, what, plain(params));
    const value = host.value();
    // The machine keeps the answer for the next round, whatever the handler does with its own.
    if (asked === words.ASKED_GIVEN) return Promise.resolve(plain(value));
    link.schedule();
    let giveUp = () => {};
    const answer = new Promise((resolve, reject) => {
      giveUp = () => {
        this.#asked.delete(asked);
        host.withdraw(link.number, number, value ?? asked);
        link.schedule();
        reject(wanted?.reason);
      };
      wanted?.addEventListener("abort", giveUp);
      if (asked > 0) return this.#asked.set(asked, { resolve, reject });
      const { signal } = this;
      const over = () => reject(signal.aborted ? signal.reason : new AbortError("the call is over"));
      if (asked === words.ASKED_OVER || signal.aborted) return over();
      signal.addEventListener("abort", over, { once: true });
      // What is asked at the same time goes in one round.
      void turn().then(() => {
        if (!host.conclude(link.number, number, Date.now())) return;
        this.#suspended = true;
        this.drain();
        link.schedule();
      });
    });
    const over = () => wanted?.removeEventListener("abort", giveUp);
    // Nobody may be waiting for it when the call ends.
    answer.then(over, over);
    return answer;
  }

  /** What the handler is given. */
  context() {
    const { requestId, protocolVersion, era, name, wantsProgress, kind } = this.job;
    /** @param {string} level */
    const log = (level) => (/** @type {unknown} */ data, /** @type {string} */ logger) => this.log(level, data, logger);
    const context = {
      requestId,
      protocolVersion,
      era,
      name,
      wantsProgress,
      signal: this.signal,
      // Async, so that what is wrong with a report rejects, and never throws in the middle.
      reportProgress: async (/** @type {unknown} */ progress, /** @type {unknown} */ total, /** @type {unknown} */ message) => this.report(progress, total, message),
      flush: () => this.flush(),
      log: (/** @type {string} */ level, /** @type {unknown} */ data, /** @type {string} */ logger) => this.log(level, data, logger),
      debug: log("debug"),
      info: log("info"),
      warning: log("warning"),
      error: log("error"),
      can: (/** @type {string} */ capability) => this.host.can(this.link.number, this.number, capability),
    };
    // Suggestions are made without asking back.
    if (kind === words.HANDLER_KIND_COMPLETION) return context;
    return Object.assign(context, {
      elicit: async (/** @type {unknown} */ question, /** @type {object | undefined} */ second, /** @type {AskOptions | undefined} */ third) => {
        const short = typeof question === "string";
        const params = short ? { message: question, requestedSchema: second ?? { type: "object", properties: {} } } : question;
        return this.ask(words.QUESTION_PERSON, params, short ? third : second);
      },
      sample: async (/** @type {string | object} */ question, /** @type {AskOptions | undefined} */ options) => {
        const { key, signal, ...more } = options ?? {};
        const text = (/** @type {string} */ text) => [{ role: "user", content: { type: "text", text } }];
        const params = typeof question === "string" ? { messages: text(question) } : question;
        return this.ask(words.QUESTION_MODEL, { maxTokens: TOKENS, ...params, ...more }, { key, signal });
      },
      roots: async (/** @type {AskOptions | undefined} */ options) => /** @type {{ roots: unknown }} */ (await this.ask(words.QUESTION_ROOTS, {}, options)).roots,
    });
  }
}
