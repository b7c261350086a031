// What a report costs a native client: CPU time of its process, ours and that of the Rust SDK in turn, of the same server. Prints
// ratios to the first client, round by round: their median, the lowest and the highest.
// `node tests/bench/native-client.mjs [ROUNDS]`, with our program in NATIVE_CLIENT (`cargo bench --bench native-client --features native-client --no-run`
// says where it is), that of the Rust SDK in RMCP_CLIENT (`cargo build --release --bin hear` in tests/interop/rmcp-server), and the demo
// server, built for release, in DEMO_SERVER.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { demoServer } from "../support/paths.mjs";
import { start } from "../support/process.mjs";
import { ratios, show, spread } from "./figures.mjs";

const rounds = Number(process.argv[2] ?? 5);
const CALLS = 20;
const REPORTS = 2_000;
const run = promisify(execFile);

const server = await start(demoServer, ["--port", "0", "--pace", "0"], { ready: /listening on (http:\/\/\S+)/ });
const http = `${String(server.match[1]).replace(/\/$/, "")}/mcp`;
/** @type {[name: string, program: string | undefined, url: string][]} */
const clients = [
  ["rmcp, HTTP", process.env.RMCP_CLIENT, http],
  ["mcp-wasm, HTTP", process.env.NATIVE_CLIENT, http],
  ["mcp-wasm, WebSocket", process.env.NATIVE_CLIENT, http.replace(/^http/, "ws")],
];
/** @type {Map<string, number[]>} */
const all = new Map();
for (let round = 0; round < rounds; round++) {
  for (const [name, program, url] of clients) {
    if (!program) continue;
    const { stdout } = await run(program, [url, String(CALLS), String(REPORTS)]);
    const { reports, nanos } = JSON.parse(stdout);
    if (reports !== CALLS * REPORTS) console.log(`${name}: ${reports} of ${CALLS * REPORTS} reports`);
    all.set(name, [...(all.get(name) ?? []), nanos]);
  }
}
await server.stop();
const [base] = all.values();
for (const [name, nanos] of all) {
  const { middle, least, most } = spread(ratios(nanos, base)) ?? { middle: NaN, least: NaN, most: NaN };
  console.log(`${name.padEnd(20)} ${show(middle)} of the CPU per report (${show(least)} to ${show(most)})`);
}
