// Assertions that work in Node and in a page alike.

/**
 * @param {unknown} value
 * @returns {string}
 */
export function show(value) {
  if (value instanceof Error || value instanceof DOMException) return `${value.name}: ${value.message}`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
  if (value && typeof value === "object") {
    return `{ ${Object.entries(value)
      .map(([key, member]) => `${key}: ${show(member)}`)
      .join(", ")} }`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** @param {string} why @returns {never} */
export function fail(why) {
  throw new Error(why);
}

/**
 * @param {unknown} condition
 * @param {string} [what]
 * @returns {asserts condition}
 */
export function ok(condition, what = "the condition does not hold") {
  if (!condition) fail(what);
}

/** @param {any} a @param {any} b @returns {boolean} */
function same(a, b) {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

/**
 * Deep equality; -0 is not 0, and a member that is undefined is not one that is missing.
 * @param {unknown} actual
 * @param {unknown} expected
 * @param {string} [what]
 */
export function equal(actual, expected, what = "not equal") {
  if (!same(actual, expected)) fail(`${what}:\n  got      ${show(actual)}\n  expected ${show(expected)}`);
}

/**
 * @param {unknown} text
 * @param {RegExp} pattern
 */
export function match(text, pattern) {
  if (!pattern.test(String(text))) fail(`${show(text)} does not match ${pattern}`);
}

/**
 * The reason of a promise that must reject, with these members.
 * @param {Promise<any>} promise
 * @param {Record<string, unknown>} [members] a regular expression is matched, the rest compared
 * @returns {Promise<any>}
 */
export async function rejects(promise, members = {}) {
  const outcome = await within(
    promise.then(
      (value) => ({ value }),
      (reason) => ({ reason }),
    ),
    "the promise that has to reject",
  );
  if (!("reason" in outcome)) return fail(`not rejected, but resolved with ${show(outcome.value)}`);
  hasMembers(outcome.reason, members);
  return outcome.reason;
}

/**
 * @param {any} value
 * @param {Record<string, unknown>} members
 */
export function hasMembers(value, members) {
  for (const [key, expected] of Object.entries(members)) {
    if (expected instanceof RegExp) match(value?.[key], expected);
    else equal(value?.[key], expected, `${key} of ${show(value)}`);
  }
}

/**
 * @param {() => unknown} body
 * @param {Record<string, unknown>} members
 */
export function throws(body, members) {
  try {
    body();
  } catch (error) {
    return hasMembers(error, members);
  }
  fail("nothing was thrown");
}

// Taken here, because some tests put a clock of their own in place of the real one.
const realSetTimeout = globalThis.setTimeout;
const realClearTimeout = globalThis.clearTimeout;

/**
 * The promise's value; fails after a time that nothing takes.
 * @template T
 * @param {Promise<T>} promise
 * @param {string} what
 * @param {number} [limit]
 * @returns {Promise<T>}
 */
export function within(promise, what, limit = 10_000) {
  return new Promise((resolve, reject) => {
    const timer = realSetTimeout.call(globalThis, () => reject(new Error(`waited too long for ${what}`)), limit);
    promise.then(resolve, reject).finally(() => realClearTimeout.call(globalThis, timer));
  });
}

/** Lets everything run that is ready to run. */
export const turn = () =>
  new Promise((resolve) => {
    if (typeof setImmediate === "function") return void setImmediate(resolve);
    // Not a timer: browsers make nested ones wait for 4 ms.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve(undefined);
    };
    port2.postMessage(0);
  });

/** Waits for what happens soon. @param {string} what @param {() => unknown} condition */
export async function soon(what, condition) {
  const until = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > until) fail(`waited too long for ${what}`);
    await turn();
  }
}

/**
 * For a rule about what happens after a time of the client's: others travel meanwhile, and on a busy
 * machine that may take longer. Then the rule is tried with a longer time.
 * @param {number[]} times in milliseconds
 * @param {string} what has to come within each of them
 * @param {(time: number) => Promise<boolean>} once whether it did: then the rule has been tested
 */
export async function unhurried(times, what, once) {
  for (const time of times) if (await once(time)) return;
  fail(`${what} took longer than ${times.join(", ")} ms`);
}

/** @param {Promise<unknown>} promise */
export async function pending(promise) {
  const still = {};
  return (await Promise.race([promise.catch(() => undefined), turn().then(() => still)])) === still;
}

/** A promise and its ends. */
export function deferred() {
  /** @type {(value?: any) => void} */
  let resolve = () => {};
  /** @type {(reason?: any) => void} */
  let reject = () => {};
  const promise = new Promise((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
