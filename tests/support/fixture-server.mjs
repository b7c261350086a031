// Starts the conformance suite's fixture server for a test.
import { existsSync } from "node:fs";
import { fixtureServer } from "./paths.mjs";
import { start } from "./process.mjs";

/**
 * @typedef {object} FixtureServer
 * @property {string} mcp address of the endpoint, for HTTP
 * @property {() => string} output what the server printed so far
 * @property {() => Promise<number | null>} stop resolves with the exit code
 */

/** @returns {Promise<FixtureServer>} */
export async function startFixtureServer() {
  if (!existsSync(fixtureServer)) {
    throw new Error(`${fixtureServer} is missing: run \`cargo build --package fixture-server\``);
  }
  const server = await start(fixtureServer, ["--port", "0"], { ready: /listening on (http:\/\/\S+\/)/ });
  return { mcp: `${server.match[1]}mcp`, output: server.output, stop: () => server.stop() };
}
