// One connection of a server: moves messages between its transport and the machine.
import { abilitiesOf } from "../base/abilities.js";
import { ProtocolError, attempt } from "../base/errors.js";
import { fast, handle } from "../base/handlers.js";
import { read, write } from "../base/json.js";
import { MAX_MESSAGE_SIZE, isWritable, outline, oversize, tooLarge } from "../base/size.js";
import * as words from "../wasm/words.js";
import { fresh } from "./turns.js";

/** @typedef {import("../types/inside.js").Mover} Mover */
/** @typedef {{ jsonrpc?: string, id?: unknown, method?: string, result?: unknown, error?: object }} Message */

/** How many messages may be on their way over a transport that tells when it has sent one. */
const AHEAD = 16;
/** How many messages a peer may send before it has been given all that there was for it. */
const HELD = 4096;
/** How long a transport may take for the last messages, in milliseconds. */
const PATIENCE = 1000;

export class Link {
  #transport;
  #release;
  /** @type {import("../wasm/host.js").Host | undefined} */
  #host;
  #number = 0;
  #server;
  /** What came before the machine was there. @type {[text: string | undefined, message: unknown][]} */
  #early = [];
  #scheduled = false;
  /** Messages that came since there was nothing to send. */
  #held = 0;
  /** What is being sent, over a transport that tells when it has. @type {Set<Promise<unknown>>} */
  #leaving = new Set();
  #open = true;
  /** Handlers that wait for room. @type {(() => void)[]} */
  #room = [];
  /** @type {() => void} */
  #end = () => {};
  /** Resolves when the connection is over. @type {Promise<void>} */
  closed = new Promise((resolve) => (this.#end = resolve));

  /**
   * @param {Mover} transport
   * @param {{ received: (link: Link) => void, over: (link: Link) => void, fault: (error: unknown) => void }} server
   */
  constructor(transport, server) {
    this.#transport = transport;
    this.#server = server;
    /** @type {import("../base/handlers.js").Handlers} */
    const ours = {
      onmessage: fast((/** @type {unknown} */ message) => this.#take(undefined, message)),
      onerror: (/** @type {Error} */ error) => this.#open && server.fault(error),
      onclose: () => this.#closed(),
    };
    const { frames, refuses } = abilitiesOf(transport);
    if (frames && !transport.onmessage) ours["onframe"] = (/** @type {string} */ text) => this.#take(text, undefined);
    if (refuses) ours["onoversize"] = (/** @type {Error} */ error, /** @type {import("../types/inside.js").Outline} */ whose) => this.#refuse(error, whose);
    this.#release = handle(transport, ours);
  }

  /** Before the machine is there: some targets would lose what comes meanwhile. */
  async start() {
    await this.#transport.start?.();
  }

  /** @param {import("../wasm/host.js").Host} host */
  begin(host) {
    if (!this.#open) return;
    this.#host = host;
    this.#number = host.connect();
    this.#held = 0;
    for (const [text, message] of this.#early.splice(0)) this.#take(text, message);
  }

  get number() {
    return this.#number;
  }

  get era() {
    return this.#host?.era(this.#number);
  }

  /** @param {string | undefined} text @param {unknown} message */
  #take(text, message) {
    if (!this.#open) return;
    // Each of them may want an answer, and answers wait.
    if (++this.#held > HELD) return void this.close("it sends more and more, and takes nothing");
    if (!this.#host) return void this.#early.push([text, message]);
    const limit = this.#transport.maxMessageSize ?? MAX_MESSAGE_SIZE;
    const error = text !== undefined && oversize(text, limit);
    if (error) return this.#refuse(error, outline(text));
    fresh();
    try {
      if (text === undefined && !isWritable(message, limit)) {
        const { id, method } = /** @type {Message} */ (message);
        return this.#refuse(tooLarge(limit), { id, answers: method === undefined });
      }
      // Who hands over objects may go on to write into them.
      message = read(text ?? JSON.stringify(message));
    } catch {
      this.#host.garbage(this.#number);
      return this.schedule();
    }
    this.#host.receive(this.#number, message, Date.now());
    this.#server.received(this);
    this.schedule();
  }

  /** A message is too large to be read; who asks by it is told. @param {Error} error @param {import("../types/inside.js").Outline} whose */
  #refuse(error, { id, answers }) {
    this.#server.fault(error);
    if (answers || !this.#open || (typeof id !== "string" && typeof id !== "number")) return;
    this.#send({ jsonrpc: "2.0", id, error: { code: words.INVALID_REQUEST, message: error.message } });
  }

  /** Sends in a moment: what is said in one go, and more than the peer can take, merges. */
  schedule() {
    if (this.#scheduled || !this.#open) return;
    this.#scheduled = true;
    queueMicrotask(() => this.flush());
  }

  /** Sends what there is to send. */
  flush() {
    this.#scheduled = false;
    let took = false;
    while (this.#open && this.#host && this.#leaving.size < AHEAD) {
      if (!this.#host.transmit(this.#number)) {
        this.#held = 0;
        break;
      }
      const message = this.#host.value();
      took = true;
      if (message.jsonrpc) this.#send(message);
      else void this.close(message.reason);
    }
    if (took) for (const wake of this.#room.splice(0)) wake();
  }

  /** @param {Message} message */
  #send(message) {
    const transport = this.#transport;
    const text = write(message);
    if (transport.send.fast) {
      try {
        /** @type {Required<Mover>} */ (transport).sendText(text);
      } catch (error) {
        this.#failed(message, /** @type {Error} */ (error));
      }
      return;
    }
    // In a copy: the machine's objects, and the page's in them, stay here.
    const sent = (async () => transport.send(JSON.parse(text)))()
      .catch((error) => this.#failed(message, error))
      .finally(() => {
        this.#leaving.delete(sent);
        this.flush();
      });
    this.#leaving.add(sent);
  }

  /**
   * Nobody should wait for what cannot be sent, such as a result that is too large: neither the peer
   * nor the handler that asks it something.
   * @param {Message} message
   * @param {Error | undefined} error
   */
  #failed({ id, method, result }, error) {
    this.#server.fault(error);
    if (!this.#open || id === undefined) return;
    /** @param {string} what */
    const refuse = (what) => ({ jsonrpc: "2.0", id, error: { code: words.INTERNAL_ERROR, message: `the ${what} could not be sent: ${error?.message}` } });
    if (method !== undefined) return void Promise.resolve().then(() => this.#take(undefined, refuse("question")));
    if (result === undefined) return;
    const refusal = refuse("result");
    Promise.resolve()
      .then(() => this.#transport.send(refusal))
      .catch(() => {});
  }

  /** Waits until more may be said. @returns {Promise<void>} */
  room() {
    return this.#open ? new Promise((resolve) => this.#room.push(resolve)) : Promise.resolve();
  }

  /** @param {string} [reason] why, if it is the peer's fault */
  async close(reason) {
    if (!this.#open) return;
    if (reason) this.#server.fault(new ProtocolError(`a client was cut off: ${reason}`));
    else {
      this.#host?.leave(this.#number);
      this.flush();
    }
    const transport = this.#transport;
    const leaving = Promise.allSettled(this.#leaving);
    this.#closed();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    // What was said last is to arrive, but not at every price.
    await Promise.race([leaving, new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE)))]);
    clearTimeout(timer);
    try {
      await transport.close?.();
    } catch (error) {
      this.#server.fault(error);
    }
    this.#release();
  }

  #closed() {
    if (!this.#open) return;
    this.#open = false;
    this.#early = [];
    this.#host?.disconnect(this.#number);
    attempt(() => this.#server.over(this));
    for (const wake of this.#room.splice(0)) wake();
    this.#end();
  }
}
