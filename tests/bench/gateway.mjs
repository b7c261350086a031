// What a report costs a gateway: CPU time of its process, ours and supergateway's in turn, with the same server behind them and the
// same client in front. `node tests/bench/gateway.mjs [ROUNDS]`, with our program in MCP_WASM_GATEWAY (a release build) and
// supergateway's script in SUPERGATEWAY.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { importPkg } from "../support/paths.mjs";
import { linesServer, startGateway } from "../support/gateway.mjs";
import { start } from "../support/process.mjs";

const { Client } = await importPkg();
const supergateway = process.env.SUPERGATEWAY;
const rounds = Number(process.argv[2] ?? 5);
const CALLS = 50;
const REPORTS = 200;

/** Milliseconds of CPU time that a process has used. @param {number} pid */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
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
  return { reports, micros: (used * 1000) / (CALLS * REPORTS) };
}

const ours = await startGateway(["--no-token", "--", process.execPath, linesServer]);
const port = await freePort();
const theirs = supergateway && (await start(process.execPath, [supergateway, "--stdio", `${process.execPath} ${linesServer}`, "--outputTransport", "streamableHttp", "--stateful", "--port", String(port), "--logLevel", "info"], { ready: /listening/i, timeout: 15_000 }).catch(() => undefined));
for (let round = 0; round < rounds; round++) {
  const own = await measure(ours.http(), Number(ours.child.pid));
  console.log(`mcp-wasm-gateway  ${own.micros.toFixed(1)} µs of CPU per report, ${own.reports} of ${CALLS * REPORTS} reports`);
  if (theirs) {
    const other = await measure(`http://127.0.0.1:${port}/mcp`, Number(theirs.child.pid));
    console.log(`supergateway      ${other.micros.toFixed(1)} µs of CPU per report, ${other.reports} of ${CALLS * REPORTS} reports`);
  }
}
await ours.stop();
if (theirs) await theirs.stop();
