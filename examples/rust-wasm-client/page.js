// Starts the Rust program, and hands it what it draws on.
import init, { run } from "./pkg/rust_wasm_client.js";

await init();
const find = (id) => document.getElementById(id);
// `/mcp` is where the demo server is, which serves this page too.
find("run").onclick = () => run("/mcp", find("bar"), find("words"));
