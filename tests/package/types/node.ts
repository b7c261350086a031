// Compiled, not run: in Node, whose types know neither windows nor elements.
import { Client } from "mcp-wasm";
import { init } from "mcp-wasm/slim";
import { jsonSchemaValidator } from "mcp-wasm/validate";

await init(new Uint8Array());
const client = await Client.connect("https://example.com/mcp", { headers: { Authorization: "Bearer …" }, jsonSchemaValidator });
console.log((await client.listTools()).tools.length);
