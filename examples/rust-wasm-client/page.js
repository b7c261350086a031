// Starts the Rust program, and hands it what it draws on.
import init, { run } from "./pkg/rust_wasm_client.js";

await init();
const find = (id) => document.getElementById(id);
// The demo server, which serves this page too.
const server = `${location.origin.replace(/^http/, "ws")}/mcp`;
find("run").onclick = () => run(server, find("bar"), find("words"));
