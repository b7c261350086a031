// What the documents say of tests, of links, of errors and of findings is so.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { documents } from "../support/examples.mjs";
import { importPkg, root } from "../support/paths.mjs";

/** @param {string} file */
const read = (file) => readFileSync(path.join(root, file), "utf8");
const all = [...documents, "ARCHITECTURE.md"];

test("every test that a document names is there", () => {
  const named = documents.flatMap((file) => [...read(file).matchAll(/\]\(\.\.\/(\S+?)\) “(.+?)”/g)].map(([, place, title]) => ({ file, place: String(place), title: String(title) })));
  assert.ok(named.filter(({ file }) => file === "docs/features.md").length > 60, "the feature table names too few tests");
  const asked = read("docs/features.md").split("\n").filter((row) => /^\| [^|]+ \| .+ \| [^|[]{4,} \| \[/.test(row));
  assert.ok(asked.length > 30, "the feature table says too seldom what users asked for");
  const missing = named.filter(({ place, title }) => !existsSync(path.join(root, place)) || !read(place).includes(title));
  assert.deepEqual(missing.map(({ file, place, title }) => `${file}: ${place}: ${title}`), []);
});

test("links between the documents lead somewhere, to a heading too", () => {
  for (const file of all) {
    const text = read(file).replace(/^```.*?^```$/gms, "");
    for (const [, link, anchor] of text.matchAll(/\]\((?!https?:)([^)\s#]*)(?:#([^)]*))?\)/g)) {
      const target = link ? path.join(path.dirname(file), link) : file;
      assert.ok(existsSync(path.join(root, target)), `${file} links to ${link}`);
      if (!anchor) continue;
      const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, title]) => String(title).toLowerCase().replace(/[^\w\s-]/g, "").replace(/\s/g, "-"));
      assert.ok(headings.includes(anchor), `${file} links to #${anchor} of ${target}, which has ${headings}`);
    }
  }
});

test("the index names every page", () => {
  const index = read("docs/README.md");
  const missing = documents.filter((file) => file.startsWith("docs/") && file !== "docs/README.md" && !index.includes(`(${path.basename(file)})`));
  assert.deepEqual(missing, []);
});

/** The first cells of a table's rows, by its head. @param {string} text @param {string} head */
function column(text, head) {
  const [, rows = ""] = text.split(`${head}\n|---|---|---|`);
  return rows.split("\n\n")[0]?.split("\n").flatMap((row) => /^\| `(\w+)`/.exec(row)?.[1] ?? []) ?? [];
}

/** The texts of a union in a declaration. @param {string} file @param {string} name */
function union(file, name) {
  const [, body = ""] = read(file).replace(/\/\*.*?\*\//gs, "").split(`export type ${name} =`);
  return [...String(body.split(";")[0]).matchAll(/\| "(\w+)"/g)].map(([, code]) => String(code));
}

test("the page of errors has every class and every code, and no other", async () => {
  const text = read("docs/errors.md");
  const exported = Object.keys(await importPkg()).filter((name) => /^[A-Z]\w+Error$/.test(name));
  const [classes = ""] = text.split("## Codes");
  assert.deepEqual([...classes.matchAll(/^\| `(\w+Error)`/gm)].map(([, name]) => name).sort(), exported.sort());
  const codes = union("pkg-template/types/errors.d.ts", "ErrorCode");
  assert.ok(codes.length > 15);
  assert.deepEqual([...text.slice(classes.length).matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code).sort(), codes.sort());
  const scripts = readdirSync(path.join(root, "pkg-template"), { encoding: "utf8", recursive: true }).filter((file) => file.endsWith(".js") && !file.startsWith("compat"));
  const thrown = scripts.flatMap((file) => {
    return [...read(path.join("pkg-template", file)).matchAll(/new (?:McpError|ProtocolError)\((?:[^)"]*, )?"([A-Z_]+)"/g)].map(([, code]) => String(code));
  });
  assert.ok(thrown.length > 30);
  assert.deepEqual(thrown.filter((code) => !codes.includes(code)), []);
});

test("the page of troubleshooting has every code that diagnose finds, and each has its words", () => {
  const codes = union("pkg-template/types/diagnosis.d.ts", "FindingCode").sort();
  assert.ok(codes.length > 20);
  assert.deepEqual(column(read("docs/troubleshooting.md"), "| `code` | what is wrong | the line to add |").sort(), codes);
  assert.deepEqual([...read("pkg-template/diagnose/findings.js").matchAll(/^ {2}([A-Z_]+): \(/gm)].map(([, code]) => String(code)).sort(), codes);
});
