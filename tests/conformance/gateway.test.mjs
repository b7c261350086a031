// Our server behind the gateway, by standard input and output and by HTTP, against the official conformance suite: as good as
// without it.
import { startFixtureServer } from "../support/fixture-server.mjs";
import { startGateway } from "../support/gateway.mjs";
import { fixtureServer } from "../support/paths.mjs";
import { report } from "./report.mjs";
import { judge, revisions, scenarios } from "./referee.mjs";

const all = revisions
  .flatMap((revision) => scenarios("server", revision))
  // The server has no extensions.
  .filter(({ unscored }) => unscored !== "extension");
const server = await startFixtureServer();
for (const [way, args] of /** @type {const} */ ([
  ["stdio", ["--", fixtureServer, "--stdio"]],
  ["http", ["--url", server.mcp]],
])) {
  const gateway = await startGateway(["--no-token", "--origin", "http://localhost:3000", ...args]);
  const outcomes = await judge(all, ["--url", gateway.http()], `gateway-${way}`);
  await gateway.stop();
  report(outcomes, { "2026-07-28": 37, "2025-11-25": 30 });
}
await server.stop();
