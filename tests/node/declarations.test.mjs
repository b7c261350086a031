// What the declarations say beside the types: an editor shows it, and nobody has to look elsewhere.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { root } from "../support/paths.mjs";

const template = path.join(root, "pkg-template");

/** Whose names and options are those of the SDKs, which document them; and what no entry exports. */
const OTHERS = [`compat${path.sep}`, path.join("types", "inside.d.ts")];

/**
 * What is missing in declarations: `@default` at an option, `@example` at a function or a class.
 * @param {string} text with one declaration in a line
 */
function missing(text) {
  const found = [];
  /** What is open around a line: the name of the options that its members are, or "" for anything else. @type {string[]} */
  const open = [];
  let doc = "";
  let inDoc = false;
  for (const line of text.split("\n").map((line) => line.trim())) {
    if (line.startsWith("/**")) doc = "";
    inDoc ||= line.startsWith("/**");
    if (inDoc) {
      doc += `${line}\n`;
      inDoc = !line.endsWith("*/");
      continue;
    }
    const [, kind, name = ""] = /^export (?:declare )?(class|function|const|interface)\b (\w+)/.exec(line) ?? [];
    if (kind && kind !== "interface" && !doc.includes("@example")) found.push(`${name}: no @example`);
    const [, member] = /^(?:readonly )?(\w+)\?[:(]/.exec(line) ?? [];
    const around = open.at(-1);
    if (member && around && !doc.includes("@default")) found.push(`${around}.${member}: no @default`);
    if (/^[})]/.test(line)) open.pop();
    if (/[{(]$/.test(line)) {
      const isOptions = kind === "interface" ? /(Options|Defaults)$/.test(name) : /\boptions\?: \{$/.test(line);
      open.push(isOptions ? (kind === "interface" ? name : "options") : member && around ? `${around}.${member}` : "");
    }
    doc = "";
  }
  return found;
}

test("every option says its default, and every function and class has an example", () => {
  const files = readdirSync(template, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".d.ts") && !OTHERS.some((other) => file.startsWith(other)));
  assert.ok(files.length > 30, `${files.length} files`);
  const found = files.flatMap((file) => missing(readFileSync(path.join(template, file), "utf8")).map((what) => `${file}: ${what}`));
  assert.deepEqual(found, []);
});

test("what is missing is found", () => {
  const text = `
/** Says something. */
export function one(options?: {
  /** Is missing. */
  first?: number;
  /** @default 1 */
  second?: number;
}): void;
/**
 * Is told.
 * @example one()
 */
export class Two {
  own?: string;
}
export interface SomeOptions {
  /** Is missing. */
  third?: { deep?: boolean };
  /**
   * Has one.
   * @default {}
   */
  fourth?: {
    fifth?: string;
  };
  sixth?: number;
}
export interface Some {
  seventh?: number;
}
`;
  assert.deepEqual(missing(text), [
    "one: no @example",
    "options.first: no @default",
    "SomeOptions.third: no @default",
    "SomeOptions.fourth.fifth: no @default",
    "SomeOptions.sixth: no @default",
  ]);
});
