import { Client } from "mcp-wasm";
import "mcp-wasm/element";

const client = await Client.connect("ws://127.0.0.1:8000/mcp");
const bar = document.createElement("mcp-progress");
bar.setAttribute("label", "Downloading");
document.body.append(bar);

const call = client.callTool("download_file", { url: "https://example.com/file" });
bar.source = call;
const { content } = await call;
console.log(content);
