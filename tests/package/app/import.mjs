import { run } from "./app.js";

// Node 20 has none of its own.
globalThis.WebSocket ??= (await import(String(process.env.WS_MODULE))).WebSocket;
console.log(JSON.stringify(await run(String(process.argv[2]))));
