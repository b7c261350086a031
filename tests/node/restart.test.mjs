// The client and our own server, which is killed and started again: what a page has to live with.
import { test } from "node:test";
import { equal, rejects, within } from "../rules/check.mjs";
import { startDemoServer } from "../support/demo-server.mjs";
import { importPkg } from "../support/paths.mjs";

const { Client } = await importPkg();

test("a legacy session goes on after the server was killed and started again", async (context) => {
  let server = await startDemoServer();
  context.after(() => server.stop());
  const { port, url } = server;
  const client = new Client({ name: "restart", version: "1" }, { mode: "legacy", progressHandler: null });
  context.after(() => client.close());
  await client.connect(`${url}mcp`);
  await client.setLoggingLevel("info");
  for (let round = 0; round < 2; round++) {
    await server.stop("SIGKILL");
    server = await startDemoServer({ port });
    /** @type {number[]} */
    const heard = [];
    const calls = [1, 2, 3].map(() =>
      client.callTool("scan_directory", { directory: "/" }, { progressHandler: (/** @type {number} */ progress) => void heard.push(progress) }),
    );
    for (const call of calls) equal((await within(call, "the call")).structuredContent, { files_found: 10, directory: "/" });
    equal(heard.length, 30);
  }
});

test("a call fails within two seconds of the end of its server", async (context) => {
  const server = await startDemoServer();
  context.after(() => server.stop());
  const client = new Client({ name: "restart", version: "1" }, { mode: "legacy", progressHandler: null });
  context.after(() => client.close());
  await client.connect(`${server.url}mcp`);
  const call = client.callTool("slow", { seconds: 60 });
  let ended = 0;
  setTimeout(() => {
    ended = performance.now();
    void server.stop("SIGKILL");
  }, 300);
  await rejects(call, { name: "ClosedError", code: "CLOSED", mayHaveRun: true });
  // It is given up when two seconds are over, which a busy machine may see later; nothing else ends before the call itself, in a minute.
  if (performance.now() - ended > 4_000) throw new Error(`too late: ${performance.now() - ended} ms`);
});
