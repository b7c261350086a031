// Compiled, not run: what only a page has, and what the client is disposed of by.
import type { Client, Server } from "mcp-wasm";
import type { McpProgressElement } from "mcp-wasm/element";

export type Entries = typeof import("./entries.js");
export const dispose = (it: Client | Server): (() => PromiseLike<void>) => it[Symbol.asyncDispose].bind(it);
export const bar = (element: McpProgressElement): HTMLElement => element;
