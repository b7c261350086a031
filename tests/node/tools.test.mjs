// The entry `mcp-wasm/tools`: declarations, names and schemas as providers take them, and calls of
// their models carried out over a real connection.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { startFakeServer } from "../support/fake-server.mjs";
import { importPkg } from "../support/paths.mjs";

/** @type {any} */ (globalThis).WebSocket ??= WebSocket;

/** @type {typeof import("mcp-wasm/tools")} */
const { anthropicTools, contentForModel, geminiTools, openaiChatTools, openaiResponsesTools } = await importPkg("tools.js");

const picture = { type: "image", data: "aGVsbG8=", mimeType: "image/png" };
/** @param {string} text */
const text = (text) => ({ content: [{ type: "text", text }] });

/** What each provider's model writes to call a tool, and how its calls are answered. */
const providers = {
  chat: {
    make: openaiChatTools,
    names: (/** @type {any} */ tools) => tools.map((/** @type {any} */ tool) => tool.function.name),
    response: (/** @type {[id: string, name: string, args: any][]} */ calls) => ({
      choices: [{ message: { role: "assistant", content: null, tool_calls: calls.map(([id, name, args]) => ({ id, type: "function", function: { name, arguments: JSON.stringify(args) } })) } }],
    }),
    answers: (/** @type {any[]} */ messages) => messages.map(({ role, tool_call_id, content }) => [role, tool_call_id, content]),
    role: "tool",
    failure: (/** @type {string} */ message) => `Error: ${message}`,
  },
  responses: {
    make: openaiResponsesTools,
    names: (/** @type {any} */ tools) => tools.map((/** @type {any} */ tool) => tool.name),
    response: (/** @type {[id: string, name: string, args: any][]} */ calls) => ({
      output: [{ type: "reasoning", id: "r" }, ...calls.map(([id, name, args]) => ({ type: "function_call", call_id: id, name, arguments: JSON.stringify(args) }))],
    }),
    answers: (/** @type {any[]} */ messages) => messages.map(({ type, call_id, output }) => [type, call_id, output]),
    role: "function_call_output",
    failure: (/** @type {string} */ message) => `Error: ${message}`,
  },
  anthropic: {
    make: anthropicTools,
    names: (/** @type {any} */ tools) => tools.map((/** @type {any} */ tool) => tool.name),
    response: (/** @type {[id: string, name: string, args: any][]} */ calls) => ({
      role: "assistant",
      content: [{ type: "text", text: "Let me see." }, ...calls.map(([id, name, input]) => ({ type: "tool_use", id, name, input }))],
    }),
    answers: (/** @type {any[]} */ [message]) =>
      message.content.map((/** @type {any} */ { tool_use_id, content, is_error }) => [message.role, tool_use_id, is_error ? `! ${content[0].text}` : content[0].text]),
    role: "user",
    failure: (/** @type {string} */ message) => `! ${message}`,
  },
  gemini: {
    make: geminiTools,
    names: (/** @type {any} */ tools) => tools[0].functionDeclarations.map((/** @type {any} */ tool) => tool.name),
    response: (/** @type {[id: string, name: string, args: any][]} */ calls) => ({
      candidates: [{ content: { role: "model", parts: calls.map(([id, name, args]) => ({ functionCall: { id, name, args } })) } }],
    }),
    answers: (/** @type {any[]} */ [content]) =>
      content.parts.map((/** @type {any} */ { functionResponse: { id, response } }) => [content.role, id, response.output ?? `! ${response.error}`]),
    role: "user",
    failure: (/** @type {string} */ message) => `! ${message}`,
  },
};

/** @type {import("../support/fake-server.mjs").FakeServer} */
let server;
/** @type {import("mcp-wasm").Client} */
let client;
/** @type {import("mcp-wasm").Tool[]} */
let tools;
before(async () => {
  server = await startFakeServer({
    era: "modern",
    tools: {
      "files.read": ({ path }, { progress }) => (progress(1, 2), progress(2, 2), text(`read ${path}`)),
      files_read: () => text("the other one"),
      broken: () => ({ ...text("disk full"), isError: true }),
      picture: () => ({ content: [{ type: "text", text: "see" }, picture] }),
      slow: async (_, { progress, cancelled }) => (progress(0, 1), await cancelled, undefined),
    },
  });
  const { Client } = await importPkg();
  client = await Client.connect(server.url, { progressHandler: null });
  ({ tools } = await client.listTools());
});
after(async () => {
  await client?.close();
  await server?.stop();
});

for (const [provider, { make, names, response, answers, role, failure }] of Object.entries(providers)) {
  describe(provider, () => {
    test("offers the tools under names that models may write", () => {
      const kit = make({ client, tools });
      assert.deepEqual(names(kit.tools), ["files_read_2", "files_read", "broken", "picture", "slow"]);
      const few = make({ client, tools }, { filter: ["broken", "slow"] });
      assert.deepEqual(names(few.tools), ["broken", "slow"]);
      const two = make([{ client, tools, prefix: "one" }, { client, tools, prefix: "two" }], { filter: ({ name }) => name === "slow" });
      assert.deepEqual(names(two.tools), ["one_slow", "two_slow"]);
      assert.deepEqual(make({ client, tools: [] }).tools, []);
    });

    test("carries out all calls of a response at once, and answers each of them", async () => {
      const kit = make({ client, tools });
      /** @type {any[]} */
      const seen = [];
      /** @type {any} */
      const wanted = response([["a", "files_read_2", { path: "/x" }], ["b", "files_read", {}], ["c", "broken", {}], ["d", "missing", {}]]);
      const messages = await kit.run(wanted, {
        onCall: (call, { name, tool }) => seen.push([call.id > 0, name, tool?.name]),
        progressHandler: (progress, _, __, { name }) => void seen.push([name, progress]),
      });
      assert.deepEqual(answers(messages), [
        [role, "a", "read /x"],
        [role, "b", "the other one"],
        [role, "c", failure("disk full")],
        [role, "d", failure("There is no tool named missing.")],
      ]);
      assert.deepEqual(seen.slice(0, 3), [[true, "files_read_2", "files.read"], [true, "files_read", "files_read"], [true, "broken", "broken"]]);
      assert.deepEqual(seen.slice(3), [["files.read", 1], ["files.read", 2]]);
      const sent = server.received.filter(({ method }) => method === "tools/call").at(-3);
      assert.deepEqual(sent?.params.arguments, { path: "/x" });
    });

    test("a response without calls is answered by nothing", async () => {
      assert.deepEqual(await make({ client, tools }).run(/** @type {any} */ (response([]))), []);
    });

    test("a turn that is stopped answers its calls all the same, and the server is told", async () => {
      const stop = new AbortController();
      /** @type {any} */
      const wanted = response([["a", "slow", {}], ["b", "slow", {}]]);
      const messages = await make({ client, tools }).run(wanted, { signal: stop.signal, progressHandler: () => stop.abort() });
      const told = failure("The call was cancelled before it had finished.");
      assert.deepEqual(answers(messages), [[role, "a", told], [role, "b", told]]);
      assert.equal(server.received.filter(({ method }) => method === "notifications/cancelled").length % 2, 0);
    });

    test("what the user declines is not called", async () => {
      const before = server.received.length;
      /** @type {any} */
      const wanted = response([["a", "slow", {}]]);
      const messages = await make({ client, tools }).run(wanted, { approve: async ({ tool }) => tool?.name !== "slow" });
      assert.deepEqual(answers(messages), [[role, "a", failure("The user declined this call.")]]);
      assert.equal(server.received.length, before);
    });

    test("arguments that are no object are told to the model", async () => {
      /** @type {any} */
      const wanted = response([["a", "broken", [1]]]);
      assert.deepEqual(answers(await make({ client, tools }).run(wanted)), [[role, "a", failure("The arguments are not a JSON object.")]]);
    });
  });
}

test("arguments of OpenAI may be nothing, and may be no JSON", () => {
  const kit = openaiChatTools({ client, tools });
  /** @param {string} given */
  const read = (given) => kit.calls({ tool_calls: [{ id: "a", function: { name: "broken", arguments: given } }] })[0]?.arguments;
  assert.deepEqual([read(""), read(" {} "), read('{"a":'), read("null"), read('"a"')], [{}, {}, undefined, {}, undefined]);
});

test("names come back to their tools, whatever they are", () => {
  const long = "x".repeat(100);
  const given = ["plain", "a.b", "a/b", "a_b", "1st", "über", long, `${long}y`, "", "plain"];
  const kit = anthropicTools({ client, tools: given.map((name) => ({ name, inputSchema: {} })) });
  const names = kit.tools.map(({ name }) => name);
  assert.deepEqual(names.slice(0, 6), ["plain", "a_b_2", "a_b_3", "a_b", "_1st", "_ber"]);
  assert.equal(new Set(names).size, given.length);
  for (const [index, name] of names.entries()) {
    assert.match(name, /^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/);
    const [call] = kit.calls([/** @type {any} */ ({ type: "tool_use", id: "1", name, input: {} })]);
    assert.equal(call?.tool?.name, given[index], name);
  }
});

describe("content", () => {
  const result = {
    content: [
      { type: "text", text: "for both" },
      { type: "text", text: "for the user", annotations: { audience: ["user"] } },
      { type: "text", text: "" },
      picture,
      { type: "resource", resource: { uri: "file:///a/report.pdf", mimeType: "application/pdf", blob: "cGRm" } },
      { type: "resource", resource: { uri: "file:///b.txt", text: "inside" } },
      { type: "resource_link", uri: "file:///c", name: "c", description: "more there" },
      { type: "audio", data: "YXVkaW8=", mimeType: "audio/wav" },
    ],
  };
  /** @type {any} */
  const call = { id: "1", name: "t" };
  /** @param {(typeof anthropicTools) | (typeof geminiTools) | (typeof openaiChatTools) | (typeof openaiResponsesTools)} make @param {any} [options] */
  const messages = (make, options) => /** @type {any} */ (make({ client, tools: [] }, options)).messages([{ call, result }])[0];

  test("what is for the user alone is not for the model, and there is always something", () => {
    assert.deepEqual(contentForModel(/** @type {any} */ (result)).map((part) => part.type === "text" ? part.text : part.mediaType), [
      "for both", "image/png", "application/pdf", "inside", "c\nfile:///c\nmore there", "audio/wav",
    ]);
    assert.deepEqual(contentForModel({ content: [] }), [{ type: "text", text: "(no output)" }]);
    assert.deepEqual(contentForModel({ content: [], structuredContent: { a: 1 } }), [{ type: "text", text: '{"a":1}' }]);
    const hidden = { content: [{ type: /** @type {const} */ ("text"), text: "x", annotations: { audience: [/** @type {const} */ ("user")] } }], structuredContent: { a: 1 } };
    assert.deepEqual(contentForModel(hidden), [{ type: "text", text: "(no output)" }]);
  });

  test("pictures and documents go where they can, notes where they cannot", () => {
    const audio = { type: "text", text: "[audio/wav, 6 bytes, not shown]" };
    assert.deepEqual(messages(anthropicTools).content[0].content, [
      { type: "text", text: "for both" },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "aGVsbG8=" } },
      { type: "document", source: { type: "base64", media_type: "application/pdf", data: "cGRm" } },
      { type: "text", text: "inside" },
      { type: "text", text: "c\nfile:///c\nmore there" },
      audio,
    ]);
    assert.deepEqual(messages(openaiResponsesTools).output, [
      { type: "input_text", text: "for both" },
      { type: "input_image", detail: "auto", image_url: "data:image/png;base64,aGVsbG8=" },
      { type: "input_file", filename: "report.pdf", file_data: "data:application/pdf;base64,cGRm" },
      { type: "input_text", text: "inside" },
      { type: "input_text", text: "c\nfile:///c\nmore there" },
      { ...audio, type: "input_text" },
    ]);
    assert.match(messages(openaiChatTools).content, /^for both\n\[image\/png, 6 bytes, not shown\]\n\[report.pdf, application\/pdf, 3 bytes, not shown\]\ninside/);
    const { functionResponse } = messages(geminiTools).parts[0];
    assert.deepEqual(functionResponse.parts, [
      { inlineData: { mimeType: "image/png", data: "aGVsbG8=" } },
      { inlineData: { mimeType: "application/pdf", data: "cGRm" } },
    ]);
    assert.match(functionResponse.response.output, /^for both\ninside/);
    assert.equal(messages(geminiTools, { media: false }).parts[0].functionResponse.parts, undefined);
    assert.ok(messages(anthropicTools, { media: false }).content[0].content.every((/** @type {any} */ { type }) => type === "text"));
  });
});

test("tools are made of a client and its tools, and what is neither is refused by name", () => {
  for (const make of [openaiChatTools, openaiResponsesTools, anthropicTools, geminiTools]) {
    const client = { callTool() {}, listTools() {} };
    for (const odd of [client, { tools: [] }, [{ client, tools: [] }, null], { client: {}, tools: [] }]) {
      assert.throws(() => make(/** @type {any} */ (odd)), { code: "INVALID_ARGUMENT", message: /\{ client, tools \}/ });
    }
    assert.doesNotThrow(() => make(/** @type {any} */ ({ client, tools: null })));
  }
});

test("what is for apps alone is offered to no model, whatever the filter says", () => {
  const visible = (/** @type {string} */ name, /** @type {any} */ visibility) => ({ name, inputSchema: { type: "object", properties: {} }, _meta: { ui: { visibility } } });
  const tools = [visible("app", ["app"]), visible("nobody", []), visible("model", ["model"]), visible("both", ["model", "app"]), visible("odd", "app"), { name: "plain", inputSchema: { type: "object" } }];
  const client = { callTool: () => assert.fail("nothing is called") };
  const names = ["model", "both", "odd", "plain"];
  for (const { make, names: namesOf } of Object.values(providers)) {
    for (const filter of [undefined, tools.map(({ name }) => name), () => true]) {
      assert.deepEqual(namesOf(/** @type {any} */ (make)({ client, tools }, { filter }).tools), names);
    }
  }
});
