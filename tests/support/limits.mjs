// Loaded before a file of tests (`node --import`): a test that says no `timeout` of its own fails after
// a minute. Node's own limit is for a file as a whole, so that one test that hangs takes all others along.
// What a test that has failed leaves behind, servers and programs, ends soon after: its file would hang until Node's limit.
import { createRequire, syncBuiltinESMExports } from "node:module";

const LIMIT = 60_000;
const load = createRequire(import.meta.url);
const runner = load("node:test");

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

/** How long what a file has started may go on after its last test, in milliseconds. */
const GRACE = 30_000;

/** Ends what still runs. @type {Set<() => void>} */
const ends = new Set();
const { Server } = load("node:net");
const { listen } = Server.prototype;
/** @this {import("node:net").Server & { closeAllConnections?: () => void }} @param {any[]} given */
Server.prototype.listen = function (...given) {
  /** @type {Set<import("node:net").Socket>} */
  const open = new Set();
  const keep = (/** @type {import("node:net").Socket} */ socket) => void open.add(socket.once("close", () => open.delete(socket)));
  const end = () => {
    this.close();
    open.forEach((socket) => socket.destroy());
  };
  ends.add(end);
  this.on("connection", keep).once("close", () => ends.delete(end));
  return listen.apply(this, /** @type {any} */ (given));
};
const processes = load("node:child_process");
const { spawn } = processes;
processes.spawn = (/** @type {any[]} */ ...given) => {
  const child = spawn(.../** @type {[any]} */ (given));
  const end = () => void child.kill();
  ends.add(end);
  return child.once("close", () => ends.delete(end));
};
// Only in the process of a file of tests.
if (process.env.NODE_TEST_CONTEXT) runner.after(() => void setTimeout(left, GRACE).unref());

function left() {
  // Whoever has passed has forgotten something.
  if (ends.size) process.exitCode = 1;
  ends.forEach((end) => end());
}

syncBuiltinESMExports();
