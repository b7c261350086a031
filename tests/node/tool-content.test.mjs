// What `contentForModel` and the kits hand to a model: well formed, never blank, and each file as
// what its bytes are, for a provider refuses a whole conversation for one such part.
import assert from "node:assert/strict";
import { test } from "node:test";
import { importPkg } from "../support/paths.mjs";

/** @type {typeof import("mcp-wasm/tools")} */
const { anthropicTools, contentForModel, geminiTools, openaiChatTools, openaiResponsesTools } = await importPkg("tools.js");

/** @param {any} block @returns {any} the only part */
function only(block) {
  const parts = contentForModel({ content: [block] });
  assert.equal(parts.length, 1, JSON.stringify(parts));
  return parts[0];
}
/** @param {any} resource */
const resource = (resource) => only({ type: "resource", resource });
const base64 = (/** @type {string} */ text) => Buffer.from(text).toString("base64");

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const JPEG = "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAA==";
const GIF = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
const WEBP = "UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=";

test("half characters are replaced wherever text comes from", () => {
  const half = "cut \ud83d";
  const results = /** @type {any[]} */ ([
    { content: [{ type: "text", text: half }] },
    { content: [{ type: "text", text: half }], isError: true },
    { content: [{ type: "resource", resource: { uri: half, text: half } }] },
    { content: [{ type: "resource", resource: { uri: `file:///${half}`, mimeType: "image/bmp", blob: "Qk0AAA==" } }] },
    { content: [{ type: "resource_link", uri: half, name: half, description: half }] },
    { content: [{ type: "new", [half]: [{ a: half }] }] },
    { content: [], structuredContent: { [half]: half } },
  ]);
  const call = /** @type {any} */ ({ id: "1", name: "t" });
  for (const result of results) {
    for (const make of [openaiChatTools, openaiResponsesTools, anthropicTools, geminiTools]) {
      for (const outcome of [{ call, result }, { call, error: new Error(half) }]) {
        const told = JSON.stringify(make({ client: /** @type {any} */ ({ callTool() {} }), tools: [] }).messages([outcome]));
        assert.doesNotMatch(told, /\\ud[89a-f]/i, told);
        assert.match(told, /\ufffd/);
      }
    }
  }
});

test("nothing blank is handed over, and what is structured stands for it", () => {
  const blank = (/** @type {any} */ content, more = {}) => contentForModel({ content, ...more });
  const nothing = [{ type: "text", text: "(no output)" }];
  assert.deepEqual(blank([{ type: "text", text: " \n\t" }]), nothing);
  assert.deepEqual(blank([{ type: "text" }, { type: "text", text: null }, { type: "resource", resource: { uri: "a:b", text: "" } }]), nothing);
  assert.deepEqual(blank([{ type: "resource_link", uri: " ", name: "" }, { type: "resource" }, null]), nothing);
  assert.deepEqual(blank([{ type: "text", text: "" }], { structuredContent: { a: 1 } }), [{ type: "text", text: '{"a":1}' }]);
  assert.deepEqual(blank(null), nothing);
  // A server may forget the list around its only part.
  assert.deepEqual(blank("as it is"), [{ type: "text", text: "as it is" }]);
  assert.deepEqual(blank({ type: "text", text: "one" }), [{ type: "text", text: "one" }]);
  assert.deepEqual(contentForModel(/** @type {any} */ (undefined)), nothing);
  const { content } = /** @type {any} */ (anthropicTools({ client: /** @type {any} */ ({ callTool() {} }), tools: [] }).messages([{ call: /** @type {any} */ ({ id: "1" }), error: new Error("") }])[0]);
  assert.match(content[0].content[0].text, /\S/);
});

test("a picture is of the type that its bytes are", () => {
  for (const [data, type] of /** @type {const} */ ([[PNG, "image/png"], [JPEG, "image/jpeg"], [GIF, "image/gif"], [WEBP, "image/webp"], ["JVBERi0xLjQK", "application/pdf"]])) {
    for (const mimeType of ["image/png", "image/jpg", "IMAGE/PNG", "image/png; charset=binary", "text/plain", "", undefined, "picture"]) {
      assert.deepEqual(only({ type: "image", mimeType, data }), { type: "file", mediaType: type, data }, `${type} declared as ${mimeType}`);
    }
  }
  for (const [declared, right] of [["image/jpg", "image/jpeg"], ["IMAGE/PNG", "image/png"], [" image/png; charset=binary", "image/png"], ["image/x-png", "image/png"]]) {
    assert.equal(only({ type: "image", mimeType: declared, data: "aGVsbG8=" }).mediaType, right);
  }
});

test("base64 is what a provider reads, or it is not shown", () => {
  const image = (/** @type {any} */ data) => only({ type: "image", mimeType: "image/png", data });
  assert.deepEqual(image(`data:image/gif;base64,${PNG}`), { type: "file", mediaType: "image/png", data: PNG });
  assert.deepEqual(image(`DATA:image/png;charset=x; BASE64,${encodeURIComponent(PNG)}`), { type: "file", mediaType: "image/png", data: PNG });
  assert.equal(image(`${PNG.slice(0, 20)}\r\n ${PNG.slice(20)}`).data, PNG);
  assert.equal(image(JPEG.replaceAll("/", "_").replace(/=+$/, "")).data, JPEG);
  for (const data of ["", "   ", "data:image/png;base64,", "no base64!", "AAAAA", "=".repeat(100_000) + "x", undefined, null, 5.5]) {
    assert.deepEqual(image(data), { type: "text", text: "[image/png, 0 bytes, not shown]" });
  }
});

test("text that came as bytes is text", () => {
  for (const mimeType of ["text/plain", "text/csv; charset=utf-8", "application/json", "application/xml", "TEXT/Markdown", "application/vnd.api+json", "image/svg+xml", "application/x-yaml", "application/csv", "application/javascript", undefined]) {
    assert.deepEqual(resource({ uri: "file:///a", mimeType, blob: base64("nonce ü") }), { type: "text", text: "nonce ü" }, mimeType);
  }
  assert.deepEqual(resource({ uri: "a:b", mimeType: "text/plain; charset=iso-8859-1", blob: Buffer.from("ü", "latin1").toString("base64") }), { type: "text", text: "ü" });
  assert.deepEqual(resource({ uri: "a:b", mimeType: "text/plain", blob: "data:,a%20b%C3%BC" }), { type: "text", text: "a bü" });
  // What is no text after all stays a file.
  assert.deepEqual(resource({ uri: "a:/b.txt", mimeType: "text/plain", blob: "/////w==" }), { type: "file", mediaType: "text/plain", data: "/////w==", name: "b.txt" });
  assert.equal(resource({ uri: "a:b", blob: "AAECAw==" }).mediaType, "application/octet-stream");
  assert.equal(resource({ uri: "a:b", mimeType: "application/zip", blob: base64("PK") }).mediaType, "application/zip");
  assert.deepEqual(contentForModel({ content: [{ type: "resource", resource: { uri: "a:b", mimeType: "text/plain", blob: "IA==" } }] }), [{ type: "text", text: "(no output)" }]);
});

test("a result that nests without end is told of in words", () => {
  /** @type {any} */
  let deep = {};
  for (let at = 0; at < 100_000; at++) deep = [deep];
  assert.deepEqual(contentForModel({ content: [], structuredContent: { deep } }), [{ type: "text", text: "(nested too deep to be shown)" }]);
});
