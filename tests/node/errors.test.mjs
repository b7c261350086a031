// The sentences of errors are written in JavaScript for pages, whose module formats no text, and in Rust for Rust programs.
// Both are held to one list of them; the other half of the test is in `src/client/error.rs`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import test from "node:test";
import { importPkg, pkg, root } from "../support/paths.mjs";

const { ClosedError, toError } = await import(path.join(pkg, "base/errors.js"));
const { outline, tooLarge } = await import(path.join(pkg, "base/size.js"));
/** @type {{ what: string, detail: { code: string }, sentence: string, begins?: boolean }[]} */
const cases = JSON.parse(readFileSync(path.join(root, "tests/data/error-sentences.json"), "utf8"));

test("every error has the sentence that a Rust program gets", () => {
  assert.ok(cases.length > 20);
  for (const { what, detail, sentence, begins } of cases) {
    const { message } = toError(detail, what);
    // What a page can do besides is said behind it.
    assert.equal(begins ? message.slice(0, sentence.length) : message, sentence);
  }
});

test("a message that is too large says of which call it is", () => {
  const error = toError({ code: "CLOSED", message: "", sent: true, cause: tooLarge(100) }, "tools/call t");
  assert.deepEqual([error.code, error.message], ["MESSAGE_TOO_LARGE", "tools/call t: the message is larger than maxMessageSize allows, which is 100 bytes"]);
  // What an app's own transport throws stays what it is.
  const own = new ClosedError("gone", true);
  assert.equal(toError({ code: "CLOSED", message: "", sent: true, cause: own }, "ping"), own);
});

test("a message that is not read is told as a Rust program tells it", () => {
  /** @type {{ text: string, id?: number | string, answers: boolean }[]} */
  const cases = JSON.parse(readFileSync(path.join(root, "tests/data/outlines.json"), "utf8"));
  assert.ok(cases.length > 10);
  for (const { text, id, answers } of cases) {
    const found = outline(text);
    assert.deepEqual([found.id, found.answers === true], [id, answers], text);
  }
});

test("what a caller gave and cannot be used is said with the way out", async () => {
  const { Client, openPort } = await importPkg();
  const { noLevel } = await import(path.join(pkg, "base/check.js"));
  const client = () => new Client({ name: "t", version: "1" }, { progressHandler: null });
  /** @type {[what: () => unknown, message: RegExp][]} */
  const rows = [
    [() => client().connect("not a URL"), /cannot connect: the text is not a URL like wss:/],
    [() => new Client({ name: "t", version: "1" }, { mode: /** @type {any} */ ("newest") }).connect("ws://127.0.0.1:1/"), /`mode` must be auto, legacy or a protocol version/],
    [() => Promise.reject(noLevel("loud")), /log level loud is none of debug, info, .*, emergency$/],
    [() => client().connect(openPort({ postMessage() {} }, { timeout: 10 })), /within 10 ms \(`timeout`\): does it `acceptPorts`/],
  ];
  for (const [what, message] of rows) await assert.rejects(async () => what(), { message });
});

test("what a transport cannot do is said with the way out", async () => {
  const { MessagePortTransport, StreamableHttpTransport, WebSocketTransport, createInMemoryPair, replay } = await importPkg();
  /** @type {import("mcp-wasm").JSONRPCMessage} */
  const message = { jsonrpc: "2.0", method: "x" };
  const closed = "CLOSED";
  const [pair] = createInMemoryPair();
  await pair.close();
  const { port1, port2 } = new MessageChannel();
  const used = new MessagePortTransport(port1);
  await used.start();
  /** @type {[what: () => unknown, code: string, happened: RegExp, todo: RegExp][]} */
  const rows = [
    [() => new WebSocketTransport("ws://127.0.0.1:1/").send(message), closed, /not sent: the WebSocket is not open/, /start it first/],
    [() => new StreamableHttpTransport("http://127.0.0.1:1/").send(message), closed, /not sent: the transport is not open/, /start it first/],
    [() => new MessagePortTransport(port2).send(message), closed, /not sent: the port is not open/, /start it first/],
    [() => used.start(), closed, /port has been used already/, /give another/],
    [() => pair.send(message), closed, /not sent: the pair is closed/, /createInMemoryPair/],
    [async () => replay("{}"), "INVALID_ARGUMENT", /line 1 is no frame of a log/, /String\(recorder\)/],
  ];
  for (const [what, code, happened, todo] of rows) {
    await assert.rejects(async () => what(), (/** @type {any} */ error) => {
      assert.equal(error.code, code);
      assert.match(error.message, happened);
      assert.match(error.message, todo);
      return true;
    });
  }
  await used.close();
  port2.close();
});
