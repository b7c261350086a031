import { run } from "./app.js";

const query = new URLSearchParams(location.search);
Object.assign(globalThis, { done: run(String(query.get("server")), { worker: query.has("worker") }) });
