// The frames of the benchmark, the same for every client.

/**
 * A tool result with about `bytes` of structured content, and not more, as text.
 * @param {string | number} id
 * @param {number} bytes
 */
export function resultFrame(id, bytes) {
  /** @param {number} i */
  const row = (i) => ({ id: i, name: `customer ${i}`, active: i % 3 === 0, balance: i * 1.25, tags: ["alpha", "beta"] });
  const rows = Array.from({ length: Math.ceil(bytes / JSON.stringify(row(999_999)).length) }, (_, i) => row(i));
  return JSON.stringify({ jsonrpc: "2.0", id, result: { content: [], structuredContent: { rows } } });
}

/** By size, the text of a result behind its id. @type {Map<number, string>} */
const larges = new Map();

/**
 * The same, whose text is made once.
 * @param {string | number} id
 * @param {number} bytes
 */
export function largeFrame(id, bytes) {
  let rest = larges.get(bytes);
  if (!rest) larges.set(bytes, (rest = resultFrame(0, bytes).slice('{"jsonrpc":"2.0","id":0'.length)));
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)}${rest}`;
}

/**
 * A list of `n` tools with schemas of the usual size, as text.
 * @param {string | number} id
 * @param {number} n
 */
export function listFrame(id, n) {
  const property = (/** @type {number} */ i) => [`argument${i}`, { type: i % 2 ? "string" : "integer", description: `What argument ${i} is about` }];
  const inputSchema = { type: "object", properties: Object.fromEntries([0, 1, 2, 3].map(property)), required: ["argument0"] };
  const tools = Array.from({ length: n }, (_, i) => ({ name: `tool_${i}`, title: `Tool ${i}`, description: `Does the work of number ${i}, and says how far it is`, inputSchema }));
  return JSON.stringify({ jsonrpc: "2.0", id, result: { tools } });
}

/**
 * The answer to any other message of a client; none to a notification.
 * @param {Record<string, any>} message
 * @returns {Record<string, any> | undefined}
 */
export function reply({ id, method, params }) {
  if (id === undefined) return undefined;
  switch (method) {
    case "initialize": {
      const result = { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "bench", version: "1.0.0" } };
      return { jsonrpc: "2.0", id, result };
    }
    case "tools/call":
      return { jsonrpc: "2.0", id, result: { content: [{ type: "text", text: params.arguments?.text ?? "done" }] } };
    default:
      return { jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } };
  }
}
