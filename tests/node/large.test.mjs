// Large results from a server: what fits the limit arrives whole, and the module holds no copy of it.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { WebSocket } from "ws";
import { startFrameServer } from "../bench/frame-server.mjs";
import { importPkg, pkg } from "../support/paths.mjs";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** @type {any} */ (globalThis).WebSocket ??= WebSocket;
/** @type {WebAssembly.Memory[]} */
const memories = [];
const { instantiate } = WebAssembly;
WebAssembly.instantiate = /** @type {any} */ (
  async (/** @type {any[]} */ ...given) => {
    const made = await /** @type {any} */ (instantiate)(...given);
    // The names of the exports are shortened.
    const exported = Object.values((made.instance ?? made).exports);
    memories.push(.../** @type {WebAssembly.Memory[]} */ (exported.filter((value) => value instanceof WebAssembly.Memory)));
    return made;
  }
);
const { Client } = await importPkg();
const { oversize } = await import(pathToFileURL(path.join(pkg, "base/size.js")).href);
const server = await startFrameServer();
after(() => server.stop());
const held = () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);

for (const [channel, url] of [["WebSocket", server.url], ["HTTP", server.http]]) {
  for (const megabytes of [16, 64]) {
    test(`a result of ${megabytes} MB arrives over ${channel} without an option, and the module takes no copy of it`, async () => {
      const client = await Client.connect(/** @type {string} */ (url), { progressHandler: null });
      try {
        await client.callTool("echo", { text: "warm" });
        const before = held();
        const result = /** @type {any} */ (await client.callTool("large", { bytes: megabytes * 1e6 }));
        assert.ok(result.structuredContent.rows.length > megabytes * 10_000);
        assert.ok(held() - before < 1e6, "the text is not copied into the module");
      } finally {
        await client.close();
      }
    });
  }
}

test("a text is measured in bytes whatever it is made of, also where a piece ends within a pair", () => {
  const encoder = new TextEncoder();
  for (const part of ["a", "é", "語", "🚀", "a🚀", "\ud800", "\udc00a", "é🚀語"]) {
    for (const length of [0, 1, 3, 65_535, 65_536, 65_537, 200_001]) {
      for (const text of [part.repeat(length / part.length), `x${part.repeat(length / part.length)}`]) {
        const bytes = encoder.encode(text).length;
        for (const limit of [bytes - 1, bytes, bytes + 1, 2 * bytes, bytes / 2, Infinity]) {
          assert.equal(oversize(text, limit) !== undefined, bytes > limit, `${length} of ${JSON.stringify(part)}, limit ${limit}`);
        }
      }
    }
  }
});

/** A client over HTTP whose calls are answered by a body of these chunks. @param {() => AsyncIterable<Uint8Array>} chunks @param {Record<string, string>} headers @param {object} [options] */
function answered(chunks, headers, options) {
  const json = (/** @type {unknown} */ value) => new Response(JSON.stringify(value), { headers: { "content-type": "application/json" } });
  const fetch = async (/** @type {unknown} */ _, /** @type {any} */ { method, body }) => {
    if (method !== "POST") return new Response(null, { status: 405 });
    const { id, method: asked, params } = JSON.parse(body);
    if (id === undefined) return new Response(null, { status: 202 });
    if (asked === "initialize") return json({ jsonrpc: "2.0", id, result: { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "s", version: "1" } } });
    return new Response(/** @type {any} */ (ReadableStream).from(chunks()), { headers: { "content-type": "application/json", ...headers } });
  };
  return Client.connect("http://localhost/mcp", { mode: "legacy", progressHandler: null, fetch, ...options });
}

/** An event with that data, in chunks of so many bytes. @param {string} data @param {number} [size] @param {string} [before] */
async function* event(data, size = 100_000, before = "") {
  const bytes = new TextEncoder().encode(`${before}data: ${data}\n\n`);
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}
const streamed = { "content-type": "text/event-stream" };

for (const size of [10_000, 100_000, 1_000_000]) {
  for (const [how, between] of [["in one line", '","'], ["in many lines", '",\ndata: "']]) {
    test(`a result of 16 MB arrives as an event ${how}, in chunks of ${size} bytes, and the module takes no copy of it`, async () => {
      const text = JSON.stringify({ jsonrpc: "2.0", id: 2, result: { content: Array.from({ length: 80 }, () => "é".repeat(100_000)) } });
      const client = await answered(() => event(text.replaceAll('","', /** @type {string} */ (between)), size), streamed);
      const before = held();
      const { content } = /** @type {any} */ (await client.callTool("t"));
      assert.equal(content.join(""), "é".repeat(8_000_000));
      assert.ok(held() - before < 5 * size + 1e6, `the module has grown by ${held() - before} bytes`);
      await client.close();
    });
  }
}

test("a long event that is none of ours leaves nothing to the next", async () => {
  const client = await answered(async function* () {
    yield* event("x".repeat(300_000));
    yield* event("x".repeat(300_000), 70_000, "event: other\n");
    yield new TextEncoder().encode(`data: ${"x".repeat(300_000)}\n`);
    yield new TextEncoder().encode("event: other\n\n");
    yield* event(JSON.stringify({ jsonrpc: "2.0", id: 2, result: { content: ["é".repeat(200_000)] } }));
  }, streamed);
  /** @type {unknown[]} */
  const faults = [];
  client.onerror = (/** @type {unknown} */ error) => faults.push(error);
  const { content } = /** @type {any} */ (await client.callTool("t"));
  assert.equal(content[0], "é".repeat(200_000));
  assert.equal(faults.length, 1, "the event that is not JSON");
  await client.close();
});

test("an event that has no end is read up to the limit, and fails the call that it answers", async () => {
  let sent = 0;
  const client = await answered(async function* () {
    yield new TextEncoder().encode('data: {"jsonrpc":"2.0","id":2,"result":{"x":"');
    for (; ; sent += 10_000) yield new Uint8Array(10_000).fill(120);
  }, streamed, { maxMessageSize: 500_000 });
  await assert.rejects(client.callTool("t"), { code: "MESSAGE_TOO_LARGE" });
  assert.ok(sent < 600_000, `${sent} bytes`);
  await client.close();
});

test("a body is read as it was written, wherever its chunks end", async () => {
  const text = "é 語 🚀 \u2028".repeat(50);
  // Behind a byte order mark, as some servers write.
  const bytes = new TextEncoder().encode(`\ufeff${JSON.stringify({ jsonrpc: "2.0", id: 2, result: { content: [{ type: "text", text }] } })}`);
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const client = await answered(async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
    }, {});
    const { content } = /** @type {any} */ (await client.callTool("t"));
    assert.equal(content[0].text, text);
    await client.close();
  }
});

test("a body that has no end is read up to the limit, whatever length it claims", async () => {
  for (const headers of [{}, { "content-length": "10" }]) {
    let sent = 0;
    let left = false;
    const client = await answered(async function* () {
      try {
        for (; ; sent += 1000) yield new Uint8Array(1000).fill(32);
      } finally {
        left = true;
      }
    }, /** @type {Record<string, string>} */ (headers), { maxMessageSize: 20_000 });
    await assert.rejects(client.callTool("t"), { code: "MESSAGE_TOO_LARGE" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(left && sent < 30_000, `${sent} bytes`);
    await client.close();
  }
});
