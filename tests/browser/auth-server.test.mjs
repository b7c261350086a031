// Pages at a Rust server that wants tokens, from another origin: what they can read of a refusal, more
// rights in both eras, tickets for sockets, and what becomes of a connection whose token has ended.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { startDemoServer } from "../support/demo-server.mjs";
import { startLoginServer } from "../support/login-server.mjs";
import { pkg } from "../support/paths.mjs";
import { startStaticServer } from "../support/static-server.mjs";

const html = `<!doctype html><meta charset=utf-8><link rel=icon href="data:,"><title>app</title><script type="module">
  import { Client } from "/pkg/index.js";
  import { OAuth } from "/pkg/auth/index.js";
  window.oauth = new OAuth();
  window.connect = (url, options) => Client.connect(url, { auth: oauth, progressHandler: null, ...options });
  window.code = (promise) => promise.then(() => "", ({ code, message }) => code ?? message);
  window.opened = 0;
  const { open } = window;
  window.open = (...given) => (window.opened++, open.call(window, ...given));
  // What a program without the package would see.
  window.post = async (url, message, more) => {
    const headers = { "content-type": "application/json", accept: "application/json, text/event-stream", ...(await oauth.headers({ method: "POST", url })), ...more };
    const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(message) });
    return { status: answer.status, challenge: answer.headers.get("www-authenticate"), text: await answer.text() };
  };
  window.ticket = async (url) => (await oauth.ticket(url));
  window.socket = (url, ticket) => new Promise((resolve) => {
    const one = new WebSocket(url, ["mcp", "mcp.ticket." + ticket]);
    one.onopen = () => (resolve(one.protocol), one.close());
    one.onerror = () => resolve("refused");
  });
  window.until = async (holds) => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  window.ready = true;
</script>`;
const callback = '<!doctype html><meta charset=utf-8><title>Logged in</title><script type="module">import { finish } from "/pkg/auth/index.js"; await finish();</script>';

for (const kind of browsers) {
  describe(`a Rust server that wants tokens, and pages of another origin in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {Awaited<ReturnType<typeof startLoginServer>>} */
    let login;
    /** @type {import("../support/demo-server.mjs").DemoServer} */
    let demo;
    /** @type {import("../support/static-server.mjs").StaticServer[]} */
    let sites;
    before(async () => {
      login = await startLoginServer({ jwt: true, scope: "demo demo:write" });
      demo = await startDemoServer({ args: ["--auth", login.issuer] });
      const site = () => startStaticServer({ mounts: { "/pkg/": pkg }, files: { "/": html, "/oauth.html": callback } });
      sites = [await site(), await site()];
      browser = await launch(kind);
    });
    after(async () => {
      await browser?.close();
      for (const site of sites ?? []) await site.stop();
      await demo?.stop();
      await login?.stop();
    });

    const mcp = () => `${demo.url}mcp`;
    /** @param {number} [which] the origin */
    async function app(which = 0) {
      const { page } = await openPage(browser, sites[which]?.url);
      await page.waitForFunction("window.ready");
      /** @param {string} code @returns {Promise<any>} */
      const run = (code) => page.evaluate(code);
      return { page, run, close: () => page.close(), logIn: (/** @type {string} */ how = "{}") => run(`oauth.login(${JSON.stringify(mcp())}, ${how})`) };
    }
    const call = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "backup_sqlite", arguments: {}, _meta: { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientInfo": { name: "x", version: "1" }, "io.modelcontextprotocol/clientCapabilities": {} } } };
    const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "backup_sqlite" };

    test("a page can read why it is refused: 401 and 403 with one challenge, the metadata in it", { timeout: 60_000 }, async () => {
      const one = await app();
      const metadata = `resource_metadata="${demo.url}.well-known/oauth-protected-resource/mcp"`;
      const post = () => one.run(`post(${JSON.stringify(mcp())}, ${JSON.stringify(call)}, ${JSON.stringify(headers)})`);
      const none = await post();
      assert.deepEqual([none.status, none.challenge], [401, `Bearer ${metadata}, scope="demo"`]);
      const bad = await one.run(`post(${JSON.stringify(mcp())}, ${JSON.stringify(call)}, { authorization: "Bearer nonsense" })`);
      assert.equal(bad.status, 401);
      assert.match(bad.challenge, /^Bearer error="invalid_token", /);
      await one.logIn();
      const few = await post();
      assert.equal(few.status, 403);
      assert.ok(few.challenge.startsWith('Bearer error="insufficient_scope", ') && few.challenge.includes('scope="demo demo:write"') && few.challenge.includes(metadata), few.challenge);
      await one.close();
    });

    for (const [name, options] of /** @type {const} */ ([["of 2026-07-28", {}], ["with a session of 2025-11-25", { mode: "legacy" }]])) {
      test(`more rights ${name}: the call is refused before it runs, and goes through after the log-in`, { timeout: 60_000 }, async () => {
        const one = await app();
        await one.logIn();
        const outcome = await one.run(`(async () => {
          const client = await connect(${JSON.stringify(mcp())}, ${JSON.stringify(options)});
          const refused = await client.callTool("backup_sqlite").catch((error) => error);
          await oauth.login(refused);
          const opened = window.opened;
          const { structuredContent } = await client.callTool("backup_sqlite");
          await client.callTool("backup_sqlite");
          const { era } = client;
          await client.close();
          return [era, refused.code, refused.scopes, structuredContent.rows > 0, window.opened - opened];
        })()`);
        assert.deepEqual(outcome, [options.mode ?? "modern", "AUTH_SCOPE", ["demo", "demo:write"], true, 0]);
        await one.close();
      });
    }

    test("more rights over a WebSocket are an error of the call, and those of the next connection", { timeout: 60_000 }, async () => {
      const one = await app();
      await one.logIn();
      const outcome = await one.run(`(async () => {
        const client = await connect(${JSON.stringify(demo.ws)});
        const refused = await client.callTool("backup_sqlite").catch((error) => error);
        await client.close();
        await oauth.login(refused);
        const other = await connect(${JSON.stringify(demo.ws)});
        const { structuredContent } = await other.callTool("backup_sqlite");
        await other.close();
        return [refused.code, refused.scopes, structuredContent.rows > 0];
      })()`);
      assert.deepEqual(outcome, ["AUTH_SCOPE", ["demo", "demo:write"], true]);
      await one.close();
    });

    test("a ticket lets in one socket of the page that it was given to", { timeout: 60_000 }, async () => {
      const [one, other] = [await app(), await app(1)];
      assert.equal(await one.run(`code(connect(${JSON.stringify(demo.ws)}))`), "AUTH_REQUIRED");
      await one.logIn();
      const ticket = () => one.run(`ticket(${JSON.stringify(demo.ws)})`);
      const open = (/** @type {typeof one} */ by, /** @type {string} */ text) => by.run(`socket(${JSON.stringify(demo.ws)}, ${JSON.stringify(text)})`);
      const first = await ticket();
      assert.equal(await open(one, first), "mcp", "the ticket is not what is selected");
      assert.equal(await open(one, first), "refused", "it is used up");
      assert.equal(await open(other, await ticket()), "refused", "it was given to another origin");
      assert.equal(await open(one, "A".repeat(43)), "refused");
      await one.close();
      await other.close();
    });

    for (const [name, options] of /** @type {[string, { worker?: true, mode?: "legacy" }][]} */ ([["", {}], [", in a worker too", { worker: true }], [", in the legacy era too", { mode: "legacy" }]])) {
      test(`a socket that ends with its token comes back without a log-in${name}`, { timeout: 60_000 }, async () => {
        const one = await app();
        login.state.lives = 3;
        await one.logIn();
        const outcome = await one.run(`(async () => {
          let ended = 0, failed = [], news = [];
          const client = await connect(${JSON.stringify(demo.ws)}, ${JSON.stringify(options)});
          client.onclose = () => ended++;
          client.onerror = (error) => failed.push(error.message);
          const opened = window.opened;
          const subscription = await client.listen({ toolsListChanged: true }, { oninterrupt: () => news.push("interrupted"), onreopen: () => news.push("reopened") });
          const values = [];
          const call = async () => values.push((await client.callTool("process_items", { items: ["a"] })).structuredContent.processed);
          await call();
          await until(() => news.includes("interrupted"));
          // At once: it waits for the next connection.
          await call();
          await until(() => news.includes("reopened"));
          await call();
          const { era } = client;
          await client.close();
          return { ended, failed, news, values, opened: window.opened - opened, era };
        })()`);
        login.state.lives = 3600;
        assert.deepEqual(outcome, { ended: 1, failed: [], news: ["interrupted", "reopened"], values: [1, 1, 1], opened: 0, era: options.mode ?? "modern" });
        await one.close();
      });
    }

    test("a stream over HTTP that ends with its token is opened again with a new one", { timeout: 60_000 }, async () => {
      const one = await app();
      login.state.lives = 3;
      await one.logIn();
      const outcome = await one.run(`(async () => {
        const failed = [];
        const client = await connect(${JSON.stringify(mcp())});
        client.onerror = (error) => failed.push(error.message);
        const opened = window.opened;
        let interrupted = 0;
        const again = new Promise((resolve) => (window.reopened = resolve));
        await client.listen({ toolsListChanged: true }, { oninterrupt: () => interrupted++, onreopen: () => window.reopened(interrupted) });
        const count = await again;
        await client.close();
        return [count, failed, window.opened - opened];
      })()`);
      login.state.lives = 3600;
      assert.deepEqual(outcome, [1, [], 0]);
      await one.close();
    });

    test("a log-in that has ended for good fails what waits for the socket with AUTH_REQUIRED", { timeout: 60_000 }, async () => {
      const one = await app();
      login.state.lives = 3;
      await one.logIn();
      const outcome = await one.run(`(async () => {
        const client = await connect(${JSON.stringify(demo.ws)});
        const closed = new Promise((resolve) => (client.onclose = resolve));
        const errors = [];
        client.onerror = (error) => errors.push(error.code);
        await oauth.logout(${JSON.stringify(mcp())});
        await closed;
        return [errors, await code(connect(${JSON.stringify(demo.ws)}))];
      })()`);
      login.state.lives = 3600;
      assert.deepEqual(outcome, [["AUTH_REQUIRED"], "AUTH_REQUIRED"]);
      await one.close();
    });
  });
}
