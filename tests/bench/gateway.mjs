// What a report costs a gateway: CPU time of its process, ours and supergateway's in turn, with the same server behind them and the
// same client in front. `node tests/bench/gateway.mjs [ROUNDS]`, with our program in MCP_WASM_GATEWAY (a release build) and
// supergateway's script in SUPERGATEWAY.
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { importPkg } from "../support/paths.mjs";
import { linesServer, startGateway } from "../support/gateway.mjs";
import { start } from "../support/process.mjs";

const { Client } = await importPkg();
const supergateway = process.env.SUPERGATEWAY;
const rounds = Number(process.argv[2] ?? 5);
const CALLS = 50;
const REPORTS = 200;

/** Microseconds of CPU time that a process has used: of its threads, none of which ends meanwhile. The kernel's ticks are too coarse. @param {number} pid */
function cpu(pid) {
  const used = readdirSync(`/proc/${pid}/task`).map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]));
  return used.reduce((sum, nanos) => sum + nanos, 0) / 1000;
}

/** @returns {Promise<number>} */
const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      server.close(() => resolve(port));
    });
  });

/** Calls one after the other; half report in one write, half each millisecond. @param {string} url @param {number} pid */
async function measure(url, pid) {
  const client = await Client.connect(url, { mode: "legacy", progressHandler: null });
  let reports = 0;
  await client.callTool("burst", { count: 10 });
  const before = cpu(pid);
  for (let n = 0; n < CALLS; n++) {
    await client.callTool(n % 2 ? "count" : "burst", { count: REPORTS, pause: 1 }, { onprogress: () => reports++ });
  }
  const used = cpu(pid) - before;
  await client.close();
  return { reports, micros: used / (CALLS * REPORTS) };
}

const ours = await startGateway(["--no-token", "--", process.execPath, linesServer]);
const port = await freePort();
const theirs = supergateway && (await start(process.execPath, [supergateway, "--stdio", `${process.execPath} ${linesServer}`, "--outputTransport", "streamableHttp", "--stateful", "--port", String(port), "--logLevel", "info"], { ready: /listening/i, timeout: 15_000 }).catch(() => undefined));
/** @type {Record<"ours" | "theirs", number[]>} */
const all = { ours: [], theirs: [] };
for (let round = 0; round < rounds; round++) {
  const own = await measure(ours.http(), Number(ours.child.pid));
  all.ours.push(own.micros);
  console.log(`mcp-wasm-gateway  ${own.micros.toFixed(1)} µs of CPU per report, ${own.reports} of ${CALLS * REPORTS} reports`);
  if (theirs) {
    const other = await measure(`http://127.0.0.1:${port}/mcp`, Number(theirs.child.pid));
    all.theirs.push(other.micros);
    console.log(`supergateway      ${other.micros.toFixed(1)} µs of CPU per report, ${other.reports} of ${CALLS * REPORTS} reports`);
  }
}
const sorted = (/** @type {number[]} */ numbers) => [...numbers].sort((one, other) => one - other);
const middle = (/** @type {number[]} */ numbers) => sorted(numbers)[numbers.length >> 1] ?? NaN;
if (theirs) {
  const ratios = sorted(all.ours.map((own, round) => own / Number(all.theirs[round])));
  console.log(`of supergateway's: ${(middle(all.ours) / middle(all.theirs)).toFixed(3)} by the medians of ${rounds}, ${ratios[0]?.toFixed(3)} to ${ratios.at(-1)?.toFixed(3)} in single rounds`);
}
await ours.stop();
if (theirs) await theirs.stop();
