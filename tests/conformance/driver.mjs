// Drives our client through any scenario of the conformance suite, with little idea of which one it
// is: it uses whatever the server offers. Runs in Node and in pages.

/**
 * @typedef {object} Task
 * @property {string} url
 * @property {string} scenario
 * @property {string} version the protocol revision to speak
 * @property {any} context what the scenario hands out
 */

/** What these scenarios are about is the list of tools; their tools answer nothing useful. */
const LISTING_ONLY = "json-schema-ref-no-deref";

/**
 * @param {{ Client: any }} mcp the package
 * @param {Task} task
 */
export async function drive({ Client }, { url, scenario, version, context }) {
  const client = new Client(
    { name: "mcp-wasm-conformance", version: "1.0.0" },
    {
      mode: version === "2025-11-25" ? "legacy" : "auto",
      progressHandler: null,
      timeout: 20_000,
      elicitationHandler: (/** @type {any} */ { requestedSchema }) => ({ action: "accept", content: values(requestedSchema) }),
      samplingHandler: () => ({ role: "assistant", model: "none", content: { type: "text", text: "sampled" } }),
      roots: [{ uri: "file:///work", name: "work" }],
    },
  );
  await client.connect(url);
  try {
    const offers = client.getServerCapabilities() ?? {};
    const { tools } = await client.listTools();
    if (scenario !== LISTING_ONLY) {
      for (const call of context?.toolCalls ?? tools.map((/** @type {any} */ tool) => callOf(tool, tools))) await client.callTool(call);
    }
    if (offers.resources) {
      const { resources } = await client.listResources();
      if (resources[0]) await client.readResource({ uri: resources[0].uri });
    }
    if (offers.prompts) {
      const { prompts } = await client.listPrompts();
      if (prompts[0]) await client.getPrompt({ name: prompts[0].name });
    }
  } finally {
    await client.close();
  }
}

/**
 * A call of a tool, with an argument for each of its properties.
 * @param {any} tool @param {any[]} tools
 */
function callOf({ name, inputSchema }, tools) {
  const args = values(inputSchema);
  // This one wants to see what became of the schema of another.
  if (name === "json_schema_echo") args.schema = tools.find((tool) => tool.name !== name)?.inputSchema;
  return { name, arguments: args };
}

/**
 * A value for each property; those with a default are the client's to fill in.
 * @param {any} schema
 * @returns {Record<string, unknown>}
 */
function values(schema) {
  /** @type {[string, any][]} */
  const properties = Object.entries(schema?.properties ?? {});
  return Object.fromEntries(
    properties.filter(([, property]) => property.default === undefined).map(([name, property]) => [name, example(property)]),
  );
}

/** @param {any} schema @returns {unknown} */
function example(schema) {
  if (schema.enum) return schema.enum[0];
  switch (schema.type) {
    case "boolean":
      return true;
    case "integer":
    case "number":
      return schema.minimum ?? 2;
    case "array":
      return [];
    case "object":
      return values(schema);
    default:
      return "text";
  }
}
