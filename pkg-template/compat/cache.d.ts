/** What is kept of results beyond one client, as the 2.x SDK declares it. */

/** A value, now or later. */
export type MaybePromise<T> = T | Promise<T>;
/** `"refresh"` asks the server and keeps the answer, `"bypass"` asks and does not. */
export type CacheMode = "use" | "refresh" | "bypass";
export type CacheScope = "public" | "private";
export interface CacheKey {
  readonly method: string;
  readonly params?: string;
  readonly partition?: string;
}
export interface CacheEntry {
  readonly value: string;
  readonly stamp: number;
  readonly expiresAt?: number;
  readonly scope?: CacheScope;
}
/** Keeps results beyond one client. */
export interface ResponseCacheStore {
  get(key: CacheKey): MaybePromise<CacheEntry | undefined>;
  set(key: CacheKey, entry: { value: string; expiresAt?: number; scope?: CacheScope }): MaybePromise<number>;
  delete(key: CacheKey): MaybePromise<void>;
  evict(method: string): MaybePromise<void>;
  clear(): MaybePromise<void>;
}
export interface InMemoryResponseCacheStoreOptions {
  maxEntries?: number;
}

/** Keeps results in memory, for several clients. */
export class InMemoryResponseCacheStore implements ResponseCacheStore {
  constructor(options?: InMemoryResponseCacheStoreOptions);
  /** How many results are kept. */
  get size(): number;
  get(key: CacheKey): CacheEntry | undefined;
  set(key: CacheKey, entry: { value: string; expiresAt?: number; scope?: CacheScope }): number;
  delete(key: CacheKey): void;
  evict(method: string): void;
  clear(): void;
}
/** The longest time for which a result is kept, in milliseconds. */
export const MAX_CACHE_TTL_MS: 86400000;
export {};
