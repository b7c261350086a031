// Child processes that are waited for until they say that they are ready, and that never outlive
// the test.
import { spawn } from "node:child_process";
import { connect, createServer } from "node:net";

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * @typedef {object} Running
 * @property {import("node:child_process").ChildProcess} child
 * @property {RegExpMatchArray} match what `ready` matched
 * @property {() => string} output everything printed so far, both streams
 * @property {() => Promise<number | null>} exited resolves with the exit code
 * @property {(signal?: NodeJS.Signals) => Promise<number | null>} stop ends the process and waits for it
 */

/**
 * Starts a program and waits until one of its output lines matches `ready`.
 * @param {string} command
 * @param {string[]} args
 * @param {{ ready: RegExp, env?: NodeJS.ProcessEnv, cwd?: string, timeout?: number }} options
 * @returns {Promise<Running>}
 */
export function start(command, args, { ready, env, cwd, timeout = 30_000 }) {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  let output = "";
  /** @type {Promise<number | null>} */
  const exited = new Promise((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", (code) => resolve(code));
  }).then((code) => {
    running.delete(child);
    return /** @type {number | null} */ (code);
  });
  /** @param {NodeJS.Signals} [signal] */
  const stop = async (signal = "SIGTERM") => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    const code = await exited;
    clearTimeout(timer);
    return code;
  };
  const line = [command, ...args].join(" ");
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      fail(`printed nothing that matches ${ready} within ${timeout} ms`);
      child.kill("SIGKILL");
    }, timeout);
    /** @param {string} why */
    function fail(why) {
      clearTimeout(timer);
      reject(new Error(`${line}: ${why}\n${output}`));
    }
    /** @param {Buffer} chunk */
    function read(chunk) {
      output += chunk;
      const match = output.match(ready);
      if (!match) return;
      clearTimeout(timer);
      resolve({
        child,
        match,
        output: () => output,
        exited: () => exited,
        stop,
      });
    }
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", (error) => fail(error.message));
    exited.then((code) => fail(`ended with code ${code}`));
  });
}

/**
 * A port that is free now.
 * @returns {Promise<number>}
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });
}

/**
 * Fulfilled when somebody takes connections at a port: servers may say that they are ready a little before.
 * @param {number} port
 */
export async function listening(port) {
  for (const end = performance.now() + 10_000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const taken = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (taken) return;
    if (performance.now() > end) throw new Error(`nobody listens at port ${port}`);
  }
}
