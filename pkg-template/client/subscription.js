// A subscription: what the server tells of changes, and how it ends.
import { attempt, isTimeout, itself, ProtocolError, throughProxies } from "../transports/common.js";

/** @typedef {Promise<unknown> & { readonly id: number, cancel: (reason?: unknown) => void }} Handle of a call */
/** @typedef {import("../types/client.js").Client} Client */
/** @typedef {import("../types/subscription.js").ChangeNotification} ChangeNotification */
/** @typedef {import("../types/subscription.js").SubscriptionFilter} Filter */

/** How much news may wait for somebody to take it. */
const WAITING = 1024;

export class Subscription {
  /** What the server will tell of. @type {Filter | undefined} */
  honored;
  /** Settles when the server has acknowledged it, or will not. @type {Promise<this>} */
  opened;
  /** How it ended. @type {Promise<"local" | "graceful" | "remote">} */
  closed = Promise.resolve("local");
  /** @type {Handle | undefined} */
  #call;
  /** @type {((notification: ChangeNotification) => unknown) | undefined} */
  #handler;
  /** @type {ChangeNotification[]} */
  #waiting = [];
  /** Wakes the iterations that wait. @type {(() => void)[]} */
  #asleep = [];
  #over = false;
  /** @type {(error: Error) => void} */
  #fail = () => {};
  /** The server has acknowledged it. @type {(honored: Filter) => void} */
  open = () => {};
  /** @type {((error: Error) => unknown) | undefined} */
  oninterrupt;
  /** @type {((gap: number) => unknown) | undefined} */
  onreopen;
  /** When its stream broke off, until there is another. @type {number | undefined} */
  #since;

  /** @param {import("../types/subscription.js").ListenOptions} [options] */
  constructor({ onnotification, oninterrupt, onreopen } = {}) {
    itself(this);
    this.#handler = onnotification;
    this.oninterrupt = oninterrupt;
    this.onreopen = onreopen;
    this.opened = new Promise((resolve, reject) => {
      this.#fail = reject;
      this.open = (honored) => {
        this.honored = honored;
        const since = this.#since;
        this.#since = undefined;
        if (since !== undefined) attempt(() => this.onreopen?.(performance.now() - since));
        resolve(this);
      };
    });
  }

  /** It lasts as long as this call. @param {Handle} call */
  follow(call) {
    this.#call = call;
    this.closed = call.then(
      () => this.#end("graceful", new ProtocolError("the server ended the subscription without acknowledging it")),
      (error) => this.#end(error.code === "ABORTED" || isTimeout(error) ? "local" : "remote", error),
    );
  }

  /** The stream broke off, and will be opened again. @param {Error} error */
  interrupt(error) {
    this.#since ??= performance.now();
    attempt(() => this.oninterrupt?.(error));
  }

  get interrupted() {
    return this.#since !== undefined;
  }

  get id() {
    return /** @type {Handle} */ (this.#call).id;
  }

  get honoredFilter() {
    return this.honored;
  }

  get onnotification() {
    return this.#handler;
  }

  set onnotification(handler) {
    this.#handler = handler;
    // What came with the acknowledgement may have been faster than who set this.
    if (handler) for (const notification of this.#waiting.splice(0)) this.deliver(notification);
  }

  /** @param {ChangeNotification} notification */
  deliver(notification) {
    const handler = this.#handler;
    if (handler) return attempt(() => handler(notification));
    if (this.#waiting.push(notification) > WAITING) this.#waiting.shift();
    this.#wake();
  }

  async close() {
    /** @type {Handle} */ (this.#call).cancel();
    await this.closed;
  }

  async [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]() {
    await this.close();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      while (this.#waiting.length) yield this.#waiting.shift();
      if (this.#over) return;
      await new Promise((resolve) => this.#asleep.push(() => resolve(undefined)));
    }
  }

  /** @param {"local" | "graceful" | "remote"} how @param {Error} error */
  #end(how, error) {
    this.#over = true;
    this.#fail(error);
    this.#wake();
    return how;
  }

  #wake() {
    for (const wake of this.#asleep.splice(0)) wake();
  }
}

throughProxies(Subscription);

/** How long news of a list may be put off by more of it, in milliseconds. */
const LONGEST_WAIT = 2000;

/** A kind of list, and the client's method for it. @type {["tools" | "prompts" | "resources", "listTools" | "listPrompts" | "listResources"][]} */
const LISTS = [["tools", "listTools"], ["prompts", "listPrompts"], ["resources", "listResources"]];

/**
 * Tells of lists that have changed, with what is in them now.
 * @param {Client} client
 * @param {NonNullable<import("../types/options.js").ClientOptions["listChanged"]>} wanted by kind of list
 * @param {(error: Error) => void} failed
 */
export async function watchLists(client, wanted, failed) {
  /** @type {Record<string, true>} */
  const filter = {};
  /** @type {Record<string, () => void>} */
  const changed = {};
  /** @type {Record<string, ReturnType<typeof setTimeout>>} */
  const timers = {};
  /** When a change is told of at the latest. @type {Record<string, number>} */
  const until = {};
  for (const [kind, list] of LISTS) {
    if (!wanted[kind] || !client.getServerCapabilities()?.[kind]?.listChanged) continue;
    const { onChanged, autoRefresh = true, debounceMs = 300 } = /** @type {import("../types/subscription.js").ListChangedHandler<unknown>} */ (wanted[kind]);
    filter[`${kind}ListChanged`] = true;
    // One after the other: an older list must not come last.
    let last = Promise.resolve();
    const tell = async () => {
      let items = null;
      try {
        if (autoRefresh) items = /** @type {Partial<Record<typeof kind, unknown[]>>} */ (await client[list]())[kind] ?? [];
      } catch (error) {
        return attempt(() => onChanged(/** @type {Error} */ (error), null));
      }
      attempt(() => onChanged(null, items));
    };
    changed[`notifications/${kind}/list_changed`] = () => {
      const now = performance.now();
      // Changes without a pause are told of all the same.
      until[kind] ??= now + Math.max(LONGEST_WAIT, debounceMs);
      clearTimeout(timers[kind]);
      timers[kind] = setTimeout(
        () => {
          delete until[kind];
          last = last.then(tell);
        },
        Math.max(0, Math.min(debounceMs, until[kind] - now)),
      );
    };
  }
  if (!Object.keys(filter).length) return;
  try {
    const onnotification = (/** @type {ChangeNotification} */ { method }) => changed[method]?.();
    // What has changed in a gap, nobody says.
    const onreopen = () => Object.values(changed).forEach((tell) => tell());
    const subscription = await client.listen(filter, { onnotification, onreopen });
    await subscription.closed;
  } catch (error) {
    failed(/** @type {Error} */ (error));
  }
  for (const kind in timers) clearTimeout(timers[kind]);
}
