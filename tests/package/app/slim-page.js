// The module as a file that the bundler places.
import { Client, init } from "mcp-wasm/slim";
import url from "mcp-wasm/core.wasm?url";
import { call } from "./call.js";

await init(url);
const server = new URLSearchParams(location.search).get("server");
Object.assign(globalThis, { done: call(Client, String(server)) });
