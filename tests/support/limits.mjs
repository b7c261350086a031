// Loaded before a file of tests (`node --import`): a test that says no `timeout` of its own fails after
// a minute. Node's own limit is for a file as a whole, so that one test that hangs takes all others along.
import { createRequire, syncBuiltinESMExports } from "node:module";

const LIMIT = 60_000;
const runner = createRequire(import.meta.url)("node:test");

/**
 * Tests inside of a test have its limit if they say none. A group has none: its tests have.
 * @param {Function} plain
 */
function limited(plain) {
  /** @param {any[]} given a name, options, a function: each may be missing */
  const test = (...given) => {
    const options = given.find((value) => typeof value === "object" && value !== null);
    const others = given.filter((value) => value !== options);
    const name = others.filter((value) => typeof value === "string");
    return plain(...name, { timeout: LIMIT, ...options }, ...others.slice(name.length));
  };
  return Object.assign(test, plain);
}

runner.test = limited(runner.test);
runner.it = limited(runner.it);
syncBuiltinESMExports();
