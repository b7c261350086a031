// One turn: the model speaks and calls tools, the tools run side by side, the model is told, until it
// calls none. The messages have the shape of OpenAI's Chat Completions, so `model` may be anything
// that speaks it.

import { openaiChatTools } from "./mcp.js";

/**
 * @typedef {import("/pkg/tools.js").OpenaiChatTool} Tool
 * @typedef {import("/pkg/tools.js").ModelCall} ModelCall
 * @typedef {import("/pkg/index.js").ToolCall} ToolCall
 *
 * @typedef {object} Message
 * @property {"user" | "assistant" | "tool"} role
 * @property {string} content
 * @property {{ id: string, type: "function", function: { name: string, arguments: string } }[]} [tool_calls]
 * @property {string} [tool_call_id]
 *
 * @typedef {object} Model
 * @property {(request: { messages: Message[], tools: Tool[], signal: AbortSignal, onText: (text: string) => void }) => Promise<Message>} complete
 *
 * @typedef {object} TurnView what shows the turn
 * @property {(text: string) => void} write
 * @property {(call: ToolCall, request: ModelCall) => void} addCall
 */

/**
 * Ends when the model has nothing more to do, or when the signal says so; the messages are a
 * conversation that can go on either way.
 *
 * @param {object} turn
 * @param {Pick<import("/pkg/index.js").Client, "callTool" | "listTools">} turn.client
 * @param {Model} turn.model
 * @param {Message[]} turn.messages is added to
 * @param {AbortSignal} turn.signal
 * @param {TurnView} turn.view
 */
export async function takeTurn({ client, model, messages, signal, view }) {
  const { tools } = await client.listTools({}, { signal });
  const kit = openaiChatTools({ client, tools });
  while (!signal.aborted) {
    const message = await model.complete({ messages, tools: kit.tools, signal, onText: (text) => view.write(text) });
    messages.push(message);
    const answers = await kit.run(message, { signal, onCall: (call, request) => view.addCall(call, request) });
    if (answers.length === 0) return;
    messages.push(...answers);
  }
}
