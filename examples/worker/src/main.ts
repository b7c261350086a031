import { Client } from "mcp-wasm";
import "mcp-wasm/element";

const button = document.querySelector("button")!;
const bar = document.querySelector("mcp-progress")!;
const output = document.querySelector("output")!;

// A worker of the app's own, so that no policy has to allow `worker-src blob:`; with that, `worker: true` will do.
const worker = () => new Worker(new URL("./mcp-worker.ts", import.meta.url), { type: "module" });
const client = await Client.connect("ws://127.0.0.1:8000/mcp", { worker, progressHandler: null });
button.disabled = false;

button.onclick = async () => {
  let reports = 0;
  let longest = 0;
  let last = performance.now();
  let running = true;
  // What a person would feel: how long the page was busy at a time.
  requestAnimationFrame(function frame(now) {
    longest = Math.max(longest, now - last);
    last = now;
    if (running) requestAnimationFrame(frame);
  });
  const call = client.callTool("flood", { count: 20_000 }, { progressHandler: () => void reports++ });
  bar.source = call;
  await call;
  running = false;
  output.value = `${reports} reports, the longest frame took ${Math.round(longest)} ms`;
};
