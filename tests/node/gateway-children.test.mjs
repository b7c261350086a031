// Servers that do not want to end, and clients that go without a word: nothing is left of either, and nobody else notices.
import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, test } from "node:test";
import WebSocket from "ws";
import { lines, linesServer, processes, startGateway, until } from "../support/gateway.mjs";
import { gateway as gatewayProgram, importPkg, root } from "../support/paths.mjs";
import { start } from "../support/process.mjs";

// Node 20 has none of its own.
globalThis.WebSocket ??= /** @type {any} */ (WebSocket);
const { Client } = await importPkg();

/** @typedef {Awaited<ReturnType<typeof startGateway>>} Gateway */

const connect = (/** @type {Gateway} */ gateway) => Client.connect(gateway.ws(), { protocols: gateway.protocols, mode: "legacy", progressHandler: null });

/** The gateways of a test. @type {Gateway[]} */
const begun = [];
afterEach(() => Promise.all(begun.splice(0).map((gateway) => gateway.stop())));

/** @param {string[]} args */
async function begin(args) {
  const gateway = await startGateway(args);
  begun.push(gateway);
  return gateway;
}

const others = async (/** @type {Gateway} */ gateway, /** @type {string} */ mark) => (await processes(mark)).filter((id) => id !== gateway.child.pid);
let marks = 0;
const newMark = () => `mark-${process.pid}-${++marks}`;

describe("of a server that does not want to end nothing is left", { skip: process.platform !== "linux" }, () => {
  test("when its client goes, although it takes neither the end of its input nor SIGTERM for its end", async () => {
    const mark = newMark();
    const gateway = await begin(lines("--stubborn", mark));
    const client = await connect(gateway);
    await client.callTool("burst");
    assert.equal((await others(gateway, mark)).length, 1);
    await client.close();
    await until(async () => (await others(gateway, mark)).length === 0, "it is killed", 20_000);
    const next = await connect(gateway);
    assert.equal((await next.callTool("burst")).content[0].text, "burst", "and the next one is served");
    await next.close();
  });

  test("when the gateway is stopped", async () => {
    const mark = newMark();
    const gateway = await startGateway(lines("--stubborn", mark));
    const client = await connect(gateway);
    await client.callTool("burst");
    const stopped = gateway.stop();
    await client.close();
    await stopped;
    assert.deepEqual(await processes(mark), []);
  });

  test("with the generations that it has bred, none of which ends by itself", async () => {
    const mark = newMark();
    const gateway = await begin(lines());
    const client = await connect(gateway);
    await client.callTool("breed", { mark, generations: 5 });
    await until(async () => (await others(gateway, mark)).length >= 63, "all are born");
    await client.close();
    await until(async () => (await others(gateway, mark)).length === 0, "all are gone", 20_000);
  });

  test("when the gateway is killed, of all that it has bred, and of servers that have just been started", async () => {
    for (const wait of [0, 5, 20, 60]) {
      const mark = newMark();
      const script = `trap "" TERM INT HUP; ${process.execPath} ${linesServer} --stubborn ${mark}; :`;
      const gateway = await startGateway(["--", "sh", "-c", script]);
      const client = await connect(gateway);
      await client.callTool("breed", { mark, generations: 3 });
      await until(async () => (await others(gateway, mark)).length >= 17, "all are born");
      // And another one, which is in whatever state.
      const other = await startGateway(["--", "sh", "-c", script]);
      const call = connect(other).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, wait));
      for (const one of [gateway, other]) one.child.kill("SIGKILL");
      await Promise.all([gateway.exited, other.exited]);
      await until(async () => (await processes(mark)).length === 0, "none is left", 2_000);
      await call;
      await client.close();
    }
  });

  test("nor of what one has bred that dies by itself", async () => {
    const mark = newMark();
    const gateway = await begin(lines());
    const client = await connect(gateway);
    await client.callTool("breed", { mark, generations: 3 });
    await until(async () => (await others(gateway, mark)).length >= 15, "all are born");
    await assert.rejects(client.callTool("die"), /exit status: 3/);
    await until(async () => (await others(gateway, mark)).length === 0, "all are gone", 20_000);
    assert.equal((await client.callTool("burst")).content[0].text, "burst", "the next call finds another");
    await client.close();
  });
});

describe("the command that npm installs", { skip: process.platform !== "linux" }, () => {
  for (const signal of /** @type {const} */ (["SIGKILL", "SIGTERM"])) {
    test(`takes the gateway and its servers along when it gets ${signal}`, async () => {
      const mark = newMark();
      const command = await installed();
      const { child, match } = await start(process.execPath, [command, "--port", "0", "--token", "t", ...lines(mark)], { ready: /try them at http:\/\/\S+:(\d+)\// });
      const client = await Client.connect(`ws://127.0.0.1:${match[1]}/mcp`, { protocols: ["mcp", "mcp.ticket.t"], mode: "legacy", progressHandler: null });
      await client.callTool("burst");
      assert.equal((await processes(mark)).length, 3, "the command, the gateway and a server");
      child.kill(signal);
      try {
        await until(async () => (await processes(mark)).length === 0, "none is left");
      } finally {
        for (const id of await processes(mark)) process.kill(id, "SIGKILL");
        await client.close();
        await rm(path.dirname(command), { recursive: true });
      }
    });
  }

  /** As npm lays it out, with the program that is tested. */
  async function installed() {
    const app = await mkdtemp(path.join(tmpdir(), "gateway-run-"));
    const platform = path.join(app, "node_modules", `mcp-wasm-gateway-${process.platform}-${process.arch}`);
    await mkdir(platform, { recursive: true });
    await symlink(gatewayProgram, path.join(platform, "mcp-wasm-gateway"));
    await copyFile(path.join(root, "crates/gateway/npm/run.js"), path.join(app, "run.js"));
    return path.join(app, "run.js");
  }
});

describe("clients that go without a word", { skip: process.platform !== "linux" }, () => {
  const about = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "gone", version: "1" } };
  const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientInfo": { name: "gone", version: "1" }, "io.modelcontextprotocol/clientCapabilities": {} };
  const count = { name: "count", arguments: { count: 10_000, pause: 1 } };

  /** A WebSocket in the middle of a call. @param {Gateway} gateway */
  async function socket(gateway) {
    const opened = new WebSocket(gateway.ws(), gateway.protocols);
    await new Promise((resolve) => opened.once("open", resolve));
    const say = (/** @type {object} */ message) => opened.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
    let heard = 0;
    opened.on("message", () => heard++);
    say({ id: 1, method: "initialize", params: about });
    await until(() => heard > 0, "it is greeted");
    say({ method: "notifications/initialized" });
    say({ id: 2, method: "tools/call", params: { ...count, _meta: { progressToken: 1 } } });
    await until(() => heard > 20, "it reports");
    return opened;
  }

  test("in the middle of a stream have their calls cancelled, whichever way they came, and others do not notice", async () => {
    const mark = newMark();
    const gateway = await begin(["--child", "shared", ...lines(mark)]);
    const other = await connect(gateway);
    /** @type {number[]} */
    const got = [];
    const call = other.callTool("count", { count: 300, pause: 5 }, { onprogress: (/** @type {any} */ report) => got.push(report.progress) });
    for (const socketed of await Promise.all([socket(gateway), socket(gateway), socket(gateway)])) socketed.terminate();
    // The stream of one request, of the revision that has no sessions.
    const given_up = new AbortController();
    const response = await fetch(gateway.http(), {
      method: "POST",
      signal: given_up.signal,
      headers: { ...gateway.headers, "content-type": "application/json", accept: "application/json, text/event-stream", "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "count" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { ...count, _meta: { ..._meta, progressToken: 1 } } }),
    });
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
    assert.match(new TextDecoder().decode((await reader.read()).value), /progress/);
    given_up.abort();
    await until(() => (gateway.output().match(/cancelled \d+/g) ?? []).length >= 4, "the server hears of all four");
    await call;
    assert.deepEqual(got, Array.from({ length: 300 }, (_, n) => n + 1));
    await until(async () => (await gateway.servers())[0].clients === 1, "they are forgotten");
    await other.close();
  });

  test("and come back by the id of the last event have what they have missed, in order, and the result", async () => {
    const gateway = await begin(lines());
    const headers = { ...gateway.headers, "content-type": "application/json", accept: "application/json, text/event-stream" };
    const post = (/** @type {object} */ message, /** @type {RequestInit & { headers?: object }} */ more = {}) => fetch(gateway.http(), { method: "POST", ...more, headers: { ...headers, ...more.headers }, body: JSON.stringify({ jsonrpc: "2.0", ...message }) });
    const begun = await post({ id: 1, method: "initialize", params: about });
    const session = { "mcp-session-id": String(begun.headers.get("mcp-session-id")), "mcp-protocol-version": "2025-11-25" };
    await post({ method: "notifications/initialized" }, { headers: session });
    /** Reads events until so many messages have come, or the end. @param {Response} response @param {number} most */
    const read = async (response, most) => {
      /** @type {{ id: string, message: any }[]} */
      const events = [];
      let text = "";
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return events;
        text += new TextDecoder().decode(value);
        const parts = text.split("\n\n");
        text = parts.pop() ?? "";
        for (const part of parts) {
          const id = part.match(/^id: (.*)$/m)?.[1];
          const data = part.match(/^data: (.+)$/m)?.[1];
          if (id && data) events.push({ id, message: JSON.parse(data) });
        }
        if (events.length >= most) return events;
      }
    };
    const given_up = new AbortController();
    const call = { name: "count", arguments: { count: 100, pause: 5 }, _meta: { progressToken: "mine" } };
    const first = await read(await post({ id: 2, method: "tools/call", params: call }, { headers: session, signal: given_up.signal }), 20);
    given_up.abort();
    const last = first.at(-1);
    const resume = await fetch(gateway.http(), { headers: { ...headers, ...session, "last-event-id": String(last?.id) } });
    assert.equal(resume.status, 200);
    const rest = await read(resume, Number.POSITIVE_INFINITY);
    const all = [...first, ...rest].map(({ message }) => message);
    assert.deepEqual(all.slice(0, -1).map((message) => [message.params.progressToken, message.params.progress]), Array.from({ length: 100 }, (_, n) => ["mine", n + 1]));
    assert.deepEqual([all.at(-1).id, all.at(-1).result.content[0].text], [2, "counted"]);
    await fetch(gateway.http(), { method: "DELETE", headers: { ...headers, ...session } });
  });

  test("take their servers along, if those are theirs alone", async () => {
    const mark = newMark();
    const gateway = await begin(lines(mark));
    const sockets = await Promise.all(Array.from({ length: 8 }, () => socket(gateway)));
    assert.equal((await others(gateway, mark)).length, 8);
    for (const one of sockets) one.terminate();
    await until(async () => (await others(gateway, mark)).length === 0, "none is left", 20_000);
    const [server] = await gateway.servers();
    assert.deepEqual([server.clients, server.running, server.starting], [0, 0, 0]);
  });
});

test("clients with the same ids and tokens get their own reports and results, in whatever order", { timeout: 60_000 }, async () => {
  const gateway = await begin(["--child", "shared", ...lines()]);
  const clients = await Promise.all(
    Array.from({ length: 12 }, async (_, n) => {
      const socket = new WebSocket(gateway.ws(), gateway.protocols);
      /** @type {any[]} */
      const heard = [];
      socket.on("message", (data) => heard.push(JSON.parse(String(data))));
      await new Promise((resolve) => socket.once("open", resolve));
      const say = (/** @type {object} */ message) => socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
      say({ id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: `c${n}`, version: "1" } } });
      await until(() => heard.length > 0, "it is greeted");
      say({ method: "notifications/initialized" });
      return { n, socket, heard, say };
    }),
  );
  // A number and a text that look alike are two ids, and two tokens.
  const ids = [2, "2", 3];
  for (const { n, say } of clients) for (const [at, id] of ids.entries()) say({ id, method: "tools/call", params: { name: at % 2 ? "burst" : "count", arguments: { count: 10 + n * 3 + at, pause: 1, tag: `${n} ${typeof id} ${id}` }, _meta: { progressToken: id } } });
  for (const { n, socket, heard } of clients) {
    await until(() => heard.filter((message) => message.result?.content).length === ids.length, `client ${n} has its results`);
    for (const [at, id] of ids.entries()) {
      const total = 10 + n * 3 + at;
      const reports = heard.filter((message) => message.params?.progressToken === id).map((message) => [message.params.progress, message.params.total]);
      assert.deepEqual(reports, Array.from({ length: total }, (_, n) => [n + 1, total]));
      const answers = heard.filter((message) => message.id === id && message.result);
      assert.deepEqual(answers.map((message) => message.result.content[0].text), [`${n} ${typeof id} ${id}`]);
    }
    socket.terminate();
  }
});

test("behind a proxy that says who asks, one of them cannot take all sessions from the others", { timeout: 60_000 }, async () => {
  const gateway = await begin(["--max-sessions", "4", "--child", "shared", "--forwarded-header", "X-Forwarded-For", ...lines()]);
  const begin_session = async (/** @type {string} */ from) => {
    const headers = { ...gateway.headers, "content-type": "application/json", accept: "application/json, text/event-stream", "x-forwarded-for": from };
    const post = (/** @type {object} */ message, /** @type {Record<string, string>} */ more = {}) => fetch(gateway.http(), { method: "POST", headers: { ...headers, ...more }, body: JSON.stringify({ jsonrpc: "2.0", ...message }) });
    const response = await post({ id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "a", version: "1" } } });
    const session = response.headers.get("mcp-session-id");
    // One that nothing was asked of gives way to the next.
    if (session) await (await post({ id: 2, method: "tools/list" }, { "mcp-session-id": session, "mcp-protocol-version": "2025-11-25" })).text();
    return response.status;
  };
  // What a client writes itself stands before what the proxy has seen.
  assert.deepEqual([await begin_session("198.51.100.7"), await begin_session("192.0.2.9, 198.51.100.7"), await begin_session("198.51.100.7")], [200, 200, 429]);
  assert.deepEqual([await begin_session("203.0.113.5"), await begin_session("203.0.113.5")], [200, 200]);
  assert.equal(await begin_session("203.0.113.9"), 503, "as many as there may be at all");
});
