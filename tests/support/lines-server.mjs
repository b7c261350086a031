// A stdio server of 2025-11-25 that is written by hand, for what libraries would not do: many
// messages in one write, questions, an end in the middle of a call.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const modern = process.argv.includes("--modern");
// One that ends neither when it is asked to nor when nobody speaks to it any more.
const stubborn = process.argv.includes("--stubborn");
if (stubborn) for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => {});
/** @type {Map<unknown, (answer: any) => void>} */
const asked = new Map();
let last = 0;

const write = (/** @type {object[]} */ ...messages) =>
  process.stdout.write(messages.map((message) => JSON.stringify({ jsonrpc: "2.0", ...message }) + "\n").join(""));
const written = (/** @type {NodeJS.WriteStream} */ stream, /** @type {string} */ text) => new Promise((resolve) => stream.write(text, resolve));
const sleep = (/** @type {number} */ millis) => new Promise((resolve) => setTimeout(resolve, millis));

process.stderr.write("lines-server is up\n");
createInterface({ input: process.stdin }).on("line", (line) => void handle(JSON.parse(line)));
process.stdin.on("end", () => (stubborn ? setInterval(() => {}, 1e6) : process.exit(0)));

/** @param {any} message */
async function handle({ id, method, params, result }) {
  if (method === undefined) return asked.get(id)?.(result);
  if (id === undefined) {
    if (method === "notifications/cancelled") process.stderr.write(`cancelled ${params.requestId}\n`);
    return;
  }
  const answer = (/** @type {object} */ result) => ({ id, result: modern ? { resultType: "complete", ...result } : result });
  const text = (/** @type {string} */ text) => answer({ content: [{ type: "text", text }] });
  const progressToken = params?._meta?.progressToken;
  const report = (/** @type {number} */ progress, /** @type {number} */ total) => ({
    method: "notifications/progress",
    params: { progressToken, progress, total, "x-own": [progress] },
  });
  const capabilities = { tools: { listChanged: true }, logging: {} };
  const serverInfo = { name: "lines", version: "1.0.0" };
  if (method === "initialize" && !modern) {
    return write(answer({ protocolVersion: params.protocolVersion, capabilities, serverInfo }));
  }
  if (method === "server/discover" && modern) {
    const _meta = { "io.modelcontextprotocol/serverInfo": serverInfo };
    return write(answer({ supportedVersions: ["2026-07-28"], capabilities, _meta, ttlMs: 0, cacheScope: "private" }));
  }
  if (method === "ping") return write(answer({}));
  if (method === "logging/setLevel") return write(answer({}));
  if (method === "tools/list") {
    const inputSchema = { type: "object" };
    const names = ["burst", "count", "ask", "die", "about", "slow"];
    return write(answer({ tools: names.map((name) => ({ name, inputSchema })), ttlMs: 0, cacheScope: "private" }));
  }
  if (method !== "tools/call") return write({ id, error: { code: -32601, message: `no such method: ${method}` } });
  const { name, arguments: args = {} } = params;
  const count = args.count ?? 5;
  if (name === "burst") {
    const reports = Array.from({ length: count }, (_, n) => report(n + 1, count));
    write(...reports, text(args.tag ?? "burst"));
  } else if (name === "count") {
    for (let n = 1; n <= count; n++) {
      await sleep(args.pause ?? 5);
      write(report(n, count));
    }
    write(text(args.tag ?? "counted"));
  } else if (name === "ask") {
    if (modern && !params.inputResponses) {
      const who = { method: "elicitation/create", params: { mode: "form", message: "who?", requestedSchema: { type: "object", properties: { name: { type: "string" } } } } };
      return write({ id, result: { resultType: "input_required", inputRequests: { who }, requestState: "s" } });
    }
    const given = modern
      ? params.inputResponses.who
      : await new Promise((resolve) => {
          asked.set(++last, resolve);
          write({ id: last, method: "elicitation/create", params: { message: "who?", requestedSchema: { type: "object", properties: { name: { type: "string" } } } } });
        });
    write(text(`${given.action} ${given.content?.name ?? ""}`));
  } else if (name === "die") {
    write(report(1, 2));
    process.stderr.write("out of cheese\n", () => process.exit(3));
  } else if (name === "about") {
    write(text(JSON.stringify({ pid: process.pid, env: process.env, cwd: process.cwd() })));
  } else if (name === "shout") {
    // Not listed, as the next: what a server does that has gone mad.
    for (let n = 0; n < args.megabytes; n++) await written(process.stderr, args.line.repeat(Math.ceil((1 << 20) / args.line.length)));
    write(text("hoarse"));
  } else if (name === "endless") {
    for (let n = 0; n < args.megabytes; n++) await written(process.stdout, "x".repeat(1 << 20));
    await written(process.stdout, "\n");
    write(text("ended"));
  } else if (name === "breed") {
    // Each starts two others, so many times; none of them ends by itself, nor when it is asked to.
    const script = 'trap "" TERM INT HUP; f() { if [ "$1" -gt 0 ]; then f $(($1 - 1)) & f $(($1 - 1)) & fi; while :; do sleep 1000; done; }; f "$1"';
    spawn("sh", ["-c", script, args.mark, String(args.generations)], { stdio: "ignore" });
    write(text("bred"));
  } else if (name === "slow") {
    await sleep(args.millis ?? 60_000);
    write(text("slept"));
  } else {
    write({ id, error: { code: -32602, message: `no such tool: ${name}` } });
  }
}
