import { run } from "./app.js";

// Node 20 has none of its own.
if (!("WebSocket" in globalThis)) Object.assign(globalThis, { WebSocket: (await import("ws")).WebSocket });
console.log(JSON.stringify(await run(String(process.argv[2]))));
