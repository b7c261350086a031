// What is stored of log-ins, one at a time: in this process, and in all tabs that share a store. So
// nobody writes anything between what is read and what is written for it.
import { nameOf } from "./sessions.js";

/** @typedef {import("./sessions.js").Sessions} Sessions */
/** @typedef {import("./sessions.js").Session} Session */

/** @type {Map<string, Promise<unknown>>} */
const running = new Map();

/**
 * Runs something while nobody else does so under the same name.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
export async function alone(name, act) {
  // A page without an origin has none to share them with.
  const locks = globalThis.origin === "null" ? undefined : globalThis.navigator?.locks;
  if (locks) return locks.request(`mcp-wasm-auth ${name}`, act);
  const before = running.get(name) ?? Promise.resolve();
  const mine = before.then(act, act);
  running.set(name, mine);
  try {
    return await mine;
  } finally {
    if (running.get(name) === mine) running.delete(name);
  }
}

/** @param {Sessions} sessions @param {Session} kept */
async function write(sessions, kept) {
  await sessions.store.set(nameOf(kept.server), kept);
  sessions.tell(kept.server, kept.tokens ? "ready" : "none");
  return kept;
}

/** A log-in that is new. @param {Sessions} sessions @param {Session} kept */
export const save = (sessions, kept) => alone(nameOf(kept.server), () => write(sessions, kept));

/**
 * Other tokens, or none, for a log-in: if that is still the one that there is.
 * @param {Sessions} sessions @param {Session} kept @param {import("./tokens.js").Tokens} [tokens]
 * @returns {Promise<Session | undefined>} the one that there is then
 */
export const replace = (sessions, kept, tokens) =>
  alone(nameOf(kept.server), async () => {
    const now = await sessions.get(kept.server);
    // Somebody has logged out meanwhile, or in.
    return now?.tokens?.access === kept.tokens?.access ? write(sessions, { ...kept, tokens }) : now;
  });

/** Forgets a log-in, in all tabs. @param {Sessions} sessions @param {string} server @returns {Promise<Session | undefined>} what it was */
export const forget = (sessions, server) =>
  alone(nameOf(server), async () => {
    const kept = await sessions.get(server);
    await sessions.store.delete(nameOf(server));
    sessions.tell(server, "none", true);
    return kept;
  });

/** The key of an issuer's tokens, made if there is none. @param {Sessions} sessions @param {string} issuer @returns {Promise<CryptoKeyPair>} */
export const keyFor = (sessions, issuer) =>
  alone(`key ${issuer}`, async () => {
    const other = await sessions.key(issuer);
    if (other) return other;
    // One of which nobody can take a copy.
    const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]));
    await sessions.store.set(`key ${issuer}`, { pair });
    sessions.keys.set(issuer, pair);
    return pair;
  });
