// Our client against the official conformance suite.
import { fileURLToPath } from "node:url";
import { report } from "./report.mjs";
import { judge, revisions, scenarios } from "./referee.mjs";

/** Log-ins of machines, by a secret and without a person: no revision requires them, and a page has no secrets. */
const MACHINES = /^auth\/(?:client-credentials-(?:basic|jwt)|enterprise-managed-authorization|wif-jwt-bearer)$/;

/** @param {string} program one of this directory @param {string} label */
export async function judgeClient(program, label) {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const all = revisions.flatMap((revision) => scenarios("client", revision)).filter(({ name }) => !MACHINES.test(name));
  report(await judge(all, ["--command", `"${process.execPath}" "${file}"`], label), { "2026-07-28": 32, "2025-11-25": 18 });
}
