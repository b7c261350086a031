// The client and our own server with a network between them that does what networks do: it cuts
// connections, at any byte; it is slow; and meanwhile the server forgets sessions.
import { connect, createServer } from "node:net";
import { after, before, describe, test } from "node:test";
import { WebSocket } from "ws";
import { equal, ok, rejects, within } from "../rules/check.mjs";
import { startDemoServer } from "../support/demo-server.mjs";
import { importPkg } from "../support/paths.mjs";

/** @type {typeof import("mcp-wasm")} */
const { Client } = await importPkg();
// Node has one from version 22 on.
/** @type {any} */ (globalThis).WebSocket ??= WebSocket;

/** @type {Awaited<ReturnType<typeof startDemoServer>>} */
let server;
before(async () => {
  server = await startDemoServer();
});
after(() => server.stop());

/**
 * A network: what the server sends passes, up to so many bytes of the next connection, or slowly.
 * @param {(t: () => unknown) => void} later @param {{ url: string, port: number }} [to]
 */
async function network(later, to = server) {
  const state = { cutAfter: Infinity, pause: 0, session: "", down: false };
  const sockets = new Set();
  const listener = createServer((inner) => {
    if (state.down) return void inner.destroy();
    const outer = connect(to.port, "127.0.0.1");
    let passed = 0;
    for (const socket of [inner, outer]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        inner.destroy();
        outer.destroy();
      });
    }
    inner.on("data", (data) => void outer.write(data));
    outer.on("data", (data) => {
      state.session = /mcp-session-id: (\S+)/i.exec(data.toString("latin1"))?.[1] ?? state.session;
      const left = state.cutAfter - passed;
      passed += data.length;
      inner.write(data.subarray(0, Math.max(left, 0)), () => {
        if (passed < state.cutAfter) return;
        state.cutAfter = Infinity;
        inner.destroy();
      });
      if (state.pause) {
        outer.pause();
        setTimeout(() => outer.resume(), state.pause);
      }
    });
  });
  await new Promise((done) => void listener.listen(0, "127.0.0.1", () => done(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (listener.address());
  const hangUp = () => sockets.forEach((socket) => socket.destroy());
  later(() => {
    hangUp();
    listener.close();
  });
  /** There is no network for so long, in milliseconds. @param {number} time */
  const sleep = async (time) => {
    state.down = true;
    hangUp();
    await new Promise((done) => setTimeout(done, time));
    state.down = false;
  };
  /** The server forgets the session, as it does with one that rests or has to give way. */
  const forget = async () => {
    const headers = { "mcp-session-id": state.session, "mcp-protocol-version": "2025-11-25" };
    const answer = await fetch(`${to.url}mcp`, { method: "DELETE", headers });
    equal(answer.status, 204);
  };
  return Object.assign(state, { http: `http://127.0.0.1:${port}/mcp`, ws: `ws://127.0.0.1:${port}/mcp`, forget, sleep });
}

const WAYS = /** @type {const} */ ([
  ["http", "modern"],
  ["http", "legacy"],
  ["ws", "modern"],
  ["ws", "legacy"],
]);

for (const [way, era] of WAYS) {
  describe(`${way}, ${era}`, () => {
    /** @param {import("node:test").TestContext} context */
    const connected = async (context) => {
      const net = await network((end) => context.after(end));
      const client = new Client({ name: "halves", version: "1" }, { progressHandler: null, mode: era === "legacy" ? "legacy" : "auto" });
      context.after(() => client.close());
      await client.connect(net[way]);
      equal(client.era, era);
      return { net, client };
    };
    /** @param {any} client @param {number} count */
    const flood = async (client, count) => {
      const heard = /** @type {number[]} */ ([]);
      const progressHandler = (/** @type {number} */ progress) => void heard.push(progress);
      const result = await within(client.callTool("flood", { count }, { progressHandler }), "the call");
      return { heard, result };
    };

    test("a reader that is slow gets reports in order, the last one, and the result", async (context) => {
      const { net, client } = await connected(context);
      net.pause = 5;
      const { heard, result } = await flood(client, 2000);
      equal(result.isError ?? false, false);
      ok(heard.every((value, at) => at === 0 || value > (heard[at - 1] ?? 0)), "in order");
      equal(heard.at(-1), 2000);
      net.pause = 0;
      await client.ping();
    });

    // Over WebSocket and in the modern era a cut is the end of what is under way; a session goes on.
    const goesOn = way === "http" && era === "legacy";
    const cuts = [0, 1, 17, 150, 260, 300, 333, 400, 512, 700, 1000, 1500, 2500];
    for (const cut of cuts) {
      test(`a connection that is cut after ${cut} bytes hangs nothing and doubles nothing`, async (context) => {
        const { net, client } = await connected(context);
        // Of the connection that is there, so much has passed; for HTTP, the next one counts anew.
        net.cutAfter = cut;
        const heard = /** @type {number[]} */ ([]);
        const progressHandler = (/** @type {number} */ progress) => void heard.push(progress);
        const call = client.callTool("scan_directory", { directory: "/" }, { progressHandler });
        const outcome = await within(
          call.then((result) => result.structuredContent, (error) => error),
          "the end of the call",
        );
        ok(heard.every((value, at) => value === at + 1), `in order, none twice: ${heard}`);
        if (outcome instanceof Error) {
          equal(/** @type {any} */ (outcome).code, "CLOSED");
        } else {
          equal(outcome, { files_found: 10, directory: "/" });
          equal(heard.length, 10);
        }
        if (goesOn || way === "http") {
          const { heard: more } = await flood(client, 10);
          equal(more.length, 10);
        }
      });
    }

    if (goesOn) {
      test("a session that the server has forgotten is begun again, and the call goes on in the new one", async (context) => {
        const { net, client } = await connected(context);
        for (let round = 0; round < 3; round++) {
          const before = net.session;
          await net.forget();
          const { heard } = await flood(client, 20);
          equal(heard.length, 20);
          ok(net.session !== before, "another session");
        }
      });

      test("calls that find their session forgotten at once share the new one", async (context) => {
        const { net, client } = await connected(context);
        await net.forget();
        const all = await Promise.all([1, 2, 3, 4, 5].map((count) => flood(client, count)));
        equal(all.map(({ heard }) => heard.length), [1, 2, 3, 4, 5]);
      });

      test("a call that is under way when its session is forgotten fails and says that it may have run", async (context) => {
        const { net, client } = await connected(context);
        const call = client.callTool("slow", { seconds: 60 });
        await client.ping();
        const failed = rejects(call, { name: "ClosedError", mayHaveRun: true });
        await new Promise((done) => setTimeout(done, 100));
        await net.forget();
        await within(failed, "the end of the call");
        equal((await flood(client, 3)).heard.length, 3);
      });
    }
  });
}

describe("what the server keeps for half a second", () => {
  const KEPT = 0.5;
  /** @type {Awaited<ReturnType<typeof startDemoServer>>} */
  let hasty;
  before(async () => {
    hasty = await startDemoServer({ args: ["--expiry", String(KEPT)] });
  });
  after(() => hasty.stop());

  /** @param {import("node:test").TestContext} context @param {"auto" | "legacy"} mode @param {object} [options] */
  const connected = async (context, mode, options) => {
    const net = await network((end) => context.after(end), hasty);
    const client = new Client({ name: "halves", version: "1" }, { progressHandler: null, mode, ...options });
    context.after(() => client.close());
    return { net, client };
  };
  const past = KEPT * 1000 + 700;

  for (const mode of /** @type {const} */ (["auto", "legacy"])) {
    test(`${mode}: a client that has slept for longer finds its server again, and goes on with calls and what it hears`, async (context) => {
      const heard = /** @type {unknown[]} */ ([]);
      const { net, client } = await connected(context, mode, { logHandler: (/** @type {any} */ { data }) => void heard.push(data) });
      await client.connect(net.http);
      for (let round = 0; round < 2; round++) {
        const before = net.session;
        await net.sleep(past);
        heard.length = 0;
        const progress = /** @type {number[]} */ ([]);
        const call = client.callTool("backup_database", {}, { progressHandler: (value) => void progress.push(value) });
        equal((await within(call, "the call")).isError ?? false, false);
        equal(progress, [1, 2, 3, 4, 5]);
        equal(heard.length, 5);
        if (mode === "legacy") ok(net.session !== before, "another session");
        equal(client.diagnostics().progress.unknown, 0);
      }
    });

    test(`${mode}: a call that was made while there was no network fails or is answered, and what follows is`, async (context) => {
      const { net, client } = await connected(context, mode);
      await client.connect(net.http);
      const sleeping = net.sleep(past);
      const outcome = await within(client.callTool("flood", { count: 3 }).then(() => "answered", (error) => error.code), "the call");
      ok(outcome === "answered" || outcome === "CLOSED", outcome);
      await sleeping;
      equal((await within(client.listTools(), "the list")).tools.length > 0, true);
    });
  }

  test("a session that a reader waits in is not left alone", async (context) => {
    const { net, client } = await connected(context, "legacy");
    await client.connect(net.http);
    const before = net.session;
    await new Promise((done) => setTimeout(done, past));
    await client.ping();
    equal(net.session, before);
  });

  test("an answer that comes too late fails its call by name, and the next one counts", async (context) => {
    let pause = past;
    const elicitationHandler = async () => {
      await new Promise((done) => setTimeout(done, pause));
      return { action: /** @type {const} */ ("accept"), content: { name: "Ada" } };
    };
    const { net, client } = await connected(context, "auto", { elicitationHandler });
    await client.connect(net.http);
    await within(rejects(client.callTool("ask_name"), { name: "RpcError", rpcCode: -32602 }), "the end of the call");
    pause = 0;
    const { content } = await within(client.callTool("ask_name"), "the second call");
    ok(JSON.stringify(content).includes("Ada"), JSON.stringify(content));
  });
});
