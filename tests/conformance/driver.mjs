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

/** What a log-in may end with on purpose: an answer of the server that no client may accept. */
const REFUSED = ["AUTH_RESOURCE_MISMATCH", "AUTH_ISSUER_MISMATCH", "AUTH_LOOP"];

/**
 * @param {{ Client: any, OAuth?: any }} mcp the package, and its log-ins
 * @param {Task} task
 * @param {any} [options] of the log-in
 */
export async function drive(mcp, task, options) {
  if (!task.scenario.startsWith("auth/")) return visit(mcp, task);
  const { client_id: id, client_secret: secret, issuer } = task.context ?? {};
  const auth = new mcp.OAuth({
    clientName: "mcp-wasm-conformance",
    clientMetadata: "https://conformance-test.local/client-metadata.json",
    client: id && { id, secret, issuer },
    dpop: task.scenario.includes("dpop"),
    ...options,
  });
  // Each log-in answers one refusal; a scenario that wants more of them than this goes round in circles.
  for (let logins = 0; ; logins++) {
    try {
      return await visit(mcp, task, auth);
    } catch (error) {
      const { code } = /** @type {any} */ (error);
      if (REFUSED.includes(code)) return;
      if (logins === 4 || (code !== "AUTH_REQUIRED" && code !== "AUTH_SCOPE")) throw error;
      try {
        await auth.login(error);
      } catch (refused) {
        if (!REFUSED.includes(/** @type {any} */ (refused).code)) throw refused;
        return;
      }
    }
  }
}

/**
 * @param {{ Client: any }} mcp
 * @param {Task} task
 * @param {any} [auth]
 */
async function visit({ Client }, { url, scenario, version, context }, auth) {
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
  await client.connect(url, { auth });
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
