// The gateway in front of a stdio server of either era: what pages get, who is let in, and what
// becomes of the processes.
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, afterEach, before, describe, test } from "node:test";
import { temporaryFolder } from "../support/folder.mjs";
import { gateway as program, importPkg } from "../support/paths.mjs";
import { startFakeServer } from "../support/fake-server.mjs";
import { lines, linesServer, processes, startGateway, until } from "../support/gateway.mjs";
import { spawn } from "node:child_process";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { WebSocketClientTransport as WebSocketV1 } from "@modelcontextprotocol/sdk/client/websocket.js";
import WebSocket from "ws";

// Node 20 has none of its own.
globalThis.WebSocket ??= /** @type {any} */ (WebSocket);
const { Client } = await importPkg();

/** @typedef {Awaited<ReturnType<typeof startGateway>>} Gateway */

/** The clients of a test. @type {any[]} */
const clients = [];
afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

/** @param {Gateway} gateway @param {"ws" | "http"} over @param {object} [options] */
async function connect(gateway, over, options) {
  const way = over === "ws" ? { protocols: gateway.protocols } : { headers: gateway.headers };
  const client = await Client.connect(over === "ws" ? gateway.ws() : gateway.http(), { progressHandler: null, ...way, ...options });
  clients.push(client);
  return client;
}

/** A call with all that came of it. @param {any} client @param {string} name @param {object} [args] */
async function call(client, name, args) {
  /** @type {any[]} */
  const reports = [];
  const result = await client.callTool({ name, arguments: args }, { onprogress: (/** @type {any} */ report) => reports.push(report) });
  return { reports, text: result.content[0].text };
}

for (const over of ["WebSocket", "HTTP"]) {
  test(`the TypeScript SDK v1 over ${over} gets 50 of 50 reports that share a write with their result, too`, async () => {
    // Its WebSocket can show no token.
    const gateway = await startGateway(["--no-token", ...lines()]);
    const client = new ClientV1({ name: "v1", version: "1" });
    await client.connect(over === "HTTP" ? new HttpV1(new URL(gateway.http())) : new WebSocketV1(new URL(gateway.ws())));
    /** How long this process stood still at most, since it was last asked. */
    let still = 0;
    let last = performance.now();
    const look = () => {
      const now = performance.now();
      still = Math.max(still, now - last);
      last = now;
    };
    const looks = setInterval(look, 1);
    /** @type {string[]} */
    const counts = [];
    let [whole, lost] = [0, 0];
    while (whole < 9 && lost < 2 && counts.length < 100) {
      let count = 0;
      look();
      still = 0;
      await client.callTool({ name: "burst", arguments: { count: 50 } }, undefined, { onprogress: () => count++ });
      look();
      counts.push(`${count} (${still.toFixed(1)} ms)`);
      if (count === 50) whole++;
      // It loses what it reads in one go with the result. The two are 6 ms apart: only who stands still for about as long may do so.
      else if (still < 3) lost++;
    }
    clearInterval(looks);
    await client.close();
    await gateway.stop();
    assert.ok(whole === 9 && lost < 2, String(counts));
  });
}

for (const era of /** @type {const} */ (["legacy", "modern"])) {
  test(`a WebSocket that a ${era} server ends with its token is opened again, and what only reads goes on`, async () => {
    let lists = 0;
    const server = await startFakeServer({ era, intercept: ({ method }) => method === "tools/list" && ++lists === 1 });
    const gateway = await startGateway(["--url", server.url]);
    const client = await connect(gateway, "ws");
    assert.equal((await call(client, "count")).text, "counted to 3");
    await sleep(1100);
    const list = client.listTools();
    await until(() => lists === 1, "the list is asked for");
    for (const socket of server.sockets) socket.close(4401, "come back");
    assert.deepEqual((await list).tools.map((/** @type {any} */ tool) => tool.name), ["count"]);
    assert.equal((await call(client, "count")).text, "counted to 3");
    const [{ restarts, error }] = await gateway.servers();
    assert.deepEqual([restarts, error ?? null], [0, null]);
    await client.close();
    await gateway.stop();
    await server.stop();
  });
}

for (const back of ["legacy", "modern"]) {
  describe(`a ${back} stdio server`, () => {
    /** @type {Gateway} */
    let gateway;
    before(async () => {
      gateway = await startGateway(back === "modern" ? lines("--modern") : lines());
    });
    after(() => gateway.stop());

    for (const over of /** @type {const} */ (["ws", "http"])) {
      for (const mode of ["auto", "legacy"]) {
        test(`a client of mode ${mode} over ${over} gets 50 of 50 reports that share a write with their result`, async () => {
          const client = await connect(gateway, over, { mode });
          assert.equal(client.era, mode === "auto" ? "modern" : "legacy");
          assert.equal(client.getServerVersion().name, "lines");
          const { reports, text } = await call(client, "burst", { count: 50 });
          assert.equal(text, "burst");
          assert.deepEqual(reports.map((report) => report.progress), Array.from({ length: 50 }, (_, n) => n + 1));
          assert.deepEqual(reports[9]["x-own"], [10], "members that nobody knows stay");
        });

        test(`two calls at once of mode ${mode} over ${over} get their own five reports each`, async () => {
          const client = await connect(gateway, over, { mode });
          const both = await Promise.all(["a", "b"].map((tag) => call(client, "count", { tag })));
          assert.deepEqual(both.map(({ text, reports }) => [text, reports.length]), [["a", 5], ["b", 5]]);
        });

        test(`a question reaches its caller of mode ${mode} over ${over}`, async () => {
          const client = await connect(gateway, over, {
            mode,
            elicitationHandler: (/** @type {any} */ { message }) => ({ action: "accept", content: { name: `you asked ${message}` } }),
          });
          const { text } = await call(client, "ask");
          assert.equal(text, "accept you asked who?");
        });
      }
    }

    test("a call that is cancelled is cancelled at the server", async () => {
      const client = await connect(gateway, "ws");
      const slow = client.callTool("slow", {});
      await client.callTool("about");
      const before = gateway.output().match(/cancelled \d+/g)?.length ?? 0;
      slow.cancel("enough");
      await assert.rejects(slow, { name: "AbortError" });
      await until(() => (gateway.output().match(/cancelled \d+/g)?.length ?? 0) > before, "the server hears of it");
    });

    test("a server that ends fails its calls by name, exit code and last words, and the next call finds another", async () => {
      const client = await connect(gateway, "ws");
      const other = client.callTool("slow", {});
      other.catch(() => {});
      const start = performance.now();
      await assert.rejects(client.callTool("die"), (/** @type {any} */ error) => {
        assert.match(error.message, /node.*ended: exit status: 3.*out of cheese/s);
        return true;
      });
      await assert.rejects(other, /exit status: 3/);
      assert.ok(performance.now() - start < 2000, `${performance.now() - start} ms`);
      assert.equal((await call(client, "burst", { count: 2 })).reports.length, 2);
      assert.ok((await gateway.servers())[0].restarts >= 1);
    });
  });
}

describe("clients and processes", () => {
  test("each session has a process of its own, which ends with it; --child shared has one for all", async () => {
    for (const shared of [false, true]) {
      const mark = `mark-${shared}-${Date.now()}`;
      const gateway = await startGateway([...(shared ? ["--child", "shared"] : []), ...lines(mark)]);
      const joined = await Promise.all(["ws", "ws", "http"].map((over) => connect(gateway, /** @type {any} */ (over), { mode: "legacy" })));
      const tags = ["x", "y", "z"];
      const all = await Promise.all(joined.map((client, n) => call(client, "count", { tag: tags[n] })));
      assert.deepEqual(all.map(({ text, reports }) => [text, reports.length]), tags.map((tag) => [tag, 5]));
      assert.equal((await processes(`${linesServer} ${mark}`)).filter((id) => id !== gateway.child.pid).length, shared ? 1 : 3);
      await Promise.all(joined.map((client) => client.close()));
      if (!shared) await until(async () => (await processes(`${linesServer} ${mark}`)).length === 1, "only the gateway is left");
      await gateway.stop();
      assert.deepEqual(await processes(mark), [], "nothing is left");
    }
  });

  test("a gateway that is killed takes its servers along", { skip: process.platform !== "linux" }, async () => {
    const mark = `mark-killed-${Date.now()}`;
    const gateway = await startGateway(lines(mark));
    const client = await connect(gateway, "ws");
    await client.callTool("about");
    gateway.child.kill("SIGKILL");
    await until(async () => (await processes(mark)).length === 0, "no process is left");
    await client.close();
  });

  test("a server gets the variables of its entry and a short list, no secrets of the gateway's", async () => {
    const directory = temporaryFolder("gateway-");
    const file = path.join(directory, "mcp.json");
    const servers = { one: { command: process.execPath, args: [linesServer], env: { OWN: "${GIVEN}" }, cwd: directory }, off: { command: "x", disabled: true } };
    await writeFile(file, JSON.stringify({ mcpServers: servers }));
    const gateway = await startGateway(["--config", file], { env: { GIVEN: "given", SECRET_KEY: "secret" } });
    const client = await Client.connect(gateway.ws("one"), { protocols: gateway.protocols });
    const { text } = await call(client, "about");
    const { env, cwd } = JSON.parse(text);
    assert.equal(env.OWN, "given");
    assert.equal(env.SECRET_KEY, undefined);
    assert.ok(env.PATH);
    assert.equal(cwd, directory);
    assert.deepEqual((await gateway.servers()).map((server) => server.name), ["one"]);
    await client.close();
    await gateway.stop();
  });

  test("a server that nobody uses ends, and comes back for the next client", async () => {
    const mark = `mark-idle-${Date.now()}`;
    const gateway = await startGateway(["--child", "shared", "--idle", "300ms", ...lines(mark)]);
    await (await connect(gateway, "ws")).close();
    await until(async () => (await processes(`${linesServer} ${mark}`)).length === 1, "the server has ended");
    const client = await connect(gateway, "ws");
    assert.equal((await call(client, "burst")).reports.length, 5);
    await client.close();
    await gateway.stop();
  });

  test("more servers than --max-children says are refused in words", async () => {
    const gateway = await startGateway(["--max-children", "1", ...lines()]);
    const one = await connect(gateway, "ws");
    await assert.rejects(connect(gateway, "ws"), /--max-children/);
    await one.close();
    await gateway.stop();
  });
});

describe("who is let in", () => {
  /** @type {Gateway} */
  let gateway;
  const mark = `mark-door-${Date.now()}`;
  before(async () => {
    gateway = await startGateway(["--origin", "https://app.example", "--log", "trace", ...lines(mark)]);
  });
  after(() => gateway.stop());
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "a", version: "1" } } });
  const json = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const post = (/** @type {Record<string, string>} */ headers, at = gateway.http()) => fetch(at, { method: "POST", headers: { ...json, ...headers }, body });

  test("a page of an origin that is not listed gets 403 without a header of CORS, with the token or without", async () => {
    for (const headers of [{}, gateway.headers]) {
      const refused = await post({ ...headers, origin: "https://evil.example" });
      assert.equal(refused.status, 403);
      assert.equal(refused.headers.get("access-control-allow-origin"), null);
    }
    const preflight = await fetch(gateway.http(), { method: "OPTIONS", headers: { origin: "https://evil.example", "access-control-request-method": "POST" } });
    assert.equal(preflight.status, 403);
  });

  test("who has no token, or a wrong one, gets 401", async () => {
    assert.equal((await post({})).status, 401);
    assert.equal((await post({ authorization: "Bearer pairing-toke" })).status, 401);
    const listed = await post({ origin: "https://app.example" });
    assert.equal(listed.status, 401);
    assert.equal(listed.headers.get("access-control-allow-origin"), "https://app.example", "so that its page can tell");
    await assert.rejects(Client.connect(gateway.ws(), { protocols: ["mcp"] }));
    await assert.rejects(Client.connect(gateway.ws(), { protocols: ["mcp", "mcp.ticket.wrong"] }));
    assert.equal((await fetch(`${gateway.url}servers`)).status, 401);
  });

  test("diagnose finds the gateway, and says what to connect with", async () => {
    const { diagnose } = await importPkg("diagnose/index.js");
    for (const url of [gateway.http(), gateway.ws()]) {
      const { ok, findings } = await diagnose(url);
      assert.deepEqual([ok, ...findings.map((/** @type {any} */ { code }) => code)], [false, "GATEWAY_TOKEN"], url);
      assert.match(findings[0].fix, /mcp\.ticket\.TOKEN/);
    }
  });

  test("nothing was started for any of them", async () => {
    assert.equal((await processes(`${linesServer} ${mark}`)).length, 1, "the gateway itself");
    assert.equal((await gateway.servers())[0].running, 0);
  });

  test("a name that points to this machine is no way in", async () => {
    const { request } = await import("node:http");
    const status = await new Promise((resolve, reject) => {
      const headers = { ...json, ...gateway.headers, host: "evil.example" };
      const sent = request(gateway.http(), { method: "POST", headers }, (response) => resolve(response.statusCode));
      sent.on("error", reject);
      sent.end(body);
    });
    assert.equal(status, 403);
  });

  test("who has it is let in, and no log has it", async () => {
    const response = await post({ ...gateway.headers, origin: "https://app.example" });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("access-control-allow-origin"), "https://app.example");
    await (await connect(gateway, "ws")).close();
    const log = gateway.output().split("try them at")[1]?.split("\n").slice(1).join("\n") ?? "";
    assert.ok(log.length > 0 && !log.includes(gateway.token), "the token is printed once, at the start");
  });
});

describe("the start", () => {
  /** @param {string[]} args @param {NodeJS.ProcessEnv} [env] @returns {Promise<{ code: number | null, text: string }>} */
  const run = (args, env) =>
    new Promise((resolve) => {
      const child = spawn(program, args, { env: { ...process.env, ...env } });
      let text = "";
      child.stdout.on("data", (chunk) => (text += chunk));
      child.stderr.on("data", (chunk) => (text += chunk));
      child.on("close", (code) => resolve({ code, text }));
    });

  test("what is printed is the address, and for each server its own with the token and a line to paste", async () => {
    const gateway = await startGateway(lines());
    const text = gateway.output();
    assert.match(text, new RegExp(`^listening on http://127.0.0.1:${gateway.port}/$`, "m"));
    const line = text.match(/JavaScript {2}(.*)/)?.[1] ?? "";
    const made = new Function("Client", `return (async () => { ${line}; return client; })()`);
    const client = await made(Client);
    assert.equal((await call(client, "burst")).reports.length, 5, "and the line works");
    await client.close();
    assert.equal(await gateway.stop(), 0);
  });

  test("mistakes are told with their cause and the way out", async () => {
    const directory = temporaryFolder("gateway-");
    const file = path.join(directory, "mcp.json");
    await writeFile(file, JSON.stringify({ servers: { a: { command: "x", env: { KEY: "${input:key}" } } } }));
    const written = async (/** @type {string} */ name, /** @type {string} */ text) => {
      await writeFile(path.join(directory, name), text);
      return ["--config", path.join(directory, name)];
    };
    const taken = await startGateway(lines());
    for (const [args, wanted] of /** @type {[string[], RegExp][]} */ ([
      [["--", "no-such-command"], /there is no command `no-such-command`: install it/],
      [["--", "./no/such/command"], /there is no command `\.\/no\/such\/command`: install it, or write its whole path/],
      [["--config", path.join(directory, "none.json")], /cannot read .*none\.json/],
      [await written("broken.json", "{"), /in .*broken\.json: it is no JSON: .*line 1/],
      [await written("empty.json", "{}"), /neither `mcpServers` nor `servers`/],
      [await written("nothing.json", '{"mcpServers":{"a":{}}}'), /server `a`: it has neither a `command` nor a `url`/],
      [await written("type.json", '{"mcpServers":{"a":{"command":"x","args":"y"}}}'), /server `a`: invalid type: string "y", expected a sequence/],
      [await written("off.json", '{"mcpServers":{"a":{"command":"x","disabled":true}}}'), /all of its servers are `disabled`/],
      [await written("variable.json", '{"mcpServers":{"a":{"command":"x","args":["${NO_SUCH_VARIABLE}"]}}}'), /server `a`: `args`: .*the environment variable NO_SUCH_VARIABLE is not set; set it, or write its value there/],
      [await written("header.json", '{"mcpServers":{"a":{"url":"http://x","headers":{"K":"${env:NO_SUCH_VARIABLE}"}}}}'), /`headers\.K`: .*NO_SUCH_VARIABLE is not set/],
      [["--host", "no.such.host.invalid", ...lines()], /cannot listen on no\.such\.host\.invalid/],
      [["--header", "no-colon", "--url", "http://x"], /is not `Name: value`/],
      [["--token", "two words", ...lines()], /the token cannot be used: a token has letters/],
      [["--idle", "soon", ...lines()], /`soon` is no time/],
      [["--config", file], /mcp\.json: server `a`: `env\.KEY`: .*set the environment variable INPUT_KEY/],
      [["--port", String(taken.port), ...lines()], /is in use.*--port/],
      [["--host", "0.0.0.0", "--no-token", ...lines()], /--no-token is for this machine only/],
      [["--tls-cert", file, ...lines()], /go together/],
      [["--forwarded-header", "X Forwarded", ...lines()], /is no name of a header/],
      [["--url", "ftp://x"], /no address that begins with http/],
      [[], /--config|COMMAND/],
    ])) {
      const { code, text } = await run(args);
      assert.notEqual(code, 0, text);
      assert.match(text, wanted);
    }
    await taken.stop();
  });

  test("a server that dies at its start is named to whoever calls, with its last words", async () => {
    const gateway = await startGateway(["--", process.execPath, "-e", "console.error('no key is set'); process.exit(2)"]);
    await assert.rejects(connect(gateway, "http", { mode: "legacy" }), /exit status: 2.*no key is set/s);
    assert.match((await gateway.servers())[0].error, /no key is set/);
    await gateway.stop();
  });

  test("--secret keeps the token in a file that only its owner reads", async () => {
    const directory = temporaryFolder("gateway-");
    const file = path.join(directory, "secret");
    const first = await startGateway(["--secret", file, ...lines()]);
    const token = (await readFile(file, "utf8")).trim();
    assert.match(token, /^[0-9a-f]{32}$/);
    if (process.platform !== "win32") assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.ok(first.output().includes(token));
    await first.stop();
    const second = await startGateway(["--secret", file, ...lines()]);
    assert.ok(second.output().includes(token));
    await second.stop();
  });

  test("--help is for newcomers: what it is for, and examples", async () => {
    const { code, text } = await run(["--help"]);
    assert.equal(code, 0);
    for (const wanted of ["A page cannot start a program", "npx -y", "--config", "--origin", "--idle"]) assert.ok(text.includes(wanted), wanted);
  });
});
