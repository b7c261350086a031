// Our server against the official conformance suite, both revisions on one URL.
import { startFixtureServer } from "../support/fixture-server.mjs";
import { report } from "./report.mjs";
import { judge, revisions, scenarios } from "./referee.mjs";

const server = await startFixtureServer();
const all = revisions
  .flatMap((revision) => scenarios("server", revision))
  // The server has no extensions.
  .filter(({ unscored }) => unscored !== "extension");
const outcomes = await judge(all, ["--url", server.mcp], "server");
await server.stop();
report(outcomes, { "2026-07-28": 37, "2025-11-25": 30 });
