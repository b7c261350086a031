// What a server in the page has: tools, resources, prompts, suggestions, logs, and telling of changes.
import { equal, hasMembers, match, ok, rejects, soon, throws } from "../rules/check.mjs";
import { collect } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

/** A result without what the modern era adds to each. @param {any} result */
function bare({ resultType, _meta, ttlMs, cacheScope, ...result }) {
  return result;
}

const TEXT = (/** @type {string} */ text) => ({ type: "text", text });

rule("the server tells its name, its instructions and what it has", async (env) => {
  const server = env.server({ instructions: "Use it well.", capabilities: { prompts: {} } });
  server.tool("a", () => "");
  const client = await env.connect(server);
  hasMembers(client.getServerVersion(), { name: "page", version: "1.2.3" });
  equal(client.getInstructions(), "Use it well.");
  equal(client.getServerCapabilities(), { tools: { listChanged: true }, prompts: { listChanged: true }, logging: {} });
  equal(client.era, env.era);
  equal(bare(await client.listPrompts()), { prompts: [] });
});

rule("tools are listed as they were defined", async (env) => {
  const server = env.server();
  const definition = {
    title: "Add",
    description: "Adds",
    inputSchema: { type: "object", properties: { a: { type: "number" } }, required: ["a"] },
    outputSchema: { type: "object", properties: { sum: { type: "number" } } },
    annotations: { readOnlyHint: true },
    icons: [{ src: "data:image/png;base64,AA==" }],
    _meta: { "x/y": 1 },
  };
  server.tool("add", definition, () => ({ sum: 1 })).tool("plain", () => "");
  const { tools } = await (await env.connect(server)).listTools();
  equal(tools, [{ name: "add", ...definition }, { name: "plain", inputSchema: { type: "object", properties: {} } }]);
});

rule("results of every kind become what the protocol knows", async (env) => {
  const blocks = [TEXT("a"), { type: "image", data: "AQID", mimeType: "image/png" }];
  /** @type {[any, any][]} */
  const kinds = [
    ["a text", { content: [TEXT("a text")] }],
    [undefined, { content: [] }],
    [null, { content: [] }],
    [[TEXT("a"), { type: "image", data: new Uint8Array([1, 2, 3]), mimeType: "image/png" }], { content: blocks }],
    [{ content: blocks, isError: true, _meta: { a: 1 } }, { content: blocks, isError: true }],
    [{ sum: 3 }, { structuredContent: { sum: 3 }, content: [TEXT('{"sum":3}')] }],
    [{ structuredContent: { a: 1 } }, { structuredContent: { a: 1 }, content: [TEXT('{"a":1}')] }],
    [{ when: new Date(0), gone: undefined }, { structuredContent: { when: "1970-01-01T00:00:00.000Z" }, content: [TEXT('{"when":"1970-01-01T00:00:00.000Z"}')] }],
  ];
  /** Those that only the modern era has as structured content. @type {[any, any][]} */
  const others = [
    [[1, 2], { structuredContent: [1, 2], content: [TEXT("[1,2]")] }],
    [[], { structuredContent: [], content: [TEXT("[]")] }],
    [42, { structuredContent: 42, content: [TEXT("42")] }],
    [false, { structuredContent: false, content: [TEXT("false")] }],
  ];
  const { client } = await env.tool(({ n }) => [...kinds, ...others][n]?.[0]);
  for (const [n, [, expected]] of kinds.entries()) equal(bare(await client.callTool("tool", { n })), expected);
  for (const [n, [, expected]] of others.entries()) {
    const { structuredContent: _, ...older } = expected;
    equal(bare(await client.callTool("tool", { n: kinds.length + n })), env.era === "modern" ? expected : older);
  }
});

rule("a handler's own objects are not written to", async (env) => {
  const result = Object.freeze({ content: Object.freeze([Object.freeze(TEXT("same"))]), _meta: Object.freeze({ mine: 1 }) });
  const { client } = await env.tool(() => result);
  for (let i = 0; i < 2; i++) {
    const { content, _meta } = await client.callTool("tool");
    equal(content, [TEXT("same")]);
    equal(_meta?.mine, 1);
  }
  equal(Object.keys(result), ["content", "_meta"]);
});

rule("what a handler throws is its message with isError, never its stack", async (env) => {
  const { client, server } = await env.tool(({ kind }) => {
    if (kind === "error") throw new TypeError("went wrong");
    if (kind === "text") throw "a text";
    if (kind === "cycle") {
      /** @type {any} */
      const cycle = {};
      cycle.self = cycle;
      return cycle;
    }
    throw new env.mcp.RpcError("open this first", -32042, { elicitations: [] });
  });
  const failed = async (/** @type {string} */ kind) => bare(await client.callTool("tool", { kind }));
  equal(await failed("error"), { content: [TEXT("went wrong")], isError: true });
  equal(await failed("text"), { content: [TEXT("a text")], isError: true });
  match((await failed("cycle")).content[0].text, /^the result is no JSON: /);
  equal(server.errors.slice(0, 2).map((error) => error.message ?? error), ["went wrong", "a text"]);
  await rejects(client.callTool("tool", { kind: "rpc" }), { code: "RPC_ERROR", rpcCode: -32042, data: { elicitations: [] } });
});

rule("an unknown tool is the protocol's error", async (env) => {
  const { client } = await env.tool(() => "");
  await rejects(client.callTool("tol"), { code: "RPC_ERROR", rpcCode: -32602, message: /no such tool: tol/ });
  await rejects(client.request({ method: "made/up" }), { rpcCode: -32601 });
});

rule("arguments are checked if there is a validator, and never reach the handler otherwise", async (env) => {
  const server = env.server({ jsonSchemaValidator: env.validator });
  /** @type {any[]} */
  const seen = [];
  const inputSchema = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };
  server.tool("tool", { inputSchema }, (args) => void seen.push(args));
  const client = await env.connect(server);
  const refused = await client.callTool("tool", { n: "1" });
  equal(refused.isError, true);
  match(/** @type {any} */ (refused.content[0]).text, /the arguments of `tool` do not fit: .*n/);
  await client.callTool("tool", { n: 1 });
  equal(seen, [{ n: 1 }]);
});

rule("lists come in pages, and a made up cursor is refused", async (env) => {
  const server = env.server({ pageSize: 2, listLifetime: 5000 });
  for (const name of "abcde") server.tool(name, () => name);
  const client = await env.connect(server);
  const first = await client.listTools({}, { pages: 1 });
  equal(first.tools.map(({ name }) => name), ["a", "b"]);
  ok(typeof first.nextCursor === "string");
  if (env.era === "modern") equal([first.ttlMs, first.cacheScope], [5000, "public"]);
  equal((await client.listTools()).tools.map(({ name }) => name), ["a", "b", "c", "d", "e"]);
  await rejects(client.listTools({ cursor: "made up" }), { rpcCode: -32602 });
  equal((await client.callTool("d")).content, [TEXT("d")]);
});

rule("resources are read: texts, bytes, JSON, several, none", async (env) => {
  const server = env.server();
  server.resource("a://text", { name: "Text", mimeType: "text/markdown" }, () => "# Hi");
  // As Node's Buffer does.
  const bytes = Object.assign(new Uint8Array([0, 255]), { toJSON: () => ({ type: "Buffer", data: [0, 255] }) });
  server.resource("a://bytes", () => bytes);
  server.resource("a://json", () => ({ a: [1] }));
  server.resource("a://many", () => [{ text: "1" }, { blob: "AA==", uri: "a://many/2" }]);
  server.resource("a://whole", () => ({ contents: [] }));
  server.resource("a://none", () => undefined);
  server.resource("a://fails", () => {
    throw new Error("on fire");
  });
  const client = await env.connect(server);
  const contents = async (/** @type {string} */ uri) => (await client.readResource(uri)).contents;
  equal((await client.listResources()).resources[0], { uri: "a://text", name: "Text", mimeType: "text/markdown" });
  equal(await contents("a://text"), [{ uri: "a://text", mimeType: "text/markdown", text: "# Hi" }]);
  equal(await contents("a://bytes"), [{ uri: "a://bytes", mimeType: "application/octet-stream", blob: "AP8=" }]);
  equal(await contents("a://json"), [{ uri: "a://json", mimeType: "application/json", text: '{"a":[1]}' }]);
  equal(await contents("a://many"), [
    { uri: "a://many", mimeType: "text/plain", text: "1" },
    { uri: "a://many/2", mimeType: "application/octet-stream", blob: "AA==" },
  ]);
  equal(await contents("a://whole"), []);
  const rpcCode = env.era === "modern" ? -32602 : -32002;
  await rejects(client.readResource("a://none"), { rpcCode, data: { uri: "a://none" } });
  await rejects(client.readResource("a://nowhere"), { rpcCode });
  await rejects(client.readResource("a://fails"), { rpcCode: -32603, message: "on fire" });
});

rule("templates give their variables, decoded; a resource of its own goes first", async (env) => {
  const server = env.server();
  server.resourceTemplate("note://{id}/{part}", { name: "notes" }, (given) => given);
  server.resource("note://1/own", () => "own");
  const client = await env.connect(server);
  const read = async (/** @type {string} */ uri) => /** @type {any} */ ((await client.readResource(uri)).contents[0]).text;
  equal(JSON.parse(await read("note://7/a%20b")), { uri: "note://7/a%20b", id: "7", part: "a b" });
  equal(await read("note://1/own"), "own");
  equal((await client.listResourceTemplates()).resourceTemplates, [{ uriTemplate: "note://{id}/{part}", name: "notes" }]);
  await rejects(client.readResource("note://7"), { rpcCode: env.era === "modern" ? -32602 : -32002 });
  const other = env.server();
  other.resourceTemplate("{+bad}", () => "");
  await rejects(other.connect(new MessageChannel().port1), { code: "INVALID_ARGUMENT", message: /\{\+bad\} cannot be added: the template/ });
  throws(() => server.resourceTemplate("{+bad}", () => ""), { code: "INVALID_ARGUMENT" });
});

rule("prompts take texts, and what is required has to be there", async (env) => {
  const server = env.server();
  const said = { role: "assistant", content: TEXT("b") };
  server.prompt("greet", { description: "Greets", arguments: [{ name: "who", required: true }] }, ({ who }) => `Hello, ${who}`);
  server.prompt("block", () => ({ type: "text", text: "a" }));
  server.prompt("messages", () => [{ role: "user", content: { type: "text", text: "a" } }, /** @type {any} */ (said)]);
  server.prompt("whole", () => ({ description: "d", messages: [/** @type {any} */ (said)] }));
  const client = await env.connect(server);
  const user = (/** @type {string} */ text) => ({ role: "user", content: TEXT(text) });
  equal((await client.getPrompt("greet", { who: "Ada" })).messages, [user("Hello, Ada")]);
  equal((await client.getPrompt("block")).messages, [user("a")]);
  equal((await client.getPrompt("messages")).messages, [user("a"), said]);
  hasMembers(await client.getPrompt("whole"), { description: "d", messages: [said] });
  await rejects(client.getPrompt("greet"), { rpcCode: -32602, message: /`who` is missing/ });
  await rejects(client.getPrompt({ name: "greet", arguments: /** @type {any} */ ({ who: 1 }) }), { rpcCode: -32602, message: /`who` is not a string/ });
  await rejects(client.getPrompt("none"), { rpcCode: -32602 });
  hasMembers((await client.listPrompts()).prompts[0], { name: "greet", description: "Greets" });
});

rule("suggestions are asked for what there is, and limited", async (env) => {
  const server = env.server();
  server.prompt("p", { arguments: [{ name: "city" }, { name: "land" }] }, () => "");
  server.resourceTemplate("a://{id}", () => "");
  /** @type {any[]} */
  const asked = [];
  server.completion((question) => {
    asked.push(question);
    if (question.resource) return { values: ["7"], total: 9 };
    return Array.from({ length: 150 }, (_, i) => question.value + i);
  });
  const client = await env.connect(server);
  const ref = /** @type {const} */ ({ type: "ref/prompt", name: "p" });
  const { completion } = await client.complete({ ref, argument: { name: "city", value: "B" }, context: { arguments: { land: "DE" } } });
  hasMembers(completion, { total: 150, hasMore: true });
  equal([completion.values.length, completion.values[99]], [100, "B99"]);
  const template = await client.complete({ ref: { type: "ref/resource", uri: "a://{id}" }, argument: { name: "id", value: "" } });
  equal(template.completion, { values: ["7"], total: 9 });
  equal(asked, [
    { prompt: "p", argument: "city", value: "B", arguments: { land: "DE" } },
    { resource: "a://{id}", argument: "id", value: "", arguments: {} },
  ]);
  await rejects(client.complete({ ref, argument: { name: "town", value: "" } }), { rpcCode: -32602 });
});

rule("log messages come from the level on that the client wants", async (env) => {
  const { client } = await env.tool(
    async (_, ctx) => {
      await ctx.debug("d");
      await ctx.info({ a: [1] });
      await ctx.warning("w", "mine");
      await ctx.error("e");
      await ctx.log("critical", undefined);
      await ctx.log(/** @type {any} */ ("loud"), "").catch(({ code }) => ctx.error(code));
    },
    { logHandler: (message) => void log.push(message) },
  );
  /** @type {any[]} */
  const log = [];
  await client.setLoggingLevel("info");
  await client.callTool("tool");
  equal(log, [
    { level: "info", data: { a: [1] } },
    { level: "warning", logger: "mine", data: "w" },
    { level: "error", data: "e" },
    { level: "critical", data: null },
    { level: "error", data: "INVALID_ARGUMENT" },
  ]);
  log.length = 0;
  await client.setLoggingLevel("error");
  await client.callTool("tool");
  equal(log.map(({ level }) => level), ["error", "critical", "error"]);
});

rule("tools that come and go while clients are connected are told and served", async (env) => {
  const server = env.server();
  server.tool("one", () => "1");
  const client = await env.connect(server);
  let changes = 0;
  const subscription = await client.listen({ toolsListChanged: true }, { onnotification: () => void changes++ });
  server.tool("two", () => "2");
  await soon("the news", () => changes === 1);
  equal((await client.callTool("two")).content, [TEXT("2")]);
  equal(server.removeTool("one"), true);
  equal(server.removeTool("one"), false);
  await soon("the news", () => changes === 2);
  equal((await client.listTools()).tools.map(({ name }) => name), ["two"]);
  await rejects(client.callTool("one"), { rpcCode: -32602 });
  server.tool("two", { description: "new" }, () => "2!");
  await soon("the news", () => changes === 3);
  equal((await client.callTool("two")).content, [TEXT("2!")]);
  await subscription.close();
});

rule("prompts and resources tell of changes, and subscribers of contents", async (env) => {
  const server = env.server({ capabilities: { resources: {}, prompts: {} } });
  server.resource("a://b", () => "text");
  const client = await env.connect(server);
  /** @type {any[]} */
  const news = [];
  const wanted = { promptsListChanged: true, resourcesListChanged: true, resourceSubscriptions: ["a://b"] };
  const subscription = await client.listen(wanted, { onnotification: ({ method, params }) => void news.push([method, params?.uri]) });
  server.prompt("p", () => "");
  server.resource("a://c", () => "");
  server.resourceUpdated("a://b");
  server.resourceUpdated("a://c");
  server.resourceUpdated("a://b/c");
  server.removePrompt("p");
  await soon("the news", () => news.length >= 5);
  equal(news, [
    ["notifications/prompts/list_changed", undefined],
    ["notifications/resources/list_changed", undefined],
    ["notifications/resources/updated", "a://b"],
    ["notifications/resources/updated", "a://b/c"],
    ["notifications/prompts/list_changed", undefined],
  ]);
  await subscription.close();
});

rule("output schemas of other values than objects are for the modern era only", async (env) => {
  const server = env.server();
  server.tool("numbers", { outputSchema: { type: "array" } }, () => [1]);
  const client = await env.connect(server, { jsonSchemaValidator: env.validator, outputValidation: "strict" });
  const { tools } = await client.listTools();
  equal(tools[0]?.outputSchema, env.era === "modern" ? { type: "array" } : undefined);
  const { structuredContent } = await client.callTool("numbers");
  equal(structuredContent, env.era === "modern" ? [1] : undefined);
});

rule("what is wrong with a definition is said where it is given", async (env) => {
  const server = env.server();
  const anything = /** @type {any} */ (server);
  throws(() => anything.tool("", () => ""), { code: "INVALID_ARGUMENT" });
  throws(() => anything.tool("a"), { code: "INVALID_ARGUMENT" });
  throws(() => anything.tool("a", {}, "not a function"), { code: "INVALID_ARGUMENT" });
  throws(() => new env.mcp.Server(/** @type {any} */ ({ name: "x" })), { code: "INVALID_ARGUMENT", message: /version/ });
  throws(() => new env.mcp.Server({ name: "x", version: "1" }, { jsonSchemaValidator: /** @type {any} */ ({}) }), { code: "INVALID_ARGUMENT" });
  await rejects(server.connect(/** @type {any} */ (42)), { code: "INVALID_ARGUMENT" });
  throws(() => anything.tool("a", { inputSchema: "text" }, () => ""), { code: "INVALID_ARGUMENT", message: /a cannot be added: `inputSchema`/ });
});

rule("whatever a handler throws, the caller is told what it was", async (env) => {
  const circular = /** @type {any} */ ({ reason: "around" });
  circular.self = circular;
  /** @type {[any, string | RegExp][]} */
  const thrown = [
    [{ reason: "the disk is full" }, '{"reason":"the disk is full"}'],
    ["a text", "a text"],
    [undefined, "the handler threw undefined"],
    [null, "the handler threw null"],
    [0, "the handler threw 0"],
    ["", "the handler threw an empty text"],
    [10n, "the handler threw 10"],
    [Symbol("sign"), "the handler threw Symbol(sign)"],
    [circular, '{"reason":"around","self":"…"}'],
    [["a", { b: 1n }], '["a",{"b":"1"}]'],
    [{}, "the handler threw [object Object]"],
    [new DOMException("not allowed", "NotAllowedError"), "not allowed"],
    [new DOMException("", "AbortError"), "AbortError"],
    [new TypeError(""), "TypeError"],
    [new AggregateError([new Error("one"), "two"]), "one; two"],
    [{ message: "like an error" }, "like an error"],
    [{ message: 5 }, '{"message":5}'],
    [{ get message() { throw new Error("no"); } }, "the handler threw something that cannot be told"],
    [Object.assign(new Error("data"), { data: circular }), "data"],
  ];
  const { client } = await env.tool(({ n }) => { throw thrown[n]?.[0]; });
  for (const [n, [, words]] of thrown.entries()) {
    const { content, isError } = await client.callTool("tool", { n });
    equal([content, isError], [[TEXT(/** @type {string} */ (words))], true]);
  }
  const odd = await env.tool(() => { throw Object.assign(new Error("coded"), { rpcCode: -32001, data: circular }); });
  await rejects(odd.client.callTool("tool"), { rpcCode: -32001, message: /coded/ });
});

rule("an input schema is an object's, and what is none is refused before it spoils a list", async (env) => {
  const server = env.server();
  const handler = () => "";
  for (const [given, listed] of /** @type {[any, any][]} */ ([
    [{}, { type: "object", properties: {} }],
    [null, { type: "object", properties: {} }],
    [{ type: "object" }, { type: "object", properties: {} }],
    [{ properties: { a: {} } }, { properties: { a: {} }, type: "object" }],
    [{ type: ["object", "null"] }, { type: "object", properties: {} }],
    [{ anyOf: [{ required: ["a"] }] }, { anyOf: [{ required: ["a"] }], type: "object", properties: {} }],
  ])) {
    server.tool("t", { inputSchema: given }, handler);
    const client = await env.connect(server);
    equal((await client.listTools()).tools, [{ name: "t", inputSchema: listed }]);
    await client.close();
  }
  const circular = /** @type {any} */ ({ type: "object" });
  circular.self = circular;
  const validate = (/** @type {any} */ value) => ({ value });
  for (const [given, why] of /** @type {[any, RegExp][]} */ ([
    [{ type: "array" }, /of type "object", not "array"/],
    [{ type: 5 }, /not 5/],
    [{ properties: [] }, /schemas by name/],
    ["object", /is "object", and no schema/],
    [[], /no schema/],
    [circular, /cannot be written as JSON Schema/],
    [{ "~standard": { version: 1, vendor: "old", validate } }, /old does not say it as JSON Schema.*z\.toJSONSchema/],
    [{ a: { "~standard": { version: 1, vendor: "old", validate } } }, /inputSchema's a/],
  ])) throws(() => server.tool("bad", { inputSchema: given }, handler), { code: "INVALID_ARGUMENT", message: why });
  throws(() => server.tool("bad", { outputSchema: /** @type {any} */ (5) }, handler), { code: "INVALID_ARGUMENT", message: /outputSchema/ });
  equal((await (await env.connect(server)).listTools()).tools.map(({ name }) => name), ["t"]);
});

rule("what strict clients refuse a list for is refused where it is added, and null is absent", async (env) => {
  const server = env.server();
  const handler = () => "";
  /** What is added of a kind. @type {Record<string, (given: any) => unknown>} */
  const adding = {
    tool: (given) => server.tool("bad", given, handler),
    resource: (given) => server.resource("bad:x", given, handler),
    resourceTemplate: (given) => server.resourceTemplate("bad:{x}", given, handler),
    prompt: (given) => server.prompt("bad", given, handler),
  };
  for (const [kinds, given, why] of /** @type {[string[], any, RegExp][]} */ ([
    [Object.keys(adding), { description: 7 }, /`description` is 7, not a text/],
    [Object.keys(adding), { title: ["a"] }, /`title` is \["a"\]/],
    [Object.keys(adding), { _meta: [] }, /`_meta` is \[\], not an object/],
    [Object.keys(adding), { icons: {} }, /`icons` is \{\}, not a list/],
    [Object.keys(adding), { icons: [{}] }, /a `src`/],
    [["tool", "resource"], { annotations: [] }, /`annotations`/],
    [["tool"], { annotations: { readOnlyHint: "yes" } }, /hints that are true or false/],
    [["tool"], { description: 10n }, /nothing that JSON has/],
    [["tool"], { execution: "later" }, /`execution`/],
    [["tool"], { inputSchema: { required: "a" } }, /`required` of its `inputSchema` is "a", not a list/],
    [["tool"], { inputSchema: { required: [1] } }, /`required`/],
    [["tool"], { inputSchema: { properties: { a: "string" } } }, /`a` of its `inputSchema` is "string", and no schema/],
    [["tool"], { inputSchema: { properties: { a: null } } }, /`a`/],
    [["tool"], { outputSchema: { type: "object", properties: [] } }, /`outputSchema`/],
    [["tool"], { outputSchema: { required: {} } }, /`outputSchema`/],
    [["resource", "resourceTemplate"], { mimeType: 7 }, /`mimeType`/],
    [["resource", "resourceTemplate"], { name: 7 }, /`name`/],
    [["resource"], { size: "7" }, /`size`/],
    [["prompt"], { arguments: {} }, /`arguments` is \{\}, not a list/],
    [["prompt"], { arguments: [{}] }, /a `name`/],
    [["prompt"], { arguments: [{ name: "a", required: "yes" }] }, /`required` true or false/],
  ])) for (const kind of kinds) throws(() => adding[kind]?.(given), { code: "INVALID_ARGUMENT", message: why });

  server.tool("t", /** @type {any} */ ({ name: "other", title: null, annotations: null, _meta: null, inputSchema: { properties: { a: true, b: false }, required: null } }), handler);
  server.resource("a:b", /** @type {any} */ ({ uri: "c:d", description: null }), handler);
  server.resourceTemplate("a:{b}", /** @type {any} */ ({ uriTemplate: "c:{d}", mimeType: null }), handler);
  server.prompt("p", /** @type {any} */ ({ name: "other", arguments: null }), handler);
  const client = await env.connect(server);
  equal((await client.listTools()).tools, [{ name: "t", inputSchema: { type: "object", properties: { a: {}, b: { not: {} } } } }]);
  equal((await client.listResources()).resources, [{ uri: "a:b", name: "a:b" }]);
  equal((await client.listResourceTemplates()).resourceTemplates, [{ uriTemplate: "a:{b}", name: "a:{b}" }]);
  equal((await client.listPrompts()).prompts, [{ name: "p" }]);
});

rule("a schema of a library is listed as JSON Schema, and checks and changes the arguments", async (env) => {
  /** @param {any} json @param {(value: any) => any} parse */
  const standard = (json, parse) => ({ "~standard": { version: 1, vendor: "own", validate: parse, jsonSchema: { input: () => json, output: () => json } } });
  const whole = standard({ type: "object", properties: { n: { type: "number" } } }, async (value) =>
    typeof value.n === "number" ? { value: { n: value.n + 1 } } : { issues: [{ message: "a number, please", path: ["n"] }] });
  const text = standard({ $schema: "https://json-schema.org/draft/2020-12/schema", type: "string" }, (value) => (typeof value === "string" ? { value } : { issues: [{ message: "no text" }] }));
  const maybe = standard({ type: "string" }, (value) => ({ value: value ?? "default" }));
  const server = env.server();
  server.tool("whole", { inputSchema: whole, outputSchema: whole }, (args) => JSON.stringify(args));
  server.tool("shape", { inputSchema: { text, maybe } }, (args) => JSON.stringify(args));
  const client = await env.connect(server);
  const { tools } = await client.listTools();
  equal(tools.map(({ inputSchema }) => inputSchema), [
    { type: "object", properties: { n: { type: "number" } } },
    { type: "object", properties: { text: { type: "string" }, maybe: { type: "string" } }, required: ["text"] },
  ]);
  equal((await client.callTool("whole", { n: 1 })).content, [TEXT('{"n":2}')]);
  equal((await client.callTool("whole", {})).content, [TEXT("the arguments of `whole` do not fit: n: a number, please")]);
  equal((await client.callTool("shape", { text: "a" })).content, [TEXT('{"text":"a","maybe":"default"}')]);
  equal((await client.callTool("shape", {})).content, [TEXT("the arguments of `shape` do not fit: text: no text")]);
});

rule("a schema that the validator cannot use costs a warning, not the tool", async (env) => {
  const server = env.server({ jsonSchemaValidator: env.validator });
  server.tool("tool", { inputSchema: { properties: { a: { pattern: "(a)\\1" } } } }, () => "done");
  const client = await env.connect(server);
  for (let i = 0; i < 2; i++) equal((await client.callTool("tool", { a: "b" })).content, [TEXT("done")]);
  equal(server.errors.map(({ code }) => code), ["UNUSABLE_SCHEMA"]);
});
