import { run } from "./app.js";

const server = new URLSearchParams(location.search).get("server");
Object.assign(globalThis, { done: run(String(server)) });
