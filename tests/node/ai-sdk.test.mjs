// The entry `mcp-wasm/ai-sdk` with the AI SDK itself: a scripted model of `ai/test`, a real
// connection.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { readUIMessageStream, simulateReadableStream, stepCountIs, streamText, toUIMessageStream } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { WebSocket } from "ws";
import { makeApp } from "../support/app.mjs";
import { startFakeServer } from "../support/fake-server.mjs";

/** @type {any} */ (globalThis).WebSocket ??= WebSocket;

/** @type {import("../support/fake-server.mjs").FakeServer} */
let server;
/** @type {import("mcp-wasm").Client} */
let client;
/** @type {typeof import("mcp-wasm/ai-sdk")} */
let adapter;
/** What the tool `together` waits for: so many of its kind at the same time. @type {(() => void)[]} */
let waiting = [];

before(async () => {
  server = await startFakeServer({
    era: "modern",
    tools: {
      count: ({ n }, { progress }) => {
        for (let i = 1; i <= n; i++) progress(i, n, `step ${i}`);
        return { content: [{ type: "text", text: `counted to ${n}` }], structuredContent: { n } };
      },
      async together({ name }, { progress }) {
        progress(1, 2, name);
        await new Promise((resolve) => {
          waiting.push(() => resolve(undefined));
          if (waiting.length === 2) for (const go of waiting.splice(0)) go();
        });
        progress(2, 2, name);
        return { content: [{ type: "text", text: name }] };
      },
      "draw.it": () => ({ content: [{ type: "text", text: "a dot" }, { type: "image", data: "aGk=", mimeType: "image/png" }] }),
      broken: () => ({ isError: true, content: [{ type: "text", text: "disk full" }, { type: "text", text: "try later" }] }),
      slow: async (_, { progress, cancelled }) => (progress(0, 1), await cancelled, undefined),
    },
    intercept: (message, socket) => {
      if (message.params?.name !== "gone" || message.method !== "tools/call") return false;
      socket.send(JSON.stringify({ jsonrpc: "2.0", id: message.id, error: { code: -32602, message: "no such tool any more" } }));
      return true;
    },
  });
  const app = await makeApp("ai-sdk", ["ai"]);
  adapter = await app.import("ai-sdk.js");
  const { Client } = await app.import("index.js");
  client = await Client.connect(server.url, { progressHandler: null });
});
after(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(() => void (waiting = []));

const usage = { inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 }, outputTokens: { total: 1, text: 1, reasoning: 0 } };

/** @param {[name: string, input: any][]} calls of the first step; the second one answers in text */
function scripted(calls) {
  /** @param {any[]} chunks @param {"stop" | "tool-calls"} reason @returns {any} */
  const step = (chunks, reason) => ({
    stream: simulateReadableStream({ chunks: [...chunks, { type: "finish", finishReason: { unified: reason, raw: undefined }, usage }], chunkDelayInMs: null, initialDelayInMs: null }),
  });
  const first = calls.map(([toolName, input], index) => ({ type: "tool-call", toolCallId: `call-${index}`, toolName, input: JSON.stringify(input) }));
  const text = [{ type: "text-start", id: "t" }, { type: "text-delta", id: "t", delta: "Done." }, { type: "text-end", id: "t" }];
  return new MockLanguageModelV4({ doStream: [step(first, "tool-calls"), step(text, "stop")] });
}

/**
 * One turn of a chat.
 * @param {[name: string, input: any][]} calls
 * @param {import("mcp-wasm/ai-sdk").AiToolsOptions} [options]
 * @param {{ abortSignal?: AbortSignal, onPart?: (part: any) => void }} [more]
 */
async function turn(calls, options, { abortSignal, onPart } = {}) {
  const model = scripted(calls);
  const tools = await adapter.aiTools(client, { throttle: 0, ...options });
  const result = streamText({ model, prompt: "Go.", tools, stopWhen: stepCountIs(2), abortSignal, onError: () => {} });
  /** @type {any[]} */
  const parts = [];
  for await (const part of result.stream) {
    parts.push(part);
    onPart?.(part);
  }
  /** What the model was told of each call. @returns {any} */
  const told = () => /** @type {any} */ (model.doStreamCalls[1]?.prompt.at(-1)?.content).map((/** @type {any} */ { toolName, output }) => [toolName, output]);
  return { parts, results: parts.filter(({ type }) => type === "tool-result"), errors: parts.filter(({ type }) => type === "tool-error"), told, model };
}

test("tools are offered by names that models may write, filtered by their own", async () => {
  const tools = await adapter.aiTools(client, { filter: ["count", "draw.it"], prefix: "my" });
  assert.deepEqual(Object.keys(tools), ["my_count", "my_draw_it"]);
  const { model } = await turn([], { filter: ({ name }) => name === "count", metadata: { team: "a" } });
  const [offered] = model.doStreamCalls[0]?.tools ?? [];
  assert.deepEqual(offered && { ...offered }, { type: "function", name: "count", inputSchema: { type: "object", properties: {} } });
});

test("progress comes as preliminary results, in order, and the server's result last", async () => {
  const { results, told, parts } = await turn([["count", { n: 3 }]], { metadata: { team: "a" } });
  const outputs = results.map(({ preliminary, output }) => (adapter.isToolProgress(output) ? [preliminary, output.progress, output.total, output.message, output.fraction] : [preliminary, output.structuredContent]));
  assert.deepEqual(outputs, [
    [true, 1, 3, "step 1", 1 / 3],
    [true, 2, 3, "step 2", 2 / 3],
    [true, 3, 3, "step 3", 1],
    [true, { n: 3 }],
    [undefined, { n: 3 }],
  ]);
  assert.deepEqual(told(), [["count", { type: "text", value: "counted to 3" }]]);
  const call = parts.find(({ type }) => type === "tool-call");
  assert.deepEqual([call.dynamic, call.toolMetadata], [true, { mcp: { server: "fake", tool: "count" }, team: "a" }]);
});

test("the newest progress wins where a page need not see all of it", async () => {
  const { results } = await turn([["count", { n: 500 }]], { throttle: undefined });
  const seen = results.map(({ output }) => output.progress).filter(Boolean);
  assert.ok(seen.length < 50, `${seen.length} preliminary results`);
  assert.deepEqual([seen[0], seen.at(-1)], [1, 500]);
});

test("tools of one step run at the same time, each with its own progress", async () => {
  const { results, told } = await turn([["together", { name: "a" }], ["together", { name: "b" }]]);
  for (const [id, name] of [["call-0", "a"], ["call-1", "b"]]) {
    const own = results.filter(({ toolCallId }) => toolCallId === id);
    assert.deepEqual(own.map(({ output }) => output.progress ?? output.content[0].text), [1, 2, name, name]);
    assert.ok(own.slice(0, 2).every(({ output }) => output.message === name));
  }
  assert.deepEqual(told().map((/** @type {any} */ [, { value }]) => value).sort(), ["a", "b"]);
});

test("pictures reach the model as files", async () => {
  const { told } = await turn([["draw_it", {}]]);
  const [[name, output]] = told();
  assert.equal(name, "draw_it");
  assert.equal(output.type, "content");
  assert.deepEqual(output.value.map((/** @type {any} */ { type, text, mediaType, data }) => [type, text ?? mediaType, data?.data]), [
    ["text", "a dot", undefined],
    ["file", "image/png", "aGk="],
  ]);
});

test("a tool that fails, and a JSON-RPC error, are tool errors that the model is told of", async () => {
  const gone = { name: "gone", inputSchema: { type: "object" } };
  const { tools } = await client.listTools();
  const { errors, told, parts } = await turn([["broken", {}], ["gone", {}], ["count", { n: 1 }]], { tools: [...tools, gone] });
  assert.deepEqual(errors.map(({ toolName, error }) => [toolName, error.name, error.code]).sort(), [
    ["broken", "ToolError", "TOOL_ERROR"],
    ["gone", "RpcError", "RPC_ERROR"],
  ]);
  assert.equal(errors.find(({ toolName }) => toolName === "broken").error.result.isError, true);
  const outputs = Object.fromEntries(told());
  assert.deepEqual([outputs.broken.type, outputs.gone.type, outputs.count.type], ["error-text", "error-text", "text"]);
  assert.match(outputs.broken.value, /disk full\ntry later/);
  assert.match(outputs.gone.value, /no such tool any more/);
  assert.ok(parts.some(({ type, text }) => type === "text-delta" && text === "Done."), "the model goes on");
});

test("abort cancels every call of the turn on the server", async () => {
  const stop = new AbortController();
  const before = server.received.length;
  let running = 0;
  const { parts } = await turn([["slow", {}], ["slow", {}]], {}, {
    abortSignal: stop.signal,
    onPart: (part) => part.type === "tool-result" && ++running === 2 && stop.abort(),
  });
  assert.ok(parts.some(({ type }) => type === "abort"));
  const received = server.received.slice(before);
  const calls = received.filter(({ method }) => method === "tools/call").map(({ id }) => id);
  const { promise, resolve } = deferred();
  const poll = setInterval(() => server.received.slice(before).filter(({ method }) => method === "notifications/cancelled").length === 2 && resolve(undefined), 5);
  await promise;
  clearInterval(poll);
  const cancelled = server.received.slice(before).filter(({ method }) => method === "notifications/cancelled");
  assert.deepEqual(cancelled.map(({ params }) => params.requestId), calls);
  assert.equal(client.calls.snapshot.length, 0);
});

test("a timeout of the options is a tool error", async () => {
  const { errors, told } = await turn([["slow", {}]], { timeout: 50 });
  assert.deepEqual(errors.map(({ error }) => error.code), ["TIMEOUT"]);
  assert.match(told()[0][1].value, /within 50 ms/);
});

test("who stops listening cancels the call", async () => {
  const tools = await adapter.aiTools(client, { throttle: 0 });
  const before = server.received.length;
  const { execute } = /** @type {any} */ (tools["slow"]);
  for await (const output of execute({}, { toolCallId: "1", messages: [] })) {
    assert.equal(output.progress, 0);
    break;
  }
  await client.ping();
  assert.equal(server.received.slice(before).filter(({ method }) => method === "notifications/cancelled").length, 1);
});

test("a page's message parts go from progress to the result", async () => {
  const model = scripted([["count", { n: 2 }]]);
  const tools = await adapter.aiTools(client, { throttle: 0 });
  const { stream } = streamText({ model, prompt: "Go.", tools, stopWhen: stepCountIs(2) });
  /** @type {any[]} */
  const states = [];
  for await (const message of readUIMessageStream({ stream: toUIMessageStream({ stream }) })) {
    const part = /** @type {any} */ (message.parts.find(({ type }) => type === "dynamic-tool"));
    if (part?.state === "output-available") states.push([part.preliminary ?? false, part.output.fraction ?? part.output.content[0].text]);
  }
  assert.deepEqual(states.filter((state, index) => JSON.stringify(state) !== JSON.stringify(states[index - 1])), [
    [true, 0.5],
    [true, 1],
    [true, "counted to 2"],
    [false, "counted to 2"],
  ]);
});

function deferred() {
  /** @type {(value: unknown) => void} */
  let resolve = () => {};
  const promise = new Promise((done) => (resolve = done));
  return { promise, resolve };
}

test("what is left of a stopped call does not look as if it ran: to the page, and to the model", async () => {
  const progress = { type: "progress", progress: 1, total: 2 };
  const tool = (/** @type {any} */ part) => ({ type: "dynamic-tool", toolName: "slow", toolCallId: "1", input: {}, ...part });
  const messages = [
    { role: "user", parts: [{ type: "text", text: "go" }] },
    { role: "assistant", parts: [{ type: "text", text: "well" }, tool({ state: "output-available", output: progress, preliminary: true }), tool({ state: "input-available" }), { ...tool({ state: "input-streaming", input: undefined }), type: "tool-slow" }] },
    { role: "assistant", parts: [tool({ state: "output-available", output: { content: [] } }), tool({ state: "output-error", errorText: "own" }), tool({ state: "approval-requested" })] },
  ];
  const marked = /** @type {any[]} */ (adapter.markStopped(messages));
  assert.equal(marked[0], messages[0]);
  assert.equal(marked[2], messages[2]);
  const errorText = "The call was stopped before it had finished.";
  assert.deepEqual(marked[1].parts, [
    { type: "text", text: "well" },
    tool({ state: "output-error", errorText }),
    tool({ state: "output-error", errorText }),
    { ...tool({ state: "output-error", errorText, input: undefined }), type: "tool-slow" },
  ]);
  assert.equal(/** @type {any} */ (adapter.markStopped(messages, "stopped"))[1].parts[1].errorText, "stopped");
  const tools = /** @type {any} */ (await adapter.aiTools(client));
  assert.deepEqual(await tools.slow.toModelOutput({ output: progress }), { type: "error-text", value: errorText });
});

test("what is for apps alone is offered to no model", async () => {
  const visible = (/** @type {string} */ name, /** @type {string[]} */ visibility) => ({ name, inputSchema: { type: "object" }, _meta: { ui: { visibility } } });
  const tools = [visible("app", ["app"]), visible("both", ["model", "app"]), { name: "plain", inputSchema: { type: "object" } }];
  const app = /** @type {any} */ ({ callTool: () => assert.fail("nothing is called"), listTools: async () => ({ tools }) });
  assert.deepEqual(Object.keys(await adapter.aiTools(app, { filter: tools.map(({ name }) => name) })), ["both", "plain"]);
});
