const { Client } = require("mcp-wasm");

async function main() {
  if (!("WebSocket" in globalThis)) Object.assign(globalThis, { WebSocket: (await import("ws")).WebSocket });
  /** @type {unknown[]} */
  const seen = [];
  const client = new Client({ name: "app", version: "1.0.0" });
  await client.connect(String(process.argv[2]));
  /** @type {import("mcp-wasm").ProgressHandler} */
  const progressHandler = (progress, total, message) => void seen.push([progress, total, message]);
  const result = await client.callTool("count", { n: 3 }, { progressHandler });
  const { protocolVersion } = client;
  await client.close();
  console.log(JSON.stringify({ seen, content: result.content, protocolVersion }));
}

main();
