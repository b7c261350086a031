// How a connection by a transport begins, and how it ends.

/** How long the end of a transport is waited for, in milliseconds. */
const GRACE = 5000;

/** What clients are connected to, and by which connection; both ways. @type {WeakMap<object, object>} */
const taken = new WeakMap();

/** Lets a connection have what no other has: two would take each other's answers for their own. @param {object} connection @param {object} end */
export const take = (connection, end) => !taken.has(end) && taken.set(end, connection).set(connection, end);

/** Whoever wants it may have it now. @param {object} connection */
export const leave = (connection) => [taken.get(connection), connection].forEach((one) => taken.delete(/** @type {object} */ (one)));

/** What a transport says before there is a core, in order. */
export class Early {
  /** @type {(() => void)[] | undefined} */
  #kept;

  /** @param {boolean} waits whether there is no core yet */
  constructor(waits) {
    if (waits) this.#kept = [];
  }

  /** Tells of something, as soon as that can be. @template T @param {(what: T) => unknown} take @param {T} what */
  hear(take, what) {
    if (this.#kept) this.#kept.push(() => take(what));
    else take(what);
  }

  /** There is a core. */
  end() {
    // What comes meanwhile joins the queue.
    for (const tell of this.#kept ?? []) tell();
    this.#kept = undefined;
  }
}

/** Fulfilled when a transport has ended, or should have. @param {Promise<unknown>} closing @param {() => void} release takes the handlers off it @returns {Promise<void>} */
export function over(closing, release) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const ended = closing
    .catch(() => {})
    .then(() => {
      clearTimeout(timer);
      release();
    });
  return Promise.race([ended, new Promise((/** @type {(none?: any) => void} */ resolve) => (timer = setTimeout(resolve, GRACE)))]);
}
