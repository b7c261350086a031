// The server half beside FastMCP: what a report and a connection cost, and what load is held.
//
// CPU time and memory are those of the server's process as Linux tells them; the load comes from a
// process of its own, native/main.rs, the same for both.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { python, pythonFastmcp4 } from "../support/paths.mjs";
import { start } from "../support/process.mjs";
import { cpuOf, memoryOf } from "./process.mjs";

const script = fileURLToPath(new URL("./fastmcp_server.py", import.meta.url));
/** Reports that are later than this at the end, relative to the time, are not what was asked for. */
const LATE = 1.1;
const SECONDS = 10;
/** At each step of the ladder. */
const SHORT = 4;
const RATE = 100;
/** Numbers of calls at which FastMCP is tried, up to the first that it does not hold. */
const LADDER = [5, 10, 20, 40, 80, 160];

/**
 * @typedef {"websocket" | "http"} Channel
 * @typedef {{ cpu: number, seconds: number, memory: number }} Figures of a report, and bytes of an idle connection, in one round
 * @typedef {object} Load what came of calls that report at a rate
 * @property {number} idle connections beside them
 * @property {number} calls
 * @property {number} lost reports that did not come, or not in their place
 * @property {number} failed calls, and idle connections that died
 * @property {number} late how long it took, of the time that it should take
 * @property {number} busy processors that the server kept busy
 * @property {number} memory bytes that it had at its end
 * @property {number} growth its most memory under the load, relative to that before the calls
 *
 * @typedef {{ ours: Figures[], theirs: Figures[], full: Load, theirBest?: Load, oursThere?: Load }} Comparison
 * @typedef {Record<Channel, Comparison>} Servers
 * @typedef {{ rounds: number, scale: number, say: (text: string) => void, log: (text: string) => void }} Setting
 */

/**
 * @param {string} program
 * @param {Setting} setting
 * @returns {Promise<Servers | undefined>}
 */
export async function measureServers(program, setting) {
  if (process.platform !== "linux") return void setting.say("servers: not measured, for want of /proc");
  if (!existsSync(program)) throw new Error("--native names no program: `cargo xtask bench` builds it");
  return { websocket: await compare(program, "websocket", setting), http: await compare(program, "http", setting) };
}

/** @param {string} program @param {Channel} channel @param {Setting} setting @returns {Promise<Comparison>} */
async function compare(program, channel, setting) {
  const { rounds, scale, say } = setting;
  const ours = () => start(program, ["serve"], { ready: /listening on (\S+)/ });
  const interpreter = channel === "websocket" ? python : pythonFastmcp4;
  const theirs = () => start(interpreter, [script, channel], { ready: /listening on (\S+)/ });
  /** @param {() => ReturnType<typeof start>} begin @param {(server: Server) => Promise<any>} work */
  const during = async (begin, work) => {
    const running = await begin();
    const pid = running.child.pid ?? 0;
    const url = `${channel === "websocket" ? "ws" : "http"}://${running.match[1]}/mcp`;
    try {
      return await work({ pid, url, program, log: setting.log });
    } finally {
      await running.stop("SIGKILL");
    }
  };
  const some = (/** @type {number} */ n) => Math.max(5, Math.round(n * scale));

  /** @type {{ ours: Figures[], theirs: Figures[] }} */
  const figures = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    say(`servers over ${channel}: a report, an idle connection; round ${round + 1} of ${rounds}`);
    figures.ours.push(await during(ours, (server) => figuresOf(server, some(300_000), some(1000))));
    figures.theirs.push(await during(theirs, (server) => figuresOf(server, some(6_000), some(200))));
  }
  say(`servers over ${channel}: 500 calls`);
  const full = await during(ours, (server) => load(server, some(5000), some(500), SECONDS, scale));
  /** @type {Load | undefined} */
  let theirBest;
  for (const calls of LADDER) {
    say(`servers over ${channel}: FastMCP, ${calls} calls`);
    const tried = await during(theirs, (server) => load(server, 10 * calls, calls, SHORT, scale));
    if (tried.failed || tried.lost || tried.late > LATE) break;
    theirBest = tried;
  }
  const same = theirBest?.calls;
  const oursThere = same && (await during(ours, (server) => load(server, 10 * same, same, SHORT, scale)));
  return { ...figures, full, theirBest, oursThere: oursThere || undefined };
}

/** @typedef {{ pid: number, url: string, program: string, log: (text: string) => void }} Server */

/** One round, of a server that is new: memory that it had once would not be taken again. @param {Server} server @param {number} reports @param {number} connections @returns {Promise<Figures>} */
async function figuresOf(server, reports, connections) {
  const flood = async (/** @type {number} */ count) => {
    const came = await drive(server, { idle: 0, calls: 1, count, every: 0 });
    if (came.lost || came.failed) throw new Error(`a flood of ${count}: ${JSON.stringify(came)}`);
    return came;
  };
  // The first one warms up.
  await flood(Math.ceil(reports / 4));
  const { cpu, seconds } = await flood(reports);
  const empty = memoryOf(server.pid);
  const { before } = await drive(server, { idle: connections, calls: 0, count: 0, every: 0 });
  const figures = { cpu: cpu / reports, seconds: seconds / reports, memory: (before - empty) / connections };
  server.log(`    ${JSON.stringify(figures)}`);
  return figures;
}

/**
 * @param {Server} server
 * @param {number} idle
 * @param {number} calls
 * @param {number} planned seconds
 * @param {number} scale
 * @returns {Promise<Load>}
 */
async function load(server, idle, calls, planned, scale) {
  const seconds = Math.max(1, planned * Math.min(1, scale));
  const came = await drive(server, { idle, calls, count: RATE * seconds, every: 1000 / RATE });
  const { lost, failed, dead, before, peak } = came;
  const result = {
    idle,
    calls,
    lost,
    failed: failed + dead,
    late: came.seconds / seconds,
    busy: came.cpu / came.seconds,
    memory: peak,
    growth: peak / before,
  };
  server.log(`    ${JSON.stringify({ ...result, failure: came.failure })}`);
  return result;
}

/**
 * Puts a load on a server; `before` and `peak` are its memory when all are connected, and the most.
 * @param {Server} server
 * @param {{ idle: number, calls: number, count: number, every: number }} what
 */
async function drive({ pid, url, program }, { idle, calls, count, every }) {
  const args = ["drive", url, idle, calls, count, every].map(String);
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  /** @type {any} */
  let report;
  let before = 0;
  let peak = 0;
  let cpu = 0;
  /** @type {any} */
  let watch;
  const look = () => (peak = Math.max(peak, memoryOf(pid)));
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === "ready") {
      // What opening the connections has left behind is done with first.
      await new Promise((resolve) => setTimeout(resolve, 300));
      before = memoryOf(pid);
      cpu = cpuOf(pid);
      watch = setInterval(look, 200);
      child.stdin.end("go\n");
    } else if (line === "done") {
      look();
      cpu = cpuOf(pid) - cpu;
    } else {
      report = JSON.parse(line);
    }
  }
  clearInterval(watch);
  if (!report) throw new Error(`${args.join(" ")}: the load broke off`);
  return { ...report, before, peak, cpu };
}
