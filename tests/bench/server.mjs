// Servers side by side: this crate's, one of the Rust SDK, FastMCP. Each is a process of its own, whose CPU time the kernel
// tells; the load comes from another one, native/main.rs, the same for all. They take turns, round by round.
//
//   node server.mjs --native PROGRAM --rmcp PROGRAM [--part reports|connections|history]... [--rounds N] [--scale F] [--verbose]
//                   [--write]   the tables into docs/size-and-speed.md
import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { python, pythonFastmcp4, root } from "../support/paths.mjs";
import { start } from "../support/process.mjs";
import { cpuOf, memoryOf } from "./process.mjs";
import { insert } from "./report.mjs";
import { CALLS, CONNECTIONS, HISTORY, OURS, serverTables } from "./server-report.mjs";

/** Reports of one sample, by a server that is compiled, and by one that is not. */
const [MANY, FEW] = [50_000, 5000];
/** Calls while connections rest, and while history is kept: of few calls, each has more than the default keeps. */
const [AT_ONCE, LONG] = [100, 10];
/** How the load speaks to a server. @type {Record<import("./server-report.mjs").Channel, (address: string) => string>} */
const URLS = {
  websocket: (address) => `ws://${address}/mcp`,
  http: (address) => `http://${address}/mcp`,
  modern: (address) => `http://${address}/mcp#2026-07-28`,
};

/** @typedef {{ pid: number, address: string, stop: () => Promise<unknown> }} Server */
/** @typedef {import("./server-report.mjs").Channel} Channel */
/** @typedef {import("./server-report.mjs").Sample} Sample */

/** Starts a program that may open as many files as the system lets it. @param {string} program @param {...string} args @returns {Promise<Server>} */
async function serve(program, ...args) {
  const raised = ["-c", 'ulimit -n "$(ulimit -H -n)"; exec "$@"', "sh", program, ...args];
  const { child, match, stop } = await start("/bin/sh", raised, { ready: /listening on (\S+)/ });
  return { pid: child.pid ?? 0, address: match[1] ?? "", stop: () => stop("SIGKILL") };
}

/**
 * Opens `idle` connections and one for each call, then lets each call report `count` times.
 * @param {string} program
 * @param {Server} server
 * @param {Channel} channel
 * @param {{ idle: number, calls: number, count: number }} what
 * @returns {Promise<Sample>} seconds of CPU and of time for a report, and bytes before the calls and after
 */
async function drive(program, { pid, address }, channel, { idle, calls, count }) {
  const args = ["drive", URLS[channel](address), idle, calls, count, 0].map(String);
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  let [before, after, cpu] = [0, 0, 0];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "ready") {
      // What opening the connections has left behind is done with first.
      await new Promise((resolve) => setTimeout(resolve, 200));
      before = memoryOf(pid);
      cpu = cpuOf(pid);
      child.stdin.end("go\n");
      continue;
    }
    if (line === "done") {
      cpu = cpuOf(pid) - cpu;
      after = memoryOf(pid);
      continue;
    }
    const { seconds, lost, failed, dead, failure } = JSON.parse(line);
    if (lost || failed || dead) throw new Error(`${args.join(" ")}: ${line}\n${failure}`);
    await new Promise((resolve) => child.once("close", resolve));
    const reports = calls * count;
    return { cpu: cpu / reports, seconds: seconds / reports, before, after };
  }
  throw new Error(`${args.join(" ")}: the load broke off`);
}

/**
 * All samples of a run.
 * @param {{ native: string, rmcp: string, parts: string[], rounds: number, scale: number, say: (text: string) => void, log: (text: string) => void }} setting
 */
async function measure({ native, rmcp, parts, rounds, scale, say, log }) {
  const fastmcp = fileURLToPath(new URL("./fastmcp_server.py", import.meta.url));
  const started = {
    [OURS]: await serve(native, "serve"),
    rmcp: await serve(rmcp),
    fastmcp: await serve(pythonFastmcp4, fastmcp, "http"),
    fastmcpSocket: await serve(python, fastmcp, "websocket"),
  };
  /** @type {Record<Channel, Record<string, Server>>} */
  const servers = {
    websocket: { [OURS]: started[OURS], fastmcp: started.fastmcpSocket },
    http: { [OURS]: started[OURS], rmcp: started.rmcp, fastmcp: started.fastmcp },
    modern: { [OURS]: started[OURS], rmcp: started.rmcp },
  };
  /** @type {import("./server-report.mjs").Samples} */
  const samples = { reports: {}, connections: {}, history: {} };
  /** @param {keyof typeof samples} part @param {string} key @param {Sample} sample */
  const keep = (part, key, sample) => {
    (samples[part][key] ??= []).push(sample);
    log(`    ${part} ${key} ${JSON.stringify(sample)}`);
  };
  const wanted = (/** @type {string} */ part) => !parts.length || parts.includes(part);
  const some = (/** @type {number} */ n) => Math.max(5, Math.round(n * scale));
  try {
    for (let round = 0; wanted("reports") && round < rounds; round++) {
      for (const [channel, those] of Object.entries(servers)) {
        for (const calls of CALLS) {
          say(`round ${round + 1} of ${rounds}: ${channel}, ${calls} calls`);
          for (const [name, server] of Object.entries(those)) {
            const count = Math.ceil(some(name === "fastmcp" ? FEW : MANY) / calls);
            keep("reports", `${channel} ${name} ${calls}`, await drive(native, server, /** @type {Channel} */ (channel), { idle: 0, calls, count }));
          }
        }
      }
    }
    await Promise.all(Object.values(started).map((server) => server.stop()));
    for (let round = 0; round < rounds; round++) {
      for (const idle of wanted("connections") ? CONNECTIONS : []) {
        say(`round ${round + 1} of ${rounds}: beside ${idle} connections`);
        for (const [channel, name] of /** @type {[Channel, string][]} */ ([["websocket", OURS], ["http", OURS], ["http", "rmcp"]])) {
          const server = await (name === OURS ? serve(native, "serve") : serve(rmcp));
          const count = Math.ceil(some(MANY) / AT_ONCE);
          keep("connections", `${channel} ${name} ${idle}`, await drive(native, server, channel, { idle: some(idle), calls: AT_ONCE, count }));
          await server.stop();
        }
      }
      for (const [history, bytes] of wanted("history") ? Object.entries(HISTORY) : []) {
        say(`round ${round + 1} of ${rounds}: history kept: ${history}`);
        const server = await serve(native, "serve", String(bytes));
        const count = Math.ceil(some(2 * MANY) / LONG);
        await drive(native, server, "http", { idle: 0, calls: LONG, count: 10 });
        keep("history", history, await drive(native, server, "http", { idle: 0, calls: LONG, count }));
        await server.stop();
      }
    }
  } finally {
    await Promise.all(Object.values(started).map((server) => server.stop()));
  }
  return samples;
}

const { values: options } = parseArgs({
  options: {
    native: { type: "string", default: "" },
    rmcp: { type: "string", default: "" },
    part: { type: "string", multiple: true, default: [] },
    rounds: { type: "string", default: "5" },
    scale: { type: "string", default: "1" },
    verbose: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});
const began = Date.now();
const say = (/** @type {string} */ text) => void process.stderr.write(`[${((Date.now() - began) / 1000).toFixed(0).padStart(4)}s] ${text}\n`);
const log = options.verbose ? (/** @type {string} */ text) => void process.stderr.write(`${text}\n`) : () => {};
if (process.platform !== "linux") {
  say("servers: not measured, for want of /proc");
} else {
  const { native, rmcp } = options;
  const samples = await measure({ native, rmcp, parts: options.part, rounds: Number(options.rounds), scale: Number(options.scale), say, log });
  const tables = serverTables(samples);
  console.log(`\n${tables}\n`);
  if (options.write && !options.part.length && Number(options.rounds) >= 5 && Number(options.scale) === 1) {
    await insert(path.join(root, "docs/size-and-speed.md"), () => tables, say, "server");
  }
}
