// The code examples of the documents, and what each of them says that it prints.
//
// In a fence of ```js the comment behind a `console.log(…)` is what the line prints: it must be found in the output.
// `…` in it stands for anything. Quotes and spaces do not count, since each platform sets its own. An example that
// makes no client goes on with a connected one.
//   js         runs in Node          js page   runs in a page         html   is a page
//   ts, tsx    is compiled           rust      is compiled by rustdoc (src/lib.rs lists the documents)
//   sh, json, toml, http, text       are to be read
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { root } from "./paths.mjs";

/** The kinds of fences. */
export const KINDS = ["js", "js page", "html", "ts", "tsx", "rust", "rust,no_run", "sh", "json", "toml", "http", "text"];

/** Documents whose examples have a test of their own, because they need more than the demo server. @type {Record<string, string>} */
export const ELSEWHERE = { "docs/authorization.md": "node/auth-docs.test.mjs", "docs/chat-front-ends.md": "node/chat-docs.test.mjs", "docs/in-page-servers.md": "node/in-page-docs.test.mjs" };

/**
 * @typedef {object} Example
 * @property {string} name the document and the line
 * @property {string} file
 * @property {string} kind
 * @property {string} code
 * @property {string[]} prints
 */

/** The documents with examples, as paths from the repository. */
export const documents = ["README.md", "pkg-template/README.md", ...markdown("docs")];

/** @param {string} folder @returns {string[]} */
function markdown(folder) {
  return readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .sort()
    .map((name) => `${folder}/${name}`);
}

/**
 * The examples of a document.
 * @param {string} file
 * @returns {Example[]}
 */
export function examplesOf(file) {
  const text = readFileSync(path.join(root, file), "utf8");
  return [...text.matchAll(/^```([^\n]+)\n(.*?)^```$/gms)].map((match) => {
    const [whole, kind, code] = /** @type {unknown[]} */ (match).map(String);
    const line = text.slice(0, match.index).split("\n").length;
    return { name: `${file}:${line}`, file, kind: String(kind).trim(), code: String(code), prints: printed(String(code)), whole };
  });
}

/** All examples of a kind that are run with the demo server. @param {string} kind */
export const examples = (kind) => documents.filter((file) => !(file in ELSEWHERE)).flatMap(examplesOf).filter((example) => example.kind === kind);

/** @param {string} code */
function printed(code) {
  return [...code.matchAll(/console\.\w+\(.*\)[\s)};,]*\s\/\/ (.+)$/gm)].map(([, text]) => String(text));
}

/**
 * The code with what it leaves out, and the demo server's address in it.
 * @param {string} code
 * @param {string} server its ws: address
 * @param {boolean} [mayGoOn] whether it may leave out anything
 */
export function complete(code, server, mayGoOn = true) {
  const goesOn = mayGoOn && /\bclient\./.test(code) && !/\b(const|let) client\b|<\w/.test(code);
  const whole = goesOn
    ? `import { Client } from "mcp-wasm";\nconst client = await Client.connect("wss://example.com/mcp", { progressHandler: null });\n${code}\nawait client.close();\n`
    : code;
  const http = server.replace(/^ws/, "http");
  return whole
    .replace(/\bws(s:\/\/example\.com|:\/\/127\.0\.0\.1:8000)(?=\/)/g, new URL(server).origin)
    .replace(/\bhttp(s:\/\/example\.com(?=\/mcp)|:\/\/127\.0\.0\.1:8000(?=\/))/g, new URL(http).origin);
}

const plain = (/** @type {string} */ text) => text.replace(/["'`\s]/g, "");

/** What an example says that it prints, and does not. @param {Example} example @param {string} output */
export function unprinted({ prints }, output) {
  const all = plain(output);
  return prints.filter((text) => !new RegExp(plain(text).split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*")).test(all));
}
