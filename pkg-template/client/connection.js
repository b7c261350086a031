// The link between the core and a transport. The core is never borrowed while a callback of the page runs, so that may call anything.
import { abilitiesOf } from "../base/abilities.js";
import { Alarm } from "../base/alarm.js";
import { ProtocolError, part, typed } from "../base/errors.js";
import { fast, handle } from "../base/handlers.js";
import { read, write } from "../base/json.js";
import { MAX_MESSAGE_SIZE, outline, oversize } from "../base/size.js";
import { readyForDialogue } from "../wasm/load.js";
import { Reader } from "../wasm/reader.js";
import { factsOf, isWorthScanning, pass, textsOf } from "../wasm/records.js";
import * as words from "../wasm/words.js";
import { Early, leave, over } from "./early.js";

/** @typedef {import("./call.js").Call} Call */
/** @typedef {import("../types/inside.js").Mover} Mover */
/** @typedef {import("../types/inside.js").Outline} Outline */
/** @typedef {import("../wasm/core.js").Core} Core */
/** @typedef {import("../wasm/records.js").Records} Records */

const now = () => performance.now();
/** Where records are taken out to, unless some are being delivered from there. @type {Records | undefined} */
let spare;

export class Connection {
  /** Whom it works for. @type {import("../types/inside.js").Owner} */
  #owner;
  /** @type {Core | undefined} */
  #core;
  /** @type {Mover | undefined} */
  #transport;
  /** What that can do. @type {import("../base/abilities.js").Abilities | undefined} */
  #abilities;
  /** Makes another transport to the same server. @type {(() => Mover) | undefined} */
  #again;
  /** The option `maxMessageSize`, if it was given. @type {number | undefined} */
  #maxMessageSize;
  /** The end of the latest transport. @type {Promise<void> | undefined} */
  #left;
  /** Moves the exchanges of the transport, where it has such. @type {import("../transports/fetch.js").Fetcher | undefined} */
  #fetcher;
  /** Whom the latest request was sent for. @type {string | undefined} */
  #identity;
  /** What hears of its own end just now. @type {Mover | undefined} */
  #leaving;
  /** Takes our handlers off the transport. */
  #release = () => {};
  #draining = false;
  /** Whether all of the module is there. */
  #whole = false;
  #alarm = new Alarm(() => {
    this.#core?.timeout(now());
    this.drain();
  });
  // Views of the core's memory; detached, with length 0, when the memory has grown.
  #numbers = new Float64Array();
  #records = new Float64Array();
  /** Reads frames. @type {Reader | undefined} */
  #reader;

  /** @param {import("../types/inside.js").Owner} owner */
  constructor(owner) {
    this.#owner = owner;
  }

  /** The protocol, once it has been started. */
  get core() {
    return this.#core;
  }

  /** What moves the messages, while there is such. */
  get transport() {
    return this.#transport;
  }

  /** The transport that is being closed: whoever hears of that may want to know whose it was. */
  get leaving() {
    return this.#leaving;
  }

  /** Fulfilled when the latest transport has ended. */
  get left() {
    return this.#left;
  }

  /** Whether frames are worth scanning. */
  get scans() {
    return this.#owner.scans();
  }

  /** In words, what fails if no call does. */
  get what() {
    return this.#owner.what();
  }

  /** From now on this is the protocol. @param {Core} core */
  use(core) {
    if (this.#whole) core.complete(undefined, now());
    this.#reader = undefined;
    return (this.#core = core);
  }

  /** Tells of what went wrong and failed no call. @param {Error} error */
  fault(error) {
    this.#owner.fault(error);
  }

  /** Does what the core wants done, after `first`. What happens meanwhile is left to the loop that runs. @param {() => void} [first] */
  drain(first) {
    const core = this.#core;
    if (this.#draining || !core) return;
    this.#draining = true;
    try {
      first?.();
      for (let step; (step = core.poll(/** @type {boolean} */ (this.#fetcher !== undefined && this.#transport?.send.fast))); ) {
        const numbers = this.view();
        const slot = numbers[words.PLACE_SLOT];
        const id = numbers[words.PLACE_ID];
        if (step === words.STEP_SEND) this.#send(core.value(), id);
        else if (step === words.STEP_REOPEN) this.#reopen();
        else if (step === words.STEP_FETCH) this.#fetcher?.start(core.value(), (about) => this.#owner.table.find(id, about)?.options);
        else if (step === words.STEP_ABORT) this.#fetcher?.abort(id);
        else if (step === words.STEP_INCOMPLETE) this.complete();
        else if (step === words.STEP_MESSAGE) this.#transport?.onmessage?.(core.value());
        else this.#owner.act(step, slot, id);
      }
    } finally {
      this.#draining = false;
    }
    this.#alarm.set(this.view()[words.PLACE_DEADLINE]);
    // A Node process need not stay for a clock that nobody waits for.
    if (!this.#owner.table.size && !this.#owner.waits()) this.#alarm.hold(false);
  }

  /** Loads what the core lacks. @returns {Promise<unknown>} why it cannot, unless all is there now */
  async complete() {
    if (this.#whole) return;
    const failed = await part(readyForDialogue()).catch((error) => error);
    this.#whole = !failed;
    this.#core?.complete(failed, now());
    this.drain();
    return failed;
  }

  /**
   * The numbers of the core's latest step.
   * @returns {[slot: number, id: number, progress: number, total: number, deadline: number, odd: number]}
   */
  view() {
    while (!this.#numbers.length) this.#numbers = /** @type {Core} */ (this.#core).view(words.VIEW_NUMBERS);
    return /** @type {[number, number, number, number, number, number]} */ (/** @type {unknown} */ (this.#numbers));
  }

  /** The core's table of what was scanned. @returns {Records} */
  records() {
    while (!this.#records.length) this.#records = /** @type {Core} */ (this.#core).view(words.VIEW_RECORDS);
    return /** @type {Records} */ (/** @type {unknown} */ (this.#records));
  }

  /** Whom the request of that id is sent for, or the next one; the core may know already. @param {string} identity @param {number} [id] */
  identify(identity, id = 0) {
    if (!this.#core || identity === this.#identity) return;
    this.#identity = identity;
    if (this.#core.identify(identity, id)) this.drain();
  }

  /** From now on a Node process has something to wait for. */
  hold() {
    this.#alarm.hold(true);
  }

  /**
   * Opens a connection by a transport.
   * @param {Mover} transport
   * @param {(() => Mover) | undefined} again makes another one to the same server, if that can be
   * @param {number | undefined} maxMessageSize the option of that name
   * @param {() => Promise<void>} [prepare] makes the core, if there is none: begun when the transport has been started
   * @returns {Promise<void> | undefined} fulfilled when the core is there
   */
  begin(transport, again, maxMessageSize, prepare) {
    this.#again = again;
    this.#maxMessageSize = maxMessageSize;
    return this.#open(transport, prepare);
  }

  /** Attaches a transport and starts it. @param {Mover} transport @param {() => Promise<void>} [prepare] */
  #open(transport, prepare) {
    this.#transport = transport;
    const abilities = (this.#abilities = abilitiesOf(transport));
    const current = () => this.#transport === transport;
    const early = new Early(prepare !== undefined);
    const received = (/** @type {unknown} */ message) => current() && this.receive(message);
    const framed = (/** @type {string} */ text) => current() && this.#frame(text);
    const closed = (reason = "the connection was closed") => this.closed(transport, reason);
    /** @type {import("../base/handlers.js").Handlers} */
    const ours = {
      onmessage: fast((/** @type {unknown} */ message) => early.hear(received, message)),
      onerror: (/** @type {unknown} */ error) => current() && this.fault(error instanceof Error ? error : typed(error, "the transport failed", true)),
      onclose: () => early.hear(closed, undefined),
    };
    // Who waits for messages is not to be passed by.
    if (abilities.frames && !transport.onmessage) ours["onframe"] = (/** @type {string} */ text) => early.hear(framed, text);
    if (abilities.limits) transport.maxMessageSize = this.#maxMessageSize ?? transport.maxMessageSize;
    if (abilities.refuses) ours["onoversize"] = (/** @type {Error} */ error, /** @type {Outline} */ whose) => current() && this.refuse(error, whose);
    this.#release = handle(transport, ours);
    const opened = () => {
      if (!current()) return;
      this.#join(transport);
      this.#core?.opened(now());
      // What a worker holds needs more than a message at a time.
      abilities.attach?.(this);
      this.drain();
    };
    const failed = (/** @type {unknown} */ error) => {
      if (current() && !this.#owner.blame(error)) {
        // In place of another: what waits for it fails by this.
        this.fault(/** @type {Error} */ (error));
        for (const call of this.#owner.table.all()) call.cause = error;
      }
      closed("the connection could not be opened");
    };
    const soon = Promise.resolve();
    soon.then(() => current() && transport.start?.()).then(() => early.hear(opened, undefined), (error) => early.hear(failed, error));
    return prepare && soon.then(prepare).then(() => early.end());
  }

  /** The core takes over the exchanges of a transport. @param {Mover} transport */
  #join(transport) {
    const fetcher = (this.#fetcher = abilitiesOf(transport).fetcher);
    if (!fetcher || !this.#core) return;
    // Who has put another handler in the client's place, or before it, hears of every message.
    const plain = () => !transport.onmessage || transport.onmessage.fast;
    const scans = () => /** @type {boolean} */ (this.scans && !this.#draining && plain());
    fetcher.join(this.#core, {
      drain: () => this.drain(),
      get scans() {
        return scans();
      },
      get shows() {
        return !plain();
      },
      deliver: (count, text) => this.deliver(count, text),
      identify: (identity, id) => this.identify(identity, id),
    });
  }

  #reopen() {
    this.detach();
    this.#open(/** @type {Mover} */ (this.#again?.()));
  }

  /** Gives the transport up. */
  detach() {
    leave(this);
    const transport = this.#transport;
    this.#transport = undefined;
    this.#fetcher?.part();
    this.#fetcher = undefined;
    if (!transport) return;
    this.#abilities?.attach?.(undefined);
    // At once: who waits for its end hears of that before the client's owner does.
    this.#leaving = transport;
    const closing = new Promise((resolve) => resolve(transport.close?.()));
    this.#leaving = undefined;
    this.#left = over(closing, this.#release);
  }

  /** A transport has ended, or is to. @param {Mover | undefined} transport @param {string} reason @param {boolean} [byPage] */
  closed(transport, reason, byPage) {
    if (transport !== this.#transport) return;
    // First of all, for what waits to be sent.
    this.#fetcher?.part();
    this.#core?.closed(reason, /** @type {boolean} */ (byPage), transport?.expired ? now() : NaN);
    this.drain();
  }

  /** @param {object} message @param {number} id of the request, 0, or `GREETING` for what ends the handshake */
  #send(message, id) {
    const transport = /** @type {Mover & { sendText(text: string): void }} */ (this.#transport);
    try {
      if (transport.send.fast && this.#abilities?.frames) {
        transport.sendText(write(message));
        this.#sent(transport, id);
      } else if (this.#abilities?.exchanges) {
        const sending = transport.send(message, this.#owner.table.find(id, message)?.options);
        Promise.resolve(sending).catch((/** @type {unknown} */ error) => this.#failed(transport, id, error, false));
        // Where each message is an exchange, that says what becomes of it.
        if (!this.#abilities.announces) this.#sent(transport, id);
      } else {
        // In a copy: what the page has put into it may be a store's Proxies, which cannot be cloned.
        const text = write(message);
        const error = oversize(text, this.#limit);
        if (error) throw error;
        const sending = transport.send(JSON.parse(text));
        const sent = id === words.GREETING ? () => this.#sent(transport, id) : undefined;
        Promise.resolve(sending).then(sent, (error) => this.#failed(transport, id, error, true));
      }
    } catch (error) {
      this.#failed(transport, id, error, false);
    }
  }

  /** A message has left. @param {unknown} transport @param {number} id */
  #sent(transport, id) {
    // An earlier transport may be late.
    if (id !== words.GREETING || transport !== this.#transport) return;
    this.#core?.begun(now());
    this.drain();
  }

  /** @param {unknown} transport @param {number} id @param {unknown} error @param {boolean} sent */
  #failed(transport, id, error, sent) {
    if (transport === this.#transport) this.unsent(id, error, sent);
  }

  /**
   * A message could not be sent.
   * @param {number | undefined} id of the request, if it is one
   * @param {unknown} error
   * @param {boolean} [sent] whether it may have arrived all the same
   */
  unsent(id, error, sent = false) {
    const reason = "the message could not be sent";
    if (!id) return this.fault(typed(error, reason, sent));
    const call = this.#owner.table.find(id);
    if (call) call.cause = error;
    else this.#owner.blame(error);
    if (id === words.GREETING) this.#core?.notBegun(reason, error, now());
    else this.#core?.unsent(id, reason, sent, now());
    this.drain();
  }

  /** What has come is not read: the call that it answers fails, and the connection goes on. @param {Error} error @param {{ id?: unknown, answers?: boolean }} whose */
  refuse(error, { id, answers }) {
    this.#core?.failed(answers ? Number(id) : NaN, words.FAILED_UNREAD, "", error, NaN, now());
    this.drain();
  }

  /** A frame of text has arrived. @param {string} text */
  #frame(text) {
    // What arrives while the core is drained waits for what it has already said.
    if (text.length <= words.SCRATCH && isWorthScanning(text) && this.scans && !this.#draining) {
      const reader = (this.#reader ??= new Reader(/** @type {Core} */ (this.#core), () => this.records()));
      const texts = reader.read(text);
      if (texts) {
        const records = this.records();
        return pass(this.#told(records, 0), records, 0, texts);
      }
    }
    this.parse(text);
  }

  /** The call that is told of a record; what is odd about it is kept. @param {Records} records @param {number} at */
  #told(records, at) {
    const odd = /** @type {number} */ (records[at + words.FIELD_ODD]);
    if (odd) this.#owner.odd(odd, () => factsOf(records, at));
    return this.#owner.table.at(/** @type {number} */ (records[at + words.FIELD_SLOT]));
  }

  get #limit() {
    return this.#maxMessageSize ?? this.#transport?.maxMessageSize ?? MAX_MESSAGE_SIZE;
  }

  /** The same without the short way. @param {string} text @param {(message: unknown) => void} [take] */
  parse(text, take = (message) => this.receive(message)) {
    const error = oversize(text, this.#limit);
    if (error) return this.refuse(error, outline(text));
    let message;
    try {
      message = read(text);
    } catch (cause) {
      return this.fault(new ProtocolError("the server sent a frame that is not JSON", undefined, { cause }));
    }
    take(message);
  }

  // All of it is taken out before a handler runs, which may end calls, give their slots away and have the table filled again.
  /** Ordinary progress has come in the core's table. @param {number} count @param {import("../wasm/records.js").Read} read */
  deliver(count, read) {
    const records = spare ?? new Float64Array(words.RECORDS * words.FIELDS);
    spare = undefined;
    records.set(this.records().subarray(0, count * words.FIELDS));
    const calls = [];
    let flags = 0;
    for (let at = 0; calls.length < count; at += words.FIELDS) {
      flags |= /** @type {number} */ (records[at + words.FIELD_FLAGS]);
      calls.push(this.#told(records, at));
    }
    const text = read(flags);
    calls.forEach((call, i) => pass(call, records, i * words.FIELDS, textsOf(records, i * words.FIELDS, text)));
    spare = records;
  }

  /** A message has arrived; nothing but a result needs no look at the clock. @param {unknown} message @param {number} [stream] the id of the request on whose stream it came */
  receive(message, stream = NaN) {
    if (!this.#core?.ended(message)) this.#core?.receive(message, stream, now());
    this.drain();
  }
}
