// What every consumer of the packed package does: one call with three progress notifications.

/**
 * @param {typeof import("mcp-wasm").Client} Client of whichever entry
 * @param {string | import("mcp-wasm").Server} target
 * @param {import("mcp-wasm").ConnectOptions} [options]
 */
export async function call(Client, target, options) {
  /** @type {unknown[]} */
  const seen = [];
  const client = new Client(
    { name: "app", version: "1.0.0" },
    { progressHandler: (progress, total, message) => void seen.push([progress, total, message]) },
  );
  await client.connect(target, options);
  const result = await client.callTool("count", { n: 3 });
  const { protocolVersion } = client;
  await client.close();
  return { seen, content: result.content, protocolVersion };
}
