// The gateway against those who mean it harm, and servers that have gone mad: what is tried leads nowhere, and whoever else is there
// does not notice.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect as connectRaw } from "node:net";
import path from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import WebSocket from "ws";
import { temporaryFolder } from "../support/folder.mjs";
import { lines, processes, linesServer, startGateway, until } from "../support/gateway.mjs";
import { gateway as program, importPkg } from "../support/paths.mjs";

// Node 20 has none of its own.
globalThis.WebSocket ??= /** @type {any} */ (WebSocket);
const { Client } = await importPkg();

/** @typedef {Awaited<ReturnType<typeof startGateway>>} Gateway */

const connect = (/** @type {Gateway} */ gateway, /** @type {object} */ options = {}) =>
  Client.connect(gateway.ws(), { protocols: gateway.protocols, progressHandler: null, ...options });

/** The gateways of a test. @type {Gateway[]} */
const begun = [];
afterEach(() => Promise.all(begun.splice(0).map((gateway) => gateway.stop())));

/** @param {string[]} args */
async function begin(args) {
  const gateway = await startGateway(args);
  begun.push(gateway);
  return gateway;
}

/** Kilobytes of the gateway's memory, the most that it ever was. @param {Gateway} gateway */
async function peak(gateway) {
  const status = await readFile(`/proc/${gateway.child.pid}/status`, "utf8");
  return Number(status.match(/VmHWM:\s+(\d+)/)?.[1]);
}

/** The status of a request, with headers that `fetch` does not let one set. @param {Gateway} gateway @param {string} at @param {import("node:http").OutgoingHttpHeaders} headers */
const status = (gateway, at, headers, method = "GET") =>
  new Promise((resolve, reject) => {
    const sent = request({ port: gateway.port, path: at, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject);
    sent.end();
  });

/** How a WebSocket is refused, or which subprotocol is selected. @param {Gateway} gateway @param {string[]} protocols @param {Record<string, string>} [headers] */
const socket = (gateway, protocols, headers = {}, url = gateway.ws()) =>
  new Promise((resolve) => {
    const opened = new WebSocket(url, protocols, { headers });
    opened.on("unexpected-response", (_, response) => {
      response.resume();
      resolve(response.statusCode);
    });
    opened.on("error", (error) => resolve(error.message));
    opened.on("open", () => {
      resolve(opened.protocol);
      opened.close();
    });
  });

/** How the answer to a request begins that is written as it stands. @param {Gateway} gateway @param {string} text @returns {Promise<string>} */
const raw = (gateway, text) =>
  new Promise((resolve, reject) => {
    const socket = connectRaw(gateway.port, "127.0.0.1");
    socket.on("error", reject);
    socket.on("close", () => resolve(""));
    socket.once("data", (data) => {
      resolve(String(data));
      socket.destroy();
    });
    socket.write(text);
  });

describe("from outside", () => {
  const mark = `mark-attack-${Date.now()}`;
  /** @type {Gateway} */
  let gateway;
  before(async () => {
    gateway = await startGateway(["--origin", "https://app.example", "--log", "trace", ...lines(mark)]);
  });
  after(() => gateway.stop());

  test("no name but its own leads to any of its addresses (DNS rebinding)", async () => {
    for (const host of ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", `evil.example:${gateway.port}`, "localhost@evil.example", "0.0.0.0"]) {
      for (const at of ["/", "/servers", "/mcp", "/login", "/oauth/callback?state=x&code=y", "/pkg/index.js"]) {
        const answer = await status(gateway, at, { ...gateway.headers, host });
        assert.ok(answer === 403 || answer === 400, `${host} ${at}: ${answer}`);
      }
    }
    const answer = await raw(gateway, `GET http://evil.example/servers HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${gateway.token}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1.1 403/, "nor as the target of the request");
  });

  test("a page without an origin, or of another one, is let in neither by HTTP nor by WebSocket, with the token or without", async () => {
    for (const origin of ["null", "https://evil.example", "https://app.example.evil.example", "https://app.example:444", "http://app.example", "file://", "chrome-extension://x", "http://127.0.0.1:1"]) {
      for (const headers of [{ origin }, { origin, ...gateway.headers }]) {
        assert.equal(await status(gateway, "/mcp", headers, "POST"), 403, origin);
        assert.equal(await socket(gateway, gateway.protocols, { origin }), 403, origin);
      }
    }
    assert.equal(await status(gateway, "/mcp", { origin: "https://app.example", ...gateway.headers, "content-type": "application/json" }, "POST"), 400, "that of the list is");
    assert.equal(await socket(gateway, gateway.protocols, { origin: `http://127.0.0.1:${gateway.port}` }), "mcp", "and the gateway's own page");
  });

  test("a token in the address is none, and no log has it", async () => {
    for (const query of [`?token=${gateway.token}`, `?access_token=${gateway.token}`, `?ticket=${gateway.token}`]) {
      assert.equal(await status(gateway, `/mcp${query}`, {}, "POST"), 401);
      assert.equal(await status(gateway, `/servers${query}`, {}), 401);
      assert.equal(await socket(gateway, ["mcp"], {}, gateway.ws() + query), 401);
    }
    const page = await fetch(gateway.url);
    assert.equal(page.headers.get("referrer-policy"), "no-referrer");
    assert.match(String(page.headers.get("content-security-policy")), /frame-ancestors 'none'/);
    const log = gateway.output().split("try them at")[1]?.split("\n").slice(1).join("\n");
    assert.ok(log && !log.includes(gateway.token), log);
  });

  test("a subprotocol is never answered with the token, and nothing can be slipped into one", async () => {
    assert.equal(await socket(gateway, gateway.protocols), "mcp");
    assert.equal(await socket(gateway, [...gateway.protocols].reverse()), "mcp");
    for (const offered of [["mcp.ticket."], ["mcp", "mcp.ticket.x"], ["mcp.ticket.x", "mcp.ticket.y", "mcp"]]) assert.equal(await socket(gateway, offered), 401, String(offered));
    for (const line of [`mcp, mcp.ticket.${gateway.token}\r\n X: y`, `mcp,,mcp.ticket.wrong`, `mcp;ticket=${gateway.token}`, ","]) {
      const answer = await raw(
        gateway,
        `GET /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${line}\r\n\r\n`,
      );
      assert.match(answer, /^HTTP\/1.1 40[01]/, line);
      assert.ok(!answer.includes(gateway.token) && !/^x:/im.test(answer), answer);
    }
  });

  test("no file is served but those of the page", async () => {
    for (const at of ["/../Cargo.toml", "/pkg/../../Cargo.toml", "/pkg/%2e%2e/%2e%2e/Cargo.toml", "/..%5c..%5cCargo.toml", "//etc/passwd", "/pkg/index.js%00", "/%"]) {
      const answer = await status(gateway, at, {});
      assert.ok(answer === 404 || answer === 400, `${at}: ${answer}`);
    }
  });

  test("nothing of this has started a server", async () => {
    assert.deepEqual((await processes(`${linesServer} ${mark}`)).filter((id) => id !== gateway.child.pid), []);
  });
});

test("what a file says cannot slip a header in, nor lead out of its place", async () => {
  const file = path.join(temporaryFolder("gateway-"), "mcp.json");
  const run = async (/** @type {object} */ mcpServers, /** @type {string[]} */ args = ["--config", file]) => {
    await writeFile(file, JSON.stringify({ mcpServers }));
    const child = spawn(program, ["--port", "0", ...args], { env: { ...process.env, INJECTED: "a\r\nX-Evil: 1" } });
    let text = "";
    child.stderr.on("data", (chunk) => (text += chunk));
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.notEqual(code, 0);
    return text;
  };
  assert.match(await run({ a: { url: "http://127.0.0.1:1/mcp", headers: { "X-Own": "${INJECTED}" } } }), /server `a`: the value of the header `X-Own` has characters/);
  assert.match(await run({ a: { url: "http://127.0.0.1:1/mcp", headers: { "X: y\r\nZ": "1" } } }), /cannot be the name of a header/);
  assert.match(await run({}, ["--url", "http://127.0.0.1:1/mcp", "--header", "X: a\nY: b"]), /the value of the header `X`/);
  assert.match(await run({ "..": { command: "x" } }), /cannot be a part of an address/);
  assert.match(await run({ "a b": { command: "x" }, "a/b": { command: "x" } }), /would both be at \/a-b\/mcp/);
});

test("a file may be huge, and what is wrong with it is told in a few words all the same", async () => {
  const file = path.join(temporaryFolder("gateway-"), "mcp.json");
  const many = (/** @type {number} */ count, /** @type {object} */ entry) => JSON.stringify({ mcpServers: Object.fromEntries(Array.from({ length: count }, (_, n) => [`s${n}`, entry])) });
  await writeFile(file, `${"/* x */ ".repeat(200_000)}${many(2_000, { command: process.execPath, args: [linesServer] })}`);
  const gateway = await begin(["--config", file]);
  const client = await Client.connect(gateway.ws("s1999"), { protocols: gateway.protocols, progressHandler: null });
  assert.equal((await client.callTool("burst")).content[0].text, "burst");
  await client.close();
  for (const text of ["[".repeat(1e6), `{"mcpServers":{"a":{"command":"${"/*".repeat(1e6)}`, many(1, { command: "x", env: { A: "${".repeat(1e5) } }), many(1, { command: "x", args: [`\${${"x".repeat(1e6)}}`] }), many(20_000, { command: "x", disabled: true })]) {
    await writeFile(file, text);
    const child = spawn(program, ["--port", "0", "--config", file]);
    let said = "";
    child.stderr.on("data", (chunk) => (said += chunk));
    assert.equal(await new Promise((resolve) => child.on("close", resolve)), 1, said.slice(0, 500));
    assert.ok(said.length > 0 && said.length < 2_000, `${said.length} characters: ${said.slice(0, 200)}`);
  }
});

test("a client that does not read holds nobody up, and costs a bounded amount of memory", { skip: process.platform !== "linux" }, async () => {
  const gateway = await begin(["--child", "shared", ...lines()]);
  const other = await connect(gateway);
  await other.callTool("burst");
  const before = await peak(gateway);
  const slow = new WebSocket(gateway.ws(), gateway.protocols);
  await new Promise((resolve) => slow.once("open", resolve));
  const about = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "slow", version: "1" } };
  const say = (/** @type {object} */ message) => slow.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  say({ id: 1, method: "initialize", params: about });
  await new Promise((resolve) => slow.once("message", resolve));
  slow.pause();
  say({ method: "notifications/initialized" });
  for (let id = 2; id < 6; id++) say({ id, method: "tools/call", params: { name: "burst", arguments: { count: 5_000 }, _meta: { progressToken: id } } });
  for (let n = 0; n < 5; n++) {
    /** @type {number[]} */
    const got = [];
    const { content } = await other.callTool("count", { tag: `call ${n}` }, { onprogress: (/** @type {any} */ report) => got.push(report.progress) });
    assert.deepEqual([content[0].text, got], [`call ${n}`, [1, 2, 3, 4, 5]]);
  }
  const grown = (await peak(gateway)) - before;
  assert.ok(grown < 64 * 1024, `${grown} KB for one who does not read`);
  slow.terminate();
  await other.close();
});

test("of 10,000 requests to a server that does not answer, those that are too many are refused, and all end with it", { skip: process.platform !== "linux" }, async () => {
  const gateway = await begin(["--child", "shared", "--", process.execPath, "-e", "setInterval(() => {}, 1e6)"]);
  const before = await peak(gateway);
  const flood = new WebSocket(gateway.ws(), gateway.protocols);
  await new Promise((resolve) => flood.once("open", resolve));
  /** @type {Map<number, any>} */
  const answers = new Map();
  flood.on("message", (data) => {
    const { id, error } = JSON.parse(String(data));
    assert.ok(!answers.has(id), "each is answered once");
    answers.set(id, error);
  });
  const _meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientInfo": { name: "flood", version: "1" }, "io.modelcontextprotocol/clientCapabilities": {} };
  for (let id = 1; id <= 10_000; id++) flood.send(JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "slow", arguments: {}, _meta } }));
  await until(() => answers.size >= 8_900, "those that are too many are answered");
  for (const error of answers.values()) assert.match(error.message, /too many|at once|busy/i);
  const grown = (await peak(gateway)) - before;
  assert.ok(grown < 64 * 1024, `${grown} KB for those that wait`);
  const told = async () => {
    const all = await processes("setInterval(() => {}, 1e6)");
    // Those that were on their way when it ended wait for the next one.
    for (const id of all.filter((id) => id !== gateway.child.pid)) {
      try {
        process.kill(id, "SIGKILL");
      } catch {
        // It has ended meanwhile.
      }
    }
    return answers.size === 10_000;
  };
  await until(told, "the rest is told of its end", 30_000);
  assert.ok([...answers.values()].some((error) => /signal: 9/.test(error.message)));
  flood.terminate();
});

describe("servers that have gone mad", { skip: process.platform !== "linux" }, () => {
  for (const [what, line] of [["lines", `${"x".repeat(99)}\n`], ["one endless line", "x"]]) {
    test(`one that floods its standard error with ${what} is served on, and costs neither memory nor disk`, async () => {
      const gateway = await begin(lines());
      const client = await connect(gateway);
      await client.callTool("burst");
      const before = await peak(gateway);
      const { content } = await client.callTool("shout", { megabytes: 64, line });
      assert.equal(content[0].text, "hoarse");
      assert.ok((await peak(gateway)) - before < 16 * 1024, `${before} KB, then ${await peak(gateway)}`);
      assert.ok(gateway.output().length < 1 << 20, `${gateway.output().length} bytes of log`);
      await client.close();
        });
  }

  test("one that sends a message without an end has that refused, and is served on", async () => {
    const gateway = await begin(["--max-message", "65536", ...lines()]);
    const client = await connect(gateway);
    await client.callTool("burst");
    const before = await peak(gateway);
    const { content } = await client.callTool("endless", { megabytes: 1024 });
    assert.equal(content[0].text, "ended");
    // Its beginning is read, to find out what it answers.
    assert.ok((await peak(gateway)) - before < 160 * 1024, `${before} KB, then ${await peak(gateway)}`);
    await client.close();
    });
});
