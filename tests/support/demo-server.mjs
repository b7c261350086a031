// Starts the demo server for a test.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { demoServer } from "./paths.mjs";
import { start } from "./process.mjs";

/**
 * @typedef {object} DemoServer
 * @property {number} port
 * @property {string} url address of the page, with a slash at its end
 * @property {string} ws address of the WebSocket endpoint
 * @property {() => string} output what the server printed so far
 * @property {(signal?: NodeJS.Signals) => Promise<number | null>} stop resolves with the exit code
 */

/**
 * Starts the demo server and waits until it listens.
 * @param {{ port?: number, pace?: number, root?: string, args?: string[], env?: NodeJS.ProcessEnv, login?: boolean }} [options]
 *   `login`: as `cargo xtask demo --auth`, with an authorization server;
 *   `port` 0 (the default) takes any free one; `pace` 0 (the default) leaves out every pause
 * @returns {Promise<DemoServer>}
 */
export async function startDemoServer({ port = 0, pace = 0, root, args = [], env, login = false } = {}) {
  if (!existsSync(demoServer)) {
    throw new Error(`${demoServer} is missing: run \`cargo build --package demo-server\``);
  }
  const all = ["--port", String(port), "--pace", String(pace), ...(root ? ["--root", root] : []), ...args];
  const program = login ? [process.execPath, fileURLToPath(new URL("./demo-login.mjs", import.meta.url)), demoServer] : [demoServer];
  const server = await start(String(program[0]), [...program.slice(1), ...all], { ready: /listening on (http:\/\/\S+:(\d+)\/)/, env });
  const url = String(server.match[1]);
  return {
    port: Number(server.match[2]),
    url,
    ws: `${url.replace(/^http/, "ws")}mcp`,
    output: server.output,
    stop: server.stop,
  };
}
