// Starts the gateway for a test.
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { gateway } from "./paths.mjs";
import { start } from "./process.mjs";

/** The stdio server that does what libraries would not. */
export const linesServer = fileURLToPath(new URL("lines-server.mjs", import.meta.url));

/** The command of that server. */
export const lines = (/** @type {string[]} */ ...args) => ["--", process.execPath, linesServer, ...args];

/**
 * Starts the gateway and waits until it listens.
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, token?: string }} [options]
 */
export async function startGateway(args, { env, cwd, token = "pairing-token" } = {}) {
  if (!existsSync(gateway)) throw new Error(`${gateway} is missing: run \`cargo build --package mcp-wasm-gateway\``);
  const given = args.includes("--no-token") || args.includes("--secret") ? [] : ["--token", token];
  const port = args.includes("--port") ? [] : ["--port", "0"];
  const server = await start(gateway, [...port, ...given, ...args], { ready: /try them at (https?:\/\/\S+:(\d+)\/)/, env, cwd });
  const at = Number(server.match[2]);
  return {
    port: at,
    token,
    url: String(server.match[1]),
    child: server.child,
    /** @param {string} [name] */
    ws: (name) => `ws://127.0.0.1:${at}/${name ? `${name}/` : ""}mcp`,
    /** @param {string} [name] */
    http: (name) => `http://127.0.0.1:${at}/${name ? `${name}/` : ""}mcp`,
    /** What a client connects with. */
    protocols: ["mcp", `mcp.ticket.${token}`],
    headers: { authorization: `Bearer ${token}` },
    /** @returns {Promise<any[]>} */
    servers: async () => (await fetch(`http://127.0.0.1:${at}/servers`, { headers: { authorization: `Bearer ${token}` } })).json(),
    output: server.output,
    /** Ends it; it is a bug if it has panicked. */
    stop: async () => {
      const code = await server.stop();
      if (server.output().includes("panicked at")) throw new Error(server.output());
      return code;
    },
    exited: server.exited,
  };
}

/** The ids of the processes whose command line has this text. @param {string} text */
export async function processes(text) {
  const { readdir, readFile } = await import("node:fs/promises");
  const found = [];
  for (const id of await readdir("/proc")) {
    if (!/^\d+$/.test(id)) continue;
    const line = await readFile(path.join("/proc", id, "cmdline"), "utf8").catch(() => "");
    if (line.replaceAll("\0", " ").includes(text)) found.push(Number(id));
  }
  return found;
}

/** Waits until something holds. @param {() => unknown} holds @param {string} what @param {number} [millis] */
export async function until(holds, what, millis = 10_000) {
  const end = Date.now() + millis;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${millis} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
