// Uses everything that `fastmcp_server.py` offers, by our client, and tells what came of it as JSON.
// Runs in Node and in pages.

/**
 * @typedef {object} Order
 * @property {string} url
 * @property {"auto" | "legacy"} mode
 * @property {{ name: string, arguments: Record<string, unknown> }[]} tools
 *
 * @typedef {{ progress: unknown[][], logs: unknown[], result: any }} Outcome
 */

/**
 * @param {typeof import("mcp-wasm")} mcp the package
 * @param {Order} order
 */
export async function exercise({ Client }, { url, mode, tools }) {
  /** @type {unknown[]} */
  const logs = [];
  /** @type {string[]} */
  const errors = [];
  /** @type {any[]} */
  const asked = [];
  const client = new Client(
    { name: "interop", version: "1.0.0" },
    {
      mode,
      progressHandler: null,
      logHandler: ({ data }) => void logs.push(data),
      elicitationHandler: (params) => {
        asked.push(params);
        return { action: "accept", content: { name: "Ada", age: 36 } };
      },
      samplingHandler: (params) => {
        asked.push(params);
        return { role: "assistant", model: "none", content: { type: "text", text: "short" } };
      },
      roots: [{ uri: "file:///work", name: "work" }],
    },
  );
  client.onerror = (error) => errors.push(String(error));
  await client.connect(url);

  /** @param {string} name @param {object} [args] @returns {Promise<Outcome>} */
  async function call(name, args) {
    const before = logs.length;
    /** @type {unknown[][]} */
    const progress = [];
    const result = await client.callTool(name, args, {
      // JSON has no undefined.
      progressHandler: (value, total, message) => void progress.push([value, total ?? null, message ?? null]),
    });
    return { progress, logs: logs.slice(before), result };
  }
  const textOf = async (/** @type {string} */ name, /** @type {object} */ args = {}) => (await call(name, args)).result.content[0].text;

  async function cancel() {
    const running = client.callTool("slow", {}, { progressHandler: (progress) => void (progress === 2 && running.cancel("enough")) });
    const failure = await running.catch((error) => error);
    // In the modern era nothing says when the server has noticed.
    let cancelled = "0";
    for (const end = Date.now() + 10_000; cancelled === "0" && Date.now() < end; ) cancelled = await textOf("how_many_cancelled");
    return [failure.name, failure.code, cancelled];
  }

  const ref = /** @type {const} */ ({ type: "ref/prompt", name: "greet" });
  const seen = {
    protocolVersion: client.protocolVersion,
    era: client.era,
    server: client.getServerVersion()?.name,
    instructions: client.getInstructions(),
    tools: (await client.listTools()).tools.map(({ name }) => name),
    calls: /** @type {Outcome[]} */ ([]),
    odd: await call("with_messages"),
    together: /** @type {Outcome[]} */ ([]),
    failed: (await call("fail")).result,
    wrong: (await call("process_items", { items: 7 })).result,
    asked,
    elicited: await textOf("ask_name"),
    sampled: await textOf("summarize", { text: "a lot" }),
    roots: await textOf("list_roots"),
    cancelled: await cancel(),
    resources: (await client.listResources()).resources.map(({ uri }) => uri),
    templates: (await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate),
    text: (await client.readResource({ uri: "notes://today" })).contents,
    filled: (await client.readResource({ uri: "notes://monday/plan" })).contents,
    blob: (await client.readResource({ uri: "notes://picture" })).contents,
    missing: await client.readResource({ uri: "notes://nowhere/at/all" }).then(() => "found", (error) => error.code),
    prompts: (await client.listPrompts()).prompts.map(({ name }) => name),
    prompt: await client.getPrompt({ name: "greet", arguments: { name: "Ada", style: "formal" } }),
    completed: (await client.complete({ ref, argument: { name: "style", value: "pl" } })).completion.values,
    quiet: /** @type {unknown[] | undefined} */ (undefined),
    late: 0,
    errors,
  };
  for (const tool of tools) seen.calls.push(await call(tool.name, tool.arguments));
  seen.together = await Promise.all(tools.map((tool) => call(tool.name, tool.arguments)));
  if (client.era === "legacy") {
    await client.setLoggingLevel("error");
    seen.quiet = (await call("backup_database")).logs;
  }
  seen.late = client.diagnostics().progress.late;
  await client.close();
  return seen;
}
