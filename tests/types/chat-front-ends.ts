// Compiled, never run: what the entries for chat front-ends give fits the providers' own libraries.
import type Anthropic from "@anthropic-ai/sdk";
import type { Content, ContentListUnion, GenerateContentResponse, ToolListUnion } from "@google/genai";
import { jsonSchema, streamText, tool, type LanguageModel, type UIMessage } from "ai";
import type OpenAI from "openai";
import type { Client, Tool } from "mcp-wasm";
import { aiTools, isToolProgress, markStopped } from "mcp-wasm/ai-sdk";
import { useAiTools } from "mcp-wasm/ai-sdk/react";
import { useMcpClient, useTool } from "mcp-wasm/react";
import { anthropicTools, geminiTools, openaiChatTools, openaiResponsesTools } from "mcp-wasm/tools";

declare const client: Client;
declare const tools: Tool[];

export async function chat(openai: OpenAI, messages: OpenAI.ChatCompletionMessageParam[]) {
  const kit = openaiChatTools({ client, tools });
  const completion = await openai.chat.completions.create({ model: "m", messages, tools: kit.tools });
  messages.push(...(await kit.run(completion)));
  messages.push(...(await kit.run(completion.choices[0]!.message)));
}

export async function responses(openai: OpenAI, input: OpenAI.Responses.ResponseInputItem[]) {
  const kit = openaiResponsesTools({ client, tools });
  const response = await openai.responses.create({ model: "m", input, tools: kit.tools });
  input.push(...(await kit.run(response)));
  input.push(...(await kit.run(response.output)));
}

export async function anthropic(sdk: Anthropic, messages: Anthropic.MessageParam[]) {
  const kit = anthropicTools({ client, tools }, { filter: ({ annotations }) => annotations?.readOnlyHint === true });
  const message = await sdk.messages.create({ model: "m", max_tokens: 1, messages, tools: kit.tools });
  messages.push({ role: "assistant", content: message.content }, ...(await kit.run(message)));
}

export async function gemini(response: GenerateContentResponse, contents: Content[]) {
  const kit = geminiTools([{ client, tools, prefix: "a" }]);
  const declared: ToolListUnion = kit.tools;
  contents.push(...(await kit.run(response, { approve: ({ tool }) => tool !== undefined })));
  const given: ContentListUnion = contents;
  return { declared, given };
}

// @ts-expect-error a source needs a client
anthropicTools({ tools });
// @ts-expect-error the shape of another provider
await openaiChatTools({ client, tools }).run({ content: [{ type: "tool_use" }] });

export async function aiSdk(model: LanguageModel) {
  const tools = { ...(await aiTools(client, { filter: ["a"], throttle: "frame" })), own: tool({ inputSchema: jsonSchema<{ a: number }>({}), execute: async ({ a }) => a }) };
  const result = streamText({ model, prompt: "", tools });
  for await (const part of result.stream) {
    if (part.type !== "tool-result") continue;
    if (isToolProgress(part.output)) part.output.fraction satisfies number | undefined;
    if (!part.dynamic && part.toolName === "own") part.output satisfies number;
  }
}
// @ts-expect-error failures are thrown in any case
await aiTools(client, { throwOnToolError: true });

export function useChat(model: LanguageModel, messages: UIMessage[]) {
  const { client } = useMcpClient("wss://example.com/mcp");
  const { tools, status, error } = useAiTools(client, { filter: ({ name }) => name !== "a", prefix: "p", timeout: 5_000 });
  status satisfies "idle" | "loading" | "ready" | "error";
  const stopped: UIMessage[] = markStopped(messages, "stopped");
  return { ask: () => streamText({ model, prompt: "", tools }), error, stopped };
}
// @ts-expect-error the hook lists them by itself
useAiTools(client, { tools: [] });

export function useCount(client: Client | undefined) {
  const count = useTool<{ n: number }>(client, "count");
  count.result?.structuredContent?.n satisfies number | undefined;
  count.call({ n: 3 }) satisfies PromiseLike<{ structuredContent?: { n: number } }>;
  // @ts-expect-error it may be missing
  count.result?.structuredContent.n;
  // @ts-expect-error without a type it is unknown
  useTool(client, "count").result?.structuredContent?.n;
}
