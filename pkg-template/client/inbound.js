// What the server says unasked: notifications, and requests that handlers of the page answer.
import { attempt, part } from "../base/errors.js";
import * as words from "../wasm/words.js";

/** @typedef {import("./answers.js").Answers} Answers */
/** @typedef {import("../types/input.js").InputContext} InputContext */
/** @typedef {import("../types/inside.js").Told} Told */
/** @typedef {import("../types/protocol.js").LoggingMessage} LoggingMessage */
/** @typedef {import("../types/jsonrpc.js").RequestId} RequestId */
/** @typedef {import("./call.js").Call} Call */
/** @typedef {(request: Told, context: InputContext) => unknown} RequestHandler */

/** By method, the option that is or has the handler. */
const OPTIONS = /** @type {const} */ ({ "sampling/createMessage": "samplingHandler", "elicitation/create": "elicitationHandler", "roots/list": "roots" });

const now = () => performance.now();

export class Inbound {
  /** @type {Map<string, (notification: Told) => unknown>} */
  notificationHandlers = new Map();
  /** By method; none there where it is among the options. @type {Map<string, RequestHandler | undefined>} */
  requestHandlers = new Map();
  /**
   * What the entries for the SDKs' programs add: who hears every notification, who takes what has no handler, and who hears why there
   * is no connection, before its transport ends.
   * @type {{ heard?: (notification: Told) => void, unconnected?: (error: Error) => void, notification?: (notification: Told) => unknown, request?: RequestHandler }}
   */
  others = {};

  #connection;
  #table;
  #options;
  /** There once it has been loaded. @type {Answers | undefined} */
  #answers;
  /** @type {Promise<void> | undefined} */
  #loading;
  /** What waits for that, in order, and what the server has asked for by it. @type {[what: (answers: Answers) => void, request: Told | undefined, id: RequestId | undefined, input: number][]} */
  #waiting = [];

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./table.js").CallTable} table the calls under way
   * @param {Omit<import("../types/options.js").ClientOptions, "cache">} options the client's
   */
  constructor(connection, table, options) {
    this.#connection = connection;
    this.#table = table;
    this.#options = options;
    for (const [method, option] of Object.entries(OPTIONS)) if (options[option]) this.requestHandlers.set(method, undefined);
  }

  /** Whether somebody listens to what the server says by itself; of the SDKs' programs that is not known before it does. */
  get listens() {
    const { logHandler, messageHandler, listChanged } = this.#options;
    return logHandler || messageHandler || listChanged || this.others.unconnected || this.notificationHandlers.size || this.requestHandlers.size;
  }

  /** @param {Told} message */
  notify(message) {
    const { method, params } = message;
    if (method === "notifications/progress") message = this.#named(message);
    attempt(() => this.#options.messageHandler?.(message));
    if (method === "notifications/message") attempt(() => this.#options.logHandler?.(/** @type {LoggingMessage} */ (/** @type {unknown} */ (params))));
    if (method === "notifications/elicitation/complete") this.#turn((answers) => answers.complete(/** @type {string} */ (params?.elicitationId)));
    this.others.heard?.(message);
    attempt(() => (this.notificationHandlers.get(method) ?? this.others.notification)?.(message));
  }

  /** Progress of a call that the page has given a token of its own, by that token. @param {Told} message */
  #named(message) {
    const { progressToken } = Object(message.params);
    const named = (/** @type {number | undefined} */ id) => id !== undefined && (progressToken === id || progressToken === `${id}`);
    const token = this.#table.all().find((call) => named(call.requestId))?.token;
    return token === undefined ? message : { ...message, params: { ...message.params, progressToken: token } };
  }

  /** Loads what answers. @returns {Promise<void>} */
  load() {
    return (this.#loading ??= part(import("./answers.js")).then(
      ({ Answers }) => {
        const answers = (this.#answers = new Answers(this.#connection, this, this.#options));
        // As steps of the core, as which they came.
        this.#connection.drain(() => this.#waiting.splice(0).forEach(([what]) => what(answers)));
      },
      ({ message }) => {
        this.#loading = undefined;
        for (const [, request, id, input] of this.#waiting.splice(0)) {
          if (request) this.#connection.core?.reply(id, input, request, false, { code: words.INTERNAL_ERROR, message }, now());
        }
        this.#connection.drain();
      },
    ));
  }

  /**
   * Does something with what answers, in turn.
   * @param {(answers: Answers) => void} what
   * @param {Told} [request] what the server asks for, if it does
   * @param {RequestId} [id] if it is a request
   * @param {number} [input] otherwise the number of what a call's result asks for
   */
  #turn(what, request, id, input = 0) {
    if (request) attempt(() => this.#options.messageHandler?.(request));
    if (this.#answers) return what(this.#answers);
    this.#waiting.push([what, request, id, input]);
    this.load();
  }

  /** A request of a legacy server. @param {Told} request @param {RequestId} id @param {Call} [call] that makes it ask */
  answer(request, id, call) {
    this.#turn((answers) => answers.answer(request, id, call), request, id);
  }

  /** Something that a call's result asks for. @param {Call} call @param {number} input its number @param {Told} request @param {string} key */
  input(call, input, request, key) {
    this.#turn((answers) => answers.input(call, input, request, key), request, undefined, input);
  }

  /** A request is not to be answered. @param {RequestId} id @param {unknown} reason */
  withdraw(id, reason) {
    this.#turn((answers) => answers.withdraw(id, reason));
  }

  /** Nobody waits for answers now. */
  forget() {
    this.#waiting = [];
    this.#answers?.forget();
  }
}
