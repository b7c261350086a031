// The APIs of three model providers on this machine, with one scripted model behind all of them: it
// calls two tools at once, then says what their results were. What real providers refuse is refused.
import { createServer } from "node:http";

const CALLS = [
  { id: "call-1", name: "backup_database", arguments: {} },
  { id: "call-2", name: "scan_directory", arguments: { directory: "/var/data" } },
];

/** @param {string[]} results */
const summary = (results) => `I was told: ${results.join(" | ")}`;

/**
 * How each API is spoken: what a request offers and answers, and how a response is written.
 * @type {Record<string, { offered: (body: any) => string[], results: (body: any) => string[], call: (body: any) => any, say: (text: string) => any }>}
 */
const APIS = {
  "/v1/chat/completions": {
    offered: ({ tools }) => tools.map((/** @type {any} */ tool) => tool.function.name),
    results: ({ messages }) => {
      const [, asked, ...answers] = messages;
      if (asked && answers.some((/** @type {any} */ { tool_call_id }, /** @type {number} */ i) => tool_call_id !== asked.tool_calls[i].id)) throw new Error("a call has no answer");
      return answers.map((/** @type {any} */ { content }) => content);
    },
    call: () => ({
      choices: [{ index: 0, finish_reason: "tool_calls", message: { role: "assistant", content: null, tool_calls: CALLS.map(({ id, name, arguments: args }) => ({ id, type: "function", function: { name, arguments: JSON.stringify(args) } })) } }],
    }),
    say: (content) => ({ choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content } }] }),
  },
  "/v1/messages": {
    offered: ({ tools }) => tools.map((/** @type {any} */ { name, input_schema }) => (input_schema.type === "object" ? name : "")),
    results: ({ messages }) => {
      const [, , answers] = messages;
      return answers?.content.map((/** @type {any} */ { tool_use_id, content, is_error }, /** @type {number} */ i) => {
        if (tool_use_id !== CALLS[i]?.id) throw new Error("a call has no answer");
        return `${is_error ? "error " : ""}${content[0].text}`;
      });
    },
    call: () => ({ type: "message", role: "assistant", stop_reason: "tool_use", content: CALLS.map(({ id, name, arguments: input }) => ({ type: "tool_use", id, name, input })) }),
    say: (text) => ({ type: "message", role: "assistant", stop_reason: "end_turn", content: [{ type: "text", text }] }),
  },
  "/v1/models/any:generateContent": {
    offered: ({ tools: [{ functionDeclarations }] }) =>
      functionDeclarations.map((/** @type {any} */ { name, parameters }) => (parameters === undefined || parameters.type === "OBJECT" ? name : "")),
    results: ({ contents }) => contents[2]?.parts.map((/** @type {any} */ { functionResponse: { response } }) => response.output ?? `error ${response.error}`),
    call: () => ({ candidates: [{ content: { role: "model", parts: CALLS.map(({ id, name, arguments: args }) => ({ functionCall: { id, name, args } })) } }] }),
    say: (text) => ({ candidates: [{ content: { role: "model", parts: [{ text }] } }] }),
  },
};

export async function startScriptedProviders() {
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    /** @param {number} status @param {any} body */
    const answer = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const api = APIS[String(request.url?.split("?")[0])];
    if (!api) return answer(404, { error: { message: `there is no ${request.url}` } });
    try {
      const body = JSON.parse(text);
      const offered = api.offered(body);
      if (CALLS.some(({ name }) => !offered.includes(name))) throw new Error(`only ${offered} are offered`);
      const results = api.results(body) ?? [];
      answer(200, results.length ? api.say(summary(results)) : api.call(body));
    } catch (error) {
      answer(400, { error: { message: String(error) } });
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(() => resolve(undefined)))),
  };
}
