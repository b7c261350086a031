// The official conformance suite, one process per scenario, and what we make of its checks.
//
// The suite's own rule is lenient: warnings, time-outs, a client that died and no check at all pass.
// Ours is strict: something succeeded, nothing failed, nothing was warned of, and whoever took part
// ended in order.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { target } from "../support/paths.mjs";

const installed = fileURLToPath(new URL("./node_modules", import.meta.url));
const suite = path.join(installed, "@modelcontextprotocol", "conformance");
const node = path.join(installed, ".bin", "node");

/** The revisions that have a list of required scenarios, newest first. */
export const revisions = /** @type {const} */ (["2026-07-28", "2025-11-25"]);

/** What a scenario may take, in milliseconds. The suite's own limit is 30 s; it does not hold for all of it. */
const DEADLINE = 60_000;

/** The extensions that we have: proofs of possession. */
const OURS = /^auth\/dpop/;

/** How many run at a time: their time limits are short. */
const AT_A_TIME = 2;

/**
 * @typedef {object} Scenario
 * @property {"server" | "client"} leg who is tested
 * @property {string} revision
 * @property {string} name
 * @property {string | undefined} unscored why the revision does not require it
 * @property {string | undefined} [optional] why it may fail; what we do beyond the requirements may not
 *
 * @typedef {Scenario & { failure: string | undefined }} Outcome `failure` says what was wrong
 */

/**
 * The scenarios of the suite's list for a revision, in its order.
 * @param {"server" | "client"} leg
 * @param {string} revision
 * @returns {Scenario[]}
 */
export function scenarios(leg, revision) {
  const file = path.join(suite, "requirements", `${revision}.yaml`);
  if (!existsSync(file)) throw new Error(`${file} is missing: run \`cargo xtask test --only conformance\`, which installs it`);
  /** @type {Scenario[]} */
  const found = [];
  let section = "";
  /** @type {Scenario | undefined} */
  let latest;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [, heading] = line.match(/^(\w+):/) ?? [];
    const [, name] = line.match(/^ {2}- (?:scenario: )?(\S+)$/) ?? [];
    const [, key, value] = line.match(/^ {4}(leg|reason): (\S+)$/) ?? [];
    if (heading) {
      section = heading;
    } else if (name && section === "not_scored") {
      latest = { leg, revision, name, unscored: "not required" };
    } else if (name && section === leg) {
      found.push({ leg, revision, name, unscored: undefined });
    } else if (latest && key === "leg") {
      if (value === leg) found.push(latest);
    } else if (latest && key === "reason") {
      latest.unscored = value;
    }
  }
  for (const scenario of found) scenario.optional = OURS.test(scenario.name) ? undefined : scenario.unscored;
  return found;
}

/**
 * Runs scenarios, and those that fail once more, alone: on a busy machine a time limit may be missed.
 * @param {Scenario[]} all
 * @param {string[]} subject what is tested, as the suite's arguments
 * @param {string} label names the directory of the results, below `target/conformance`
 * @returns {Promise<Outcome[]>}
 */
export async function judge(all, subject, label) {
  const directory = path.join(target, "conformance", label);
  await rm(directory, { recursive: true, force: true });
  /** @type {Outcome[]} */
  const outcomes = all.map((scenario) => ({ ...scenario, failure: "it did not run" }));
  /** @param {Outcome} outcome */
  const run = async (outcome) => {
    outcome.failure = await runOne(outcome, subject, directory);
  };
  const waiting = outcomes.values();
  // All workers take from one iterator.
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      for (const outcome of waiting) await run(outcome);
    }),
  );
  for (const outcome of outcomes) if (outcome.failure && !outcome.optional) await run(outcome);
  return outcomes;
}

/** @param {Scenario} scenario @param {string[]} subject @param {string} directory */
async function runOne({ leg, revision, name, unscored }, subject, directory) {
  const results = path.join(directory, revision, name);
  await rm(results, { recursive: true, force: true });
  await mkdir(results, { recursive: true });
  // Extensions are passed over otherwise.
  const force = name.startsWith("auth/") && unscored ? ["--force"] : [];
  const output = await execute([leg, ...subject, "--scenario", name, "--spec-version", revision, "-o", results, ...force]);
  // A scenario with a slash in its name has its results one directory deeper.
  const made = (await readdir(results, { recursive: true })).find((file) => path.basename(file) === "checks.json");
  const checks = made && (await readFile(path.join(results, made), "utf8"));
  return verdict(checks && JSON.parse(checks), output);
}

/**
 * @param {{ id: string, status: string, description?: string, errorMessage?: string, details?: unknown }[] | undefined} checks
 * @param {string} output
 * @returns {string | undefined}
 */
export function verdict(checks, output) {
  const bad = (checks ?? []).filter(({ status }) => status === "FAILURE" || status === "WARNING");
  const wrong = bad.map(({ id, status, description, errorMessage, details }) => {
    return `${status} ${id}: ${description ?? ""} ${errorMessage ?? ""} ${details ? JSON.stringify(details).slice(0, 2000) : ""}`;
  });
  if (!checks?.some(({ status }) => status === "SUCCESS")) wrong.push("nothing succeeded");
  const end = output.match(/^(Client exited with code|Client timed out|stopped: ).*/m)?.[0];
  if (end) wrong.push(end);
  if (!wrong.length) return undefined;
  // A client that ended in order has nothing to say.
  const said = end ? `\n${output.slice(0, 3000)}` : "";
  return wrong.join("\n") + said;
}

/** Runs the suite; resolves with what it printed, when it and all that it started have ended. @param {string[]} args */
function execute(args) {
  // A group of its own: the suite ends only the shell that it started, and waits for the rest.
  const child = spawn(node, [path.join(suite, "dist", "index.js"), ...args], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  /** @type {Promise<string>} */
  const ended = new Promise((resolve) => {
    child.once("error", (error) => resolve(`stopped: ${error.message}`));
    child.once("close", () => resolve(output));
  });
  const stop = () => {
    try {
      if (child.pid) process.kill(-child.pid, "SIGKILL");
    } catch {
      // Nothing of the group is left.
    }
  };
  const timer = setTimeout(() => {
    output += `\nstopped: not done after ${DEADLINE} ms\n`;
    stop();
  }, DEADLINE);
  process.once("exit", stop);
  return ended.finally(() => {
    clearTimeout(timer);
    process.off("exit", stop);
    stop();
  });
}
