// What handlers ask of their client: one way to write it for both eras.
import { deferred, equal, hasMembers, match, ok, rejects, soon } from "../rules/check.mjs";
import { collect, linked } from "./env.mjs";

const { rules, rule } = collect();
export { rules };

/** @type {import("mcp-wasm").FormSchema} */
const FORM = { type: "object", properties: { name: { type: "string", minLength: 2 } }, required: ["name"] };

rule("elicit: an answer reaches the handler, and so do no and nothing", async (env) => {
  const answers = [{ action: "accept", content: { name: "Ada" } }, { action: "decline" }, null];
  /** @type {any[]} */
  const asked = [];
  const { client } = await env.tool(async (_, ctx) => ctx.elicit("What is your name?", FORM), {
    elicitationHandler: (params) => {
      asked.push(params);
      return /** @type {any} */ (answers.shift());
    },
  });
  const answer = async () => (await client.callTool("tool")).structuredContent;
  equal(await answer(), { action: "accept", content: { name: "Ada" } });
  equal(await answer(), { action: "decline" });
  equal(await answer(), { action: "cancel" });
  hasMembers(asked[0], { message: "What is your name?", requestedSchema: FORM });
});

rule("elicit: since 2026-07-28 the handler runs again from the top, each time with one answer more", async (env) => {
  let runs = 0;
  /** @type {any[]} */
  const reasons = [];
  const { client, server } = await env.tool(
    async (_, ctx) => {
      runs++;
      ctx.signal.addEventListener("abort", () => reasons.push(ctx.signal.reason.code));
      try {
        const first = await ctx.elicit("First?");
        const second = await ctx.elicit("Second?");
        return `${first.action} ${second.action}`;
      } finally {
        // As with any other end.
        reasons.push("finally");
      }
    },
    { elicitationHandler: () => ({ action: "accept", content: {} }) },
  );
  equal((await client.callTool("tool")).content, [{ type: "text", text: "accept accept" }]);
  equal(runs, env.era === "modern" ? 3 : 1);
  equal(reasons, env.era === "modern" ? ["ABORTED", "finally", "ABORTED", "finally", "finally"] : ["finally"]);
  equal(server.errors, []);
});

rule("elicit: what is asked at the same time is asked in one round", async (env) => {
  let runs = 0;
  let asking = 0;
  const both = deferred();
  const { client } = await env.tool(
    async (_, ctx) => {
      runs++;
      const answers = await Promise.all([
        ctx.elicit("One?"),
        (async () => {
          await Promise.resolve();
          return ctx.elicit("Two?");
        })(),
        ctx.sample("Three?", { maxTokens: 5 }),
      ]);
      return answers.length;
    },
    {
      elicitationHandler: async () => {
        // Asked one after the other, the first would wait for ever.
        if (++asking === 2) both.resolve();
        await both.promise;
        return { action: "accept", content: {} };
      },
      samplingHandler: () => ({ role: "assistant", model: "m", content: { type: "text", text: "3" } }),
    },
  );
  equal((await client.callTool("tool")).content, [{ type: "text", text: "3" }]);
  equal(runs, env.era === "modern" ? 2 : 1);
});

rule("elicit: a question is known again by its key, or by what it asks", async (env) => {
  /** @type {any[]} */
  const keys = [];
  const { client } = await env.tool(
    async (_, ctx) => {
      const answers = [];
      for (const question of ["Same?", "Same?", "Other?"]) answers.push(await ctx.elicit(question, FORM));
      answers.push(await ctx.elicit("Named?", FORM, { key: "own" }), await ctx.elicit({ message: "Named?", requestedSchema: FORM }, { key: "own 2" }));
      return answers.map(({ content }) => content?.name).join(" ");
    },
    {
      elicitationHandler: (_, context) => {
        keys.push(context.key);
        return { action: "accept", content: { name: `n${keys.length}` } };
      },
    },
  );
  equal((await client.callTool("tool")).content, [{ type: "text", text: "n1 n2 n3 n4 n5" }]);
  if (env.era === "legacy") return;
  equal(keys[1], `${keys[0]}-2`);
  match(keys[0], /^elicitation-[\w-]{12}$/);
  ok(keys[2] !== keys[0]);
  equal(keys.slice(3), ["own", "own 2"]);
});

rule("elicit: an answer that does not fit is asked for again, or an error in older sessions", async (env) => {
  const names = ["x", "Ada"];
  const { client } = await env.tool(async (_, ctx) => (await ctx.elicit("Name?", FORM)).content?.name, {
    elicitationHandler: () => ({ action: "accept", content: { name: /** @type {string} */ (names.shift()) } }),
  });
  const result = await client.callTool("tool");
  const text = /** @type {any} */ (result.content[0]).text;
  if (env.era === "modern") equal(text, "Ada");
  else match(text, /does not fit: `name` does not fit/);
  equal(result.isError, env.era === "modern" ? undefined : true);
});

rule("elicit: a refusal of an older client is an error that the handler can catch", async (env) => {
  const { client } = await env.tool(
    async (_, ctx) => {
      try {
        await ctx.elicit("Name?");
      } catch (/** @type {any} */ error) {
        return `${error.code} ${error.cause.rpcCode} ${error.message}`;
      }
    },
    {
      elicitationHandler: () => {
        throw new Error("not today");
      },
    },
  );
  equal((await client.callTool("tool")).content, [{ type: "text", text: "INPUT_FAILED -32603 the client did not answer: not today" }]);
}, { eras: ["legacy"] });

rule("elicit: a client that cannot is told which capability is missing, and can() tells before", async (env) => {
  /** @type {any[]} */
  const able = [];
  const { client } = await env.tool(async ({ what }, ctx) => {
    able.push(["elicitation", "sampling", "roots", "sampling.tools"].map((name) => ctx.can(/** @type {any} */ (name))));
    if (what === "form") await ctx.elicit("Name?");
    else await ctx.sample("Hi", { tools: [] });
    able.push("went on");
  }, { roots: [], samplingHandler: () => null });
  const calls = [["form", "elicitation"], ["model", "sampling.tools"]];
  for (const [what, capability] of calls) {
    const call = client.callTool("tool", { what });
    if (env.era === "modern") {
      const { data } = await rejects(call, { rpcCode: -32021, message: new RegExp(`\`${capability}\``) });
      ok(data.requiredCapabilities);
    } else {
      equal((await call).content, [{ type: "text", text: `this needs a client that can do \`${capability}\`` }]);
      equal((await call).isError, true);
    }
  }
  equal(able, [[false, true, true, false], [false, true, true, false]]);
});

rule("elicit by URL names itself to older clients", async (env) => {
  /** @type {any[]} */
  const asked = [];
  const { client } = await env.tool(async (_, ctx) => (await ctx.elicit({ mode: "url", message: "Sign in", url: "https://example.com/" })).action, {
    capabilities: { elicitation: { url: {} } },
    elicitationHandler: (params) => {
      asked.push(params);
      return { action: "accept" };
    },
  });
  equal((await client.callTool("tool")).content, [{ type: "text", text: "accept" }]);
  hasMembers(asked[0], { mode: "url", url: "https://example.com/" });
  if (env.era === "legacy") match(/** @type {any} */ (asked[0]).elicitationId, /^[\w-]{20,}$/);
});

rule("sample and roots reach the client's handlers", async (env) => {
  /** @type {any[]} */
  const asked = [];
  const { client } = await env.tool(
    async (_, ctx) => {
      const answer = await ctx.sample("Say hi", { maxTokens: 7, systemPrompt: "Be brief" });
      const roots = await ctx.roots();
      return { answer: answer.content, model: answer.model, roots };
    },
    {
      samplingHandler: (params) => {
        asked.push(params);
        return { role: "assistant", model: "m", content: { type: "text", text: "hi" } };
      },
      roots: [{ uri: "file:///a" }],
    },
  );
  equal((await client.callTool("tool")).structuredContent, { answer: { type: "text", text: "hi" }, model: "m", roots: [{ uri: "file:///a" }] });
  hasMembers(asked[0], { messages: [{ role: "user", content: { type: "text", text: "Say hi" } }], maxTokens: 7, systemPrompt: "Be brief" });
});

rule("resources and prompts may ask, too", async (env) => {
  const server = env.server();
  server.resource("a://b", async (_, ctx) => (await ctx.elicit("Name?", FORM)).content?.name);
  server.prompt("p", async (_, ctx) => `Hello, ${(await ctx.elicit("Name?", FORM)).content?.name}`);
  const client = await env.connect(server, { elicitationHandler: () => ({ action: "accept", content: { name: "Ada" } }) });
  equal(/** @type {any} */ ((await client.readResource("a://b")).contents[0]).text, "Ada");
  equal(/** @type {any} */ ((await client.getPrompt("p")).messages[0]?.content).text, "Hello, Ada");
});

rule("requestState is good for its own call on its own server, and nothing else", async (env) => {
  const server = env.server({ stateLifetime: 60_000 });
  const other = env.server();
  for (const one of [server, other]) {
    one.tool("tool", async ({ n }, ctx) => {
      const first = await ctx.elicit("First?", undefined, { key: "first" });
      const second = await ctx.elicit("Second?", undefined, { key: "second" });
      return `${n} ${first.action} ${second.action}`;
    });
  }
  const options = /** @type {const} */ ({ inputRequired: "manual", elicitationHandler: () => null });
  const client = await env.connect(server, options);
  const stranger = await env.connect(other, options);
  const accept = { action: "accept", content: {} };
  const one = /** @type {any} */ (await client.callTool("tool", { n: 1 }));
  equal(Object.keys(one.inputRequests), ["first"]);
  const again = (/** @type {any} */ who, /** @type {any} */ params) => who.callTool({ name: "tool", arguments: { n: 1 }, ...params });
  const two = await again(client, { requestState: one.requestState, inputResponses: { first: accept } });
  equal(Object.keys(two.inputRequests), ["second"]);
  const last = { requestState: two.requestState, inputResponses: { second: accept } };
  equal((await again(client, last)).content, [{ type: "text", text: "1 accept accept" }]);
  const wrong = { rpcCode: -32602, message: /requestState/ };
  await rejects(again(client, { ...last, arguments: { n: 2 } }), wrong);
  await rejects(again(client, { ...last, requestState: `${two.requestState}x` }), wrong);
  await rejects(again(stranger, last), wrong);
}, { eras: ["modern"] });

rule("requestState expires", async (env) => {
  const server = env.server({ stateLifetime: 0 });
  server.tool("tool", async (_, ctx) => (await ctx.elicit("Name?")).action);
  const client = await env.connect(server, { elicitationHandler: () => ({ action: "accept", content: {} }) });
  await rejects(client.callTool("tool"), { rpcCode: -32602, message: /requestState/ });
}, { eras: ["modern"] });

rule("a question that the handler gives up is taken back, and the handler goes on", async (env) => {
  /** @type {any} */
  let withdrawn;
  const asked = deferred();
  const { client } = await env.tool(
    async (_, ctx) => {
      const giveUp = new AbortController();
      const question = ctx.elicit("Name?", undefined, { signal: giveUp.signal });
      // Since 2026-07-28 it goes with the end of the turn; before that it is on its way at once.
      if (env.era === "legacy") await asked.promise;
      giveUp.abort(new Error("never mind"));
      const why = await question.catch((error) => error.message);
      // Given up before it was asked.
      const other = await ctx.roots({ signal: AbortSignal.abort(new Error("not at all")) }).catch((error) => error.message);
      return `${why}, ${other}`;
    },
    {
      roots: [],
      elicitationHandler: (_, { signal }) =>
        new Promise((resolve) => {
          asked.resolve();
          signal.addEventListener("abort", () => {
            withdrawn = true;
            resolve(null);
          });
        }),
    },
  );
  equal((await client.callTool("tool")).content, [{ type: "text", text: "never mind, not at all" }]);
  if (env.era === "legacy") await soon("the withdrawal", () => withdrawn);
});

rule("a call that ends while it asks takes its question back", async (env) => {
  /** @type {any} */
  let withdrawn;
  const { client } = await env.tool(async (_, ctx) => (await ctx.elicit("Name?")).action, {
    elicitationHandler: (_, { signal }) =>
      new Promise((resolve) => {
        call.cancel("enough");
        signal.addEventListener("abort", () => {
          withdrawn = signal.reason;
          resolve(null);
        });
      }),
  });
  const call = client.callTool("tool");
  await rejects(call, { code: "ABORTED" });
  equal(client.errors, []);
  // Since 2026-07-28 the client asks its own handlers, and knows.
  if (env.era === "legacy") await soon("the client to be told", () => withdrawn);
});

rule("elicit: what a handler does with its answer does not change what the next round sees", async (env) => {
  /** @type {any[]} */
  const seen = [];
  const { client } = await env.tool(
    async (_, ctx) => {
      const { content } = /** @type {any} */ (await ctx.elicit("How many?"));
      seen.push(content.n);
      content.n *= 2;
      await ctx.elicit("Sure?");
      await ctx.elicit("Really?");
      return content.n;
    },
    { elicitationHandler: ({ message }) => ({ action: "accept", content: message === "How many?" ? { n: 5 } : { n: 0 } }) },
  );
  equal((await client.callTool("tool")).content, [{ type: "text", text: "10" }]);
  ok(seen.every((n) => n === 5), `the handler saw ${seen}`);
});

rule("elicit: a question that cannot be sent fails for its handler, and the call goes on", async (env) => {
  if (env.way !== "transport") return;
  const server = env.server();
  server.tool("tool", async (_, ctx) => ctx.elicit("What is your name?", FORM).then(() => "asked", () => "not asked"));
  const [one, two] = linked();
  const { send } = two;
  two.send = async (/** @type {any} */ message) => {
    if (message.method === "elicitation/create") throw new Error("too large");
    return send.call(two, message);
  };
  void server.connect(two);
  const client = new env.mcp.Client({ name: "app", version: "1" }, { mode: "legacy", elicitationHandler: () => ({ action: "cancel" }) });
  env.later(() => client.close());
  await client.connect(one);
  equal((await client.callTool("tool")).content, [{ type: "text", text: "not asked" }]);
  equal(server.errors.length, 1);
}, { eras: ["legacy"] });

rule("a message nested deeper than any stack disturbs nobody", async (env) => {
  const { server, client } = await env.tool(() => "here");
  const { port1, port2 } = new MessageChannel();
  const connection = await server.connect(port1);
  env.later(() => connection.close());
  const answered = deferred();
  port2.onmessage = ({ data }) => answered.resolve(data);
  const depth = 200_000;
  const meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "deep", version: "1" },
    "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
  };
  const params = `{"name":"tool","_meta":${JSON.stringify(meta)},"arguments":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
  port2.postMessage(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`);
  await answered.promise;
  equal((await client.callTool("tool")).content, [{ type: "text", text: "here" }]);
});
