// What the conformance suite tells a client that it starts: the URL as the last argument, the rest
// in the environment.

/** @returns {import("./driver.mjs").Task} */
export function readTask() {
  const url = process.argv[2];
  if (!url) throw new Error("give the server's URL as argument");
  const { MCP_CONFORMANCE_SCENARIO: scenario = "", MCP_CONFORMANCE_PROTOCOL_VERSION: version = "2026-07-28", MCP_CONFORMANCE_CONTEXT: context } = process.env;
  return { url, scenario, version, context: context && JSON.parse(context) };
}
