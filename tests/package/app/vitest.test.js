import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { run } from "./app.js";

test("a call with progress", async () => {
  // Node 20 has none of its own, and that of jsdom knows no events of Vitest's.
  globalThis.WebSocket = WebSocket;
  expect(await run(process.env.SERVER)).toEqual(JSON.parse(process.env.EXPECTED));
});
