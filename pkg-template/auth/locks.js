// One at a time: in this process, and in all tabs that share a store.

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
  if (locks) return locks.request(name, act);
  const before = running.get(name) ?? Promise.resolve();
  const mine = before.then(act, act);
  running.set(name, mine);
  try {
    return await mine;
  } finally {
    if (running.get(name) === mine) running.delete(name);
  }
}
