// Where tokens live. A store may fail: then the page's memory is what there is.

/** @typedef {import("./index.js").AuthStorage} AuthStorage */

const PREFIX = "mcp-wasm-auth ";

/** Forgets with the page. @returns {AuthStorage} */
export function memory() {
  const values = new Map();
  return {
    get: (key) => values.get(key),
    set: (key, value) => void values.set(key, value),
    delete: (key) => void values.delete(key),
  };
}

/** @param {string | null} text */
const parse = (text) => {
  try {
    return JSON.parse(text ?? "null") ?? undefined;
  } catch {}
};

/** @param {() => Storage} open */
const web = (open) => ({
  get: (/** @type {string} */ key) => parse(open().getItem(PREFIX + key)),
  set: (/** @type {string} */ key, /** @type {unknown} */ value) => open().setItem(PREFIX + key, JSON.stringify(value)),
  delete: (/** @type {string} */ key) => open().removeItem(PREFIX + key),
});
/** @returns {AuthStorage} */
export const session = () => web(() => sessionStorage);

/**
 * How long, in milliseconds, other tabs may read what was there before: what one writes reaches their processes by a
 * message, which a lock that is given on overtakes.
 */
const SPREADING = 150;

/** @returns {AuthStorage} */
export function local() {
  const { get, set, delete: remove } = web(() => localStorage);
  const spread = () => new Promise((resolve) => setTimeout(resolve, SPREADING));
  return { get, set: async (key, value) => (set(key, value), spread()), delete: async (key) => (remove(key), spread()) };
}

/** @param {string} [name] @returns {AuthStorage} */
export function indexedDb(name = "mcp-wasm-auth") {
  /** @type {Promise<IDBDatabase> | undefined} */
  let opened;
  const open = () =>
    (opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore("values");
      request.onsuccess = () => {
        // Another page that wants a newer one, or to delete it, is not kept waiting.
        request.result.onversionchange = () => (request.result.close(), (opened = undefined));
        resolve(request.result);
      };
      request.onerror = () => ((opened = undefined), reject(request.error));
    }));
  /** @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} act */
  const run = async (mode, act) => {
    const transaction = (await open()).transaction("values", mode);
    const request = act(transaction.objectStore("values"));
    return new Promise((resolve, reject) => {
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  };
  return {
    get: (key) => run("readonly", (store) => store.get(key)),
    set: (key, value) => run("readwrite", (store) => store.put(value, key)),
    delete: (key) => run("readwrite", (store) => store.delete(key)),
  };
}

/** What was stored by this version of the package; everything else counts as nothing. @param {any} value whatever is there */
const current = (value) => (value?.v === 1 ? value : undefined);

/** A store that never fails: what a broken one cannot keep stays in the page's memory. */
export class Store {
  #storage;

  /** @param {AuthStorage} storage */
  constructor(storage) {
    this.#storage = storage;
  }

  /** What it can say without a promise. @param {string} key @returns {any} as it was stored */
  peek(key) {
    try {
      const value = this.#storage.get(key);
      /** @type {Partial<Promise<unknown>> | undefined} */ (value)?.then?.(undefined, () => {});
      return current(value);
    } catch {}
  }

  /** @param {string} key @returns {Promise<any>} as it was stored */
  get = async (key) => current(await this.#safely((storage) => storage.get(key)));
  /** @param {string} key @param {object} value */
  set = (key, value) => this.#safely((storage) => storage.set(key, { ...value, v: 1 }));
  /** @param {string} key */
  delete = (key) => this.#safely((storage) => storage.delete(key));

  /** @param {(storage: AuthStorage) => unknown} act */
  async #safely(act) {
    try {
      return await act(this.#storage);
    } catch (cause) {
      console.warn("mcp-wasm/auth: the storage failed; log-ins are kept in memory", cause);
      this.#storage = memory();
      return act(this.#storage);
    }
  }
}
