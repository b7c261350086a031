// Results that a store of the program's keeps, beyond one client and one connection.

/** The longest time for which a result is kept, in milliseconds. */
export const MAX_CACHE_TTL_MS = 86_400_000;
/** One of each is all there is, so they do not count. */
const SINGLE = ["tools/list", "prompts/list", "resources/list", "resources/templates/list", "server/discover"];

/** @typedef {{ method: string, params?: string, partition?: string }} Key */

/** @param {Key} key */
const nameOf = ({ method, params = "", partition = "" }) => JSON.stringify([method, params, partition]);

export class InMemoryResponseCacheStore {
  /** Oldest first. @type {Map<string, { method: string, entry: import("./v2.js").CacheEntry }>} */
  entries = new Map();
  stamp = 0;

  /** @param {{ maxEntries?: number }} [options] */
  constructor({ maxEntries = 512 } = {}) {
    this.maxEntries = maxEntries;
  }

  get size() {
    return this.entries.size;
  }

  /** @param {Key} key */
  get(key) {
    return this.entries.get(nameOf(key))?.entry;
  }

  /** @param {Key} key @param {Parameters<import("./v2.js").ResponseCacheStore["set"]>[1]} entry */
  set(key, entry) {
    const name = nameOf(key);
    const counted = [...this.entries].filter(([, { method }]) => !SINGLE.includes(method));
    const full = this.maxEntries > 0 && counted.length >= this.maxEntries;
    if (full && !SINGLE.includes(key.method) && !this.entries.has(name)) this.entries.delete(/** @type {[string, unknown]} */ (counted[0])[0]);
    this.entries.set(name, { method: key.method, entry: { ...entry, stamp: ++this.stamp } });
    return this.stamp;
  }

  /** @param {Key} key */
  delete(key) {
    this.entries.delete(nameOf(key));
  }

  /** @param {string} method */
  evict(method) {
    for (const [name, entry] of this.entries) if (entry.method === method) this.entries.delete(name);
  }

  clear() {
    this.entries.clear();
  }
}

/** What of a store one client reads and writes. */
export class Kept {
  /** Counts what became untrue, so that an answer that was under way then is not kept. */
  #news = 0;

  /**
   * @param {import("./v2.js").ResponseCacheStore} store
   * @param {string} partition whose private results are kept
   * @param {number} ttl for what the server says nothing about, in milliseconds
   * @param {(error: unknown) => void} report is told what the store threw
   */
  constructor(store, partition, ttl, report) {
    this.store = store;
    this.partition = partition;
    this.ttl = ttl;
    this.report = report;
    /** Whose results they are. @type {unknown} */
    this.server = undefined;
  }

  /** @param {string} method @param {string} params @param {string} scope */
  #key(method, params, scope) {
    const own = scope === "public" ? "" : this.partition;
    return { method, params, partition: JSON.stringify([this.server, own]) };
  }

  /** @template Out @param {() => Out | Promise<Out>} act */
  async #try(act) {
    try {
      return await act();
    } catch (error) {
      this.report(error);
      return undefined;
    }
  }

  /**
   * A result: the one that is kept, or what the server answers.
   * @param {string} method
   * @param {string} params
   * @param {"use" | "refresh" | "bypass"} mode
   * @param {() => PromiseLike<{ cacheScope?: string, ttlMs?: number } | undefined>} ask
   */
  async result(method, params, mode, ask) {
    if (mode === "use") {
      for (const scope of ["private", "public"]) {
        const entry = await this.#try(() => this.store.get(this.#key(method, params, scope)));
        const foreign = scope === "public" && entry?.scope !== "public";
        if (entry && !foreign && /** @type {number} */ (entry.expiresAt) > Date.now()) return this.#try(() => JSON.parse(entry.value));
      }
    }
    const news = this.#news;
    const result = await ask();
    const scope = /** @type {"public" | "private"} */ (result?.cacheScope === "public" ? "public" : "private");
    const ttl = Math.min(result?.ttlMs ?? this.ttl, MAX_CACHE_TTL_MS);
    if (mode !== "bypass" && ttl > 0 && news === this.#news) {
      const entry = { value: JSON.stringify(result), expiresAt: Date.now() + ttl, scope };
      await this.#try(() => this.store.set(this.#key(method, params, scope), entry));
    }
    return result;
  }

  /** A result is no longer true. @param {string} method @param {string} [params] */
  async forget(method, params = "") {
    this.#news++;
    for (const scope of ["private", "public"]) await this.#try(() => this.store.delete(this.#key(method, params, scope)));
  }
}
