// The entry `mcp-wasm/ai-sdk` beside the oldest AI SDK that the package allows.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { convertToModelMessages, modelMessageSchema, readUIMessageStream, simulateReadableStream, stepCountIs, streamText } from "ai6";
import { MockLanguageModelV3 } from "ai6/test";
import { WebSocket } from "ws";
import { makeApp } from "../support/app.mjs";
import { startFakeServer } from "../support/fake-server.mjs";
import { pkg, tests } from "../support/paths.mjs";

/** @type {any} */ (globalThis).WebSocket ??= WebSocket;

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
const PDF = btoa("%PDF-1.7\n");
/** @type {import("../support/fake-server.mjs").FakeServer} */
let server;
/** @type {any} */
let client;
/** @type {any} */
let adapter;
/** @type {string} */
let directory;

before(async () => {
  server = await startFakeServer({
    era: "modern",
    tools: {
      draw: (_, { progress }) => {
        progress(1, 2, "half");
        progress(2, 2, "all");
        return { content: [{ type: "text", text: "a dot" }, { type: "image", data: PNG, mimeType: "image/png" }, { type: "resource", resource: { uri: "file:///a.pdf", mimeType: "application/pdf", blob: PDF } }] };
      },
    },
  });
  const app = await makeApp("ai-sdk-6", ["ai=ai6"]);
  directory = app.directory;
  adapter = await app.import("ai-sdk.js");
  const { Client } = await app.import("index.js");
  client = await Client.connect(server.url, { progressHandler: null });
});
after(async () => {
  await client?.close();
  await server?.stop();
});

const usage = { inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 }, outputTokens: { total: 1, text: 1, reasoning: 0 } };
/** @param {any[]} chunks @param {"stop" | "tool-calls"} unified @returns {any} */
const step = (chunks, unified) => ({
  stream: simulateReadableStream({ chunks: [...chunks, { type: "finish", finishReason: { unified, raw: undefined }, usage }], chunkDelayInMs: null, initialDelayInMs: null }),
});

test("a turn has progress, and what the model is told of pictures and files is what this SDK knows", async () => {
  const call = { type: "tool-call", toolCallId: "1", toolName: "draw", input: "{}" };
  const model = new MockLanguageModelV3({ doStream: [step([call], "tool-calls"), step([], "stop")] });
  const tools = await adapter.aiTools(client, { throttle: 0 });
  const result = streamText({ model, prompt: "Go.", tools, stopWhen: stepCountIs(2) });
  /** @type {any} */
  let message;
  /** @type {any[]} */
  const outputs = [];
  for await (message of readUIMessageStream({ stream: result.toUIMessageStream() })) {
    const part = message.parts.find((/** @type {any} */ { type }) => type === "dynamic-tool");
    if (part?.preliminary) outputs.push(part.output.progress);
  }
  assert.deepEqual(outputs.filter(Boolean), [1, 2]);
  const parts = [{ type: "text", text: "a dot" }, { type: "image-data", mediaType: "image/png", data: PNG }, { type: "file-data", mediaType: "application/pdf", data: PDF, filename: "a.pdf" }];
  /** @type {any} */
  const told = model.doStreamCalls[1]?.prompt.at(-1)?.content;
  assert.deepEqual(told.map((/** @type {any} */ { output }) => output), [{ type: "content", value: parts }]);
  // The next turn begins with what is on the page.
  const next = await convertToModelMessages([message], { tools });
  for (const each of next) assert.deepEqual(modelMessageSchema.safeParse(each).error, undefined);
});

test("its types take what the adapter gives, and the range of the package allows it", async () => {
  const { peerDependencies } = JSON.parse(readFileSync(path.join(pkg, "package.json"), "utf8"));
  assert.equal(peerDependencies.ai, ">=6");
  const file = path.join(directory, "app.ts");
  const program = `import { streamText, type LanguageModel } from "ai";
import { Client } from "mcp-wasm";
import { aiTools, isToolProgress } from "mcp-wasm/ai-sdk";
export async function ask(model: LanguageModel) {
  const tools = await aiTools(await Client.connect("wss://example.com/mcp"), { filter: ["a"] });
  for await (const part of streamText({ model, prompt: "", tools }).fullStream) {
    if (part.type === "tool-result" && isToolProgress(part.output)) part.output.fraction satisfies number | undefined;
  }
}
`;
  writeFileSync(file, program);
  const flags = ["--strict", "--noEmit", "--pretty", "false", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler", "--lib", "es2023,dom", "--skipLibCheck"];
  const tsc = promisify(execFile)(path.join(tests, "node_modules", ".bin", "tsc"), ["--ignoreConfig", ...flags, file], { cwd: directory });
  await tsc.catch((error) => assert.fail(error.stdout || error.message));
});
