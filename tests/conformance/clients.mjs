// Our client against the official conformance suite.
import { fileURLToPath } from "node:url";
import { report } from "./report.mjs";
import { judge, revisions, scenarios } from "./referee.mjs";

/** @param {string} program one of this directory @param {string} label */
export async function judgeClient(program, label) {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const all = revisions
    .flatMap((revision) => scenarios("client", revision))
    // The client knows no authorization yet.
    .filter(({ name }) => !name.startsWith("auth/"));
  report(await judge(all, ["--command", `"${process.execPath}" "${file}"`], label), { "2026-07-28": 7, "2025-11-25": 4 });
}
