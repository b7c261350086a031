// Log-ins in real browsers, against `oidc-provider`: in a window, by redirect, in several tabs, in a
// worker, and where an authorization server or the page cuts the window off.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startAuthorizationServer } from "../support/authorization-server.mjs";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { pkg, www } from "../support/paths.mjs";
import { startStaticServer } from "../support/static-server.mjs";

const html = `<!doctype html><meta charset=utf-8><title>app</title><script type="module">
  import { Client } from "/pkg/index.js";
  import * as auth from "/pkg/auth/index.js";
  window.make = (server, options = {}, connection = {}) => {
    const one = new auth.OAuth({ ...options, storage: options.storage && auth[options.storage]() });
    window.oauth = one;
    window.visit = async () => {
      const client = await Client.connect(server, { auth: one, progressHandler: null, ...connection });
      const { content } = await client.callTool("work");
      await client.close();
      return content[0].text;
    };
    // As an app does it: the log-in is in the click.
    window.whole = async () => {
      try { return await window.visit(); } catch (error) {
        if (error.code !== "AUTH_REQUIRED" && error.code !== "AUTH_SCOPE") throw error;
        await one.login(error);
        return window.visit();
      }
    };
  };
  window.auth = auth;
  window.code = (promise) => promise.then(() => "", ({ code, url, message, server }) => ({ code, url, message, server }));
  window.ready = true;
</script>`;

for (const kind of browsers) {
  describe(`log-ins in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {Awaited<ReturnType<typeof startAuthorizationServer>>} */
    let world;
    /** @type {import("../support/static-server.mjs").StaticServer} */
    let site;
    const serve = (/** @type {Record<string, string>} */ headers = {}) => startStaticServer({ mounts: { "/pkg/": pkg, "/www/": www }, files: { "/": html, "/own.html": '<!doctype html><meta charset=utf-8><title>Logged in</title><script type="module">import { finish, indexedDb } from "/pkg/auth/index.js"; if (await finish({ storage: indexedDb() })) location.reload();</script>', "/oauth.html": '<!doctype html><meta charset=utf-8><title>Logged in</title><script type="module">import { finish } from "/pkg/auth/index.js"; if (await finish()) location.reload();</script>' }, headers });
    before(async () => {
      world = await startAuthorizationServer();
      site = await serve();
      browser = await launch(kind, { hosts: ["app.example"] });
    });
    after(async () => {
      await browser?.close();
      await site?.stop();
      await world?.stop();
    });

    /** @param {string} [url] @param {any} [options] @param {any} [connection] */
    async function app(url = site.url, options = {}, connection = {}) {
      const { page } = await openPage(browser, url);
      await page.waitForFunction("window.ready");
      const make = () => page.evaluate((server, options, connection) => /** @type {any} */ (window).make(server, options, connection), world.server, options, connection);
      await make();
      /** @param {string} code @returns {Promise<any>} */
      const run = (code) => page.evaluate(code);
      return { page, make, run, close: () => page.close() };
    }
    const windows = async () => (await browser.pages()).length;
    const settled = async (/** @type {number} */ count) => {
      for (let i = 0; i < 100 && (await windows()) !== count; i++) await new Promise((resolve) => setTimeout(resolve, 50));
      return windows();
    };

    test("in a window: let in, renewed in silence, with more rights, and out", { timeout: 60_000 }, async () => {
      const before = await windows();
      const one = await app();
      assert.equal(await one.run("whole()"), "person");
      assert.equal(await settled(before + 1), before + 1);
      assert.equal(await one.run("visit()"), "person");
      const tokens = world.count("POST /token");
      // A token that has ended is renewed without a window.
      world.state.lives = 1;
      await one.run("oauth.login(" + JSON.stringify(world.server) + ", { fresh: true })");
      await new Promise((resolve) => setTimeout(resolve, 1500));
      world.state.lives = 3600;
      assert.equal(await one.run("visit()"), "person");
      assert.equal(world.count("POST /token"), tokens + 2);
      world.state.needs["tools/call"] = "write";
      assert.equal((await one.run("code(visit())")).code, "AUTH_SCOPE");
      assert.equal(await one.run("whole()"), "person");
      delete world.state.needs["tools/call"];
      await one.run(`oauth.logout(${JSON.stringify(world.server)})`);
      assert.ok(world.count("POST /token/revocation") >= 1);
      assert.equal((await one.run("code(visit())")).code, "AUTH_REQUIRED");
      await one.close();
    });

    for (const [name, of, from] of /** @type {const} */ ([
      ["the authorization server", { "Cross-Origin-Opener-Policy": "same-origin" }, {}],
      ["the page", {}, { "Cross-Origin-Opener-Policy": "same-origin" }],
      ["both", { "Cross-Origin-Opener-Policy": "same-origin" }, { "Cross-Origin-Opener-Policy": "same-origin" }],
    ])) {
      test(`in a window that ${name} cut off from its opener`, { timeout: 60_000 }, async (t) => {
        world.state.headers = of;
        t.after(() => (world.state.headers = {}));
        const own = await serve(from);
        t.after(() => own.stop());
        const before = await windows();
        const one = await app(own.url);
        assert.equal(await one.run("whole()"), "person");
        assert.equal(await settled(before + 1), before + 1);
        await one.close();
      });
    }

    test("by redirect: back where it began, with no code in the address, also after a reload", { timeout: 60_000 }, async () => {
      const one = await app(`${site.url}?at=here`, { open: "redirect" });
      assert.equal((await one.run("code(visit())")).code, "AUTH_REQUIRED");
      await one.run(`void oauth.login(${JSON.stringify(world.server)})`);
      await one.page.waitForFunction("location.search === '?at=here' && window.ready && !window.oauth", { timeout: 20_000 });
      assert.equal(await one.run("location.href"), `${site.url}?at=here`);
      await one.make();
      assert.equal(await one.run("visit()"), "person");
      await one.page.reload();
      await one.page.waitForFunction("window.ready && !window.oauth");
      await one.make();
      assert.equal(await one.run("visit()"), "person");
      await one.close();
    });

    test("by redirect: where the app has filled its storage, too", { timeout: 60_000 }, async () => {
      const one = await app(`${site.url}?at=full`, { open: "redirect" });
      const fill = `for (let size = 1 << 22; size; ) try { localStorage.setItem(size + "x" + localStorage.length, "x".repeat(size)); } catch { size >>= 1; }`;
      await one.run(`(() => { ${fill} })()`);
      await one.run(`void oauth.login(${JSON.stringify(world.server)})`);
      try {
        await one.page.waitForFunction("location.search === '?at=full' && window.ready && !window.oauth", { timeout: 20_000 });
        await one.make();
        assert.equal(await one.run("visit()"), "person");
      } finally {
        await one.page.evaluate("localStorage.clear()").catch(() => {});
      }
      await one.close();
    });

    test("by redirect: a page of the app's own ends it, into the store that the app has", { timeout: 60_000 }, async () => {
      const options = { open: "redirect", storage: "indexedDb", redirectUri: "/own.html" };
      const one = await app(`${site.url}?at=own`, options);
      await one.run(`void oauth.login(${JSON.stringify(world.server)})`);
      await one.page.waitForFunction("location.search === '?at=own' && window.ready && !window.oauth", { timeout: 20_000 });
      assert.equal(await one.run("JSON.stringify(sessionStorage)"), "{}", "nothing of it is anywhere else");
      await one.make();
      assert.equal(await one.run("visit()"), "person");
      // Another tab has it too, and another store has not.
      const other = await app(site.url, options);
      assert.equal(await other.run("visit()"), "person");
      const stranger = await app(site.url, { storage: "local" });
      assert.equal((await stranger.run("code(visit())")).code, "AUTH_REQUIRED");
      await one.run(`oauth.logout(${JSON.stringify(world.server)})`);
      assert.equal((await other.run("code(visit())")).code, "AUTH_REQUIRED");
      for (const each of [one, other, stranger]) await each.close();
    });

    test("by redirect: nobody is sent to another origin afterwards, and an answer that comes again does nothing", { timeout: 60_000 }, async () => {
      const one = await app(site.url, { open: "redirect" });
      const arrived = one.page.waitForRequest((request) => request.url().startsWith(`${site.url}oauth.html?`), { timeout: 20_000 });
      const options = JSON.stringify({ returnTo: "https://evil.example/" });
      await one.run(`void oauth.login(${JSON.stringify(world.server)}, ${options})`);
      const answer = (await arrived).url();
      await one.page.waitForFunction(`location.href === ${JSON.stringify(`${site.url}oauth.html`)} && sessionStorage.length > 0 && document.readyState === "complete"`, { timeout: 20_000 });
      await one.page.waitForFunction(`Object.keys(sessionStorage).some((key) => sessionStorage[key].includes('"tokens"'))`, { timeout: 20_000 });
      const before = world.count("POST /token");
      await one.page.goto(answer);
      await one.page.waitForFunction("location.search === ''", { timeout: 20_000 });
      await one.page.goto(site.url);
      await one.page.waitForFunction("window.ready");
      await one.make();
      assert.equal(await one.run("visit()"), "person");
      assert.equal(world.count("POST /token"), before);
      await one.close();
    });

    test("an answer that comes in two tabs, of which one is a copy of the other, is used once", { timeout: 60_000 }, async () => {
      const one = await app(site.url, { open: "redirect" });
      const copy = await app(site.url, { open: "redirect" });
      const { url } = await one.run(`(window.open = () => null, make(${JSON.stringify(world.server)}, { storage: "session" }), code(oauth.login(${JSON.stringify(world.server)})))`);
      const kept = await one.run("JSON.stringify(sessionStorage)");
      await copy.run(`Object.assign(sessionStorage, ${kept})`);
      const arrived = one.page.waitForRequest((request) => request.url().startsWith(`${site.url}oauth.html?`), { timeout: 20_000 });
      await one.run(`void (location.href = ${JSON.stringify(url)})`);
      const answer = (await arrived).url();
      // It is behind the other: no frame of it is drawn.
      await one.page.waitForFunction("window.ready && !window.oauth && location.pathname === '/'", { timeout: 20_000, polling: 50 });
      const before = world.count("POST /token");
      await copy.page.goto(answer);
      await copy.page.waitForFunction("location.search === ''", { timeout: 20_000 });
      await new Promise((resolve) => setTimeout(resolve, 500));
      assert.equal(world.count("POST /token"), before);
      assert.ok(!(await copy.run("JSON.stringify(sessionStorage)")).includes('"tokens"'));
      await one.make();
      assert.equal(await one.run("visit()"), "person");
      await one.close();
      await copy.close();
    });

    test("a page that returns to itself by a script, or to another origin, stays where it is", { timeout: 60_000 }, async () => {
      for (const returnTo of ["javascript:document.title='evil'", "//evil.example/", `blob:${site.url}x`, "data:text/html,x", `${site.url.replace(/\/$/, "")}@evil.example/`]) {
        const one = await app(site.url, { open: "redirect" });
        const errors = /** @type {unknown[]} */ ([]);
        one.page.on("pageerror", (error) => void errors.push(error));
        await one.run(`void oauth.login(${JSON.stringify(world.server)}, ${JSON.stringify({ returnTo })})`);
        await one.page.waitForFunction(`location.href === ${JSON.stringify(`${site.url}oauth.html`)} && Object.keys(sessionStorage).some((key) => sessionStorage[key].includes('"tokens"'))`, { timeout: 20_000 });
        // The page loads itself anew when it has finished.
        await one.page.waitForFunction("document.readyState === 'complete' && performance.getEntriesByType('navigation')[0]?.type === 'reload'", { timeout: 20_000 });
        await new Promise((resolve) => setTimeout(resolve, 300));
        assert.deepEqual([await one.run("location.href"), await one.run("document.title"), errors], [`${site.url}oauth.html`, "Logged in", []], returnTo);
        await one.close();
      }
    });

    test("a window that the browser does not open is AUTH_POPUP_BLOCKED, with the address to go to", { timeout: 60_000 }, async () => {
      const one = await app();
      const { code, url } = await one.run(`(window.open = () => null, code(oauth.login(${JSON.stringify(world.server)})))`);
      assert.equal(code, "AUTH_POPUP_BLOCKED");
      assert.ok(url.startsWith(`${world.issuer}/auth?`));
      await one.close();
    });

    test("a page by http that is not of this machine is told so, and no window opens", { timeout: 60_000 }, async () => {
      const one = await app(site.url.replace("127.0.0.1", "app.example"));
      assert.equal(await one.run("isSecureContext"), false);
      const { code, message } = await one.run(`code(oauth.login(${JSON.stringify(world.server)}))`);
      assert.deepEqual([code, /https/.test(message)], ["AUTH_INSECURE", true]);
      assert.equal(await one.run(`code(make(${JSON.stringify(world.server)}, { client: { id: "a", secret: "b" } }))`).catch((/** @type {Error} */ error) => /a page cannot keep a secret/.test(error.message)), true);
      await one.close();
    });

    test("a window closed by hand: another log-in can begin at once, and an abort ends it", { timeout: 60_000 }, async () => {
      const one = await app();
      world.state.hangs = true;
      const before = await windows();
      await one.run(`(window.leave = new AbortController(), window.first = code(oauth.login(${JSON.stringify(world.server)}, { signal: leave.signal })), undefined)`);
      assert.equal(await settled(before + 1), before + 1);
      await one.run("leave.abort()");
      assert.equal((await one.run("first")).code, "AUTH_CANCELLED");
      assert.equal(await settled(before), before);
      await one.run(`(window.second = code(oauth.login(${JSON.stringify(world.server)})), undefined)`);
      await settled(before + 1);
      world.state.hangs = false;
      assert.equal(await one.run("whole()"), "person");
      assert.equal((await one.run("second")).code, "AUTH_CANCELLED");
      await one.close();
    });

    test("whatever other pages say to one that waits, the answer of its window is the one that counts", { timeout: 60_000 }, async () => {
      const one = await app();
      const other = await app();
      world.state.hangs = true;
      const before = world.count("POST /token");
      const windowsBefore = await windows();
      const opened = new Promise((resolve) => one.page.once("popup", resolve));
      await one.run(`(window.whole = code(oauth.login(${JSON.stringify(world.server)})), undefined)`);
      const popup = /** @type {import("puppeteer-core").Page} */ (await opened);
      await popup.waitForFunction("document.title === 'Log in'", { timeout: 20_000, polling: 50 });
      // What the page has asked is in the address of the window alone; another origin sees none of it, and guesses.
      const junk = [null, 5, "x", {}, { mcpWasmAuth: null }, { mcpWasmAuth: 5 }, { mcpWasmAuth: { search: {} } }, { mcpWasmAuth: { search: "?code=evil" } }, { mcpWasmAuth: { search: "?state=forged&code=evil" } }, { received: "forged" }];
      await other.run(`(window.channels = ["mcp-wasm-auth", "mcp-wasm-auth answers"].map((name) => new BroadcastChannel(name)), ${JSON.stringify(junk)}.forEach((one) => channels.forEach((channel) => channel.postMessage(one))))`);
      await one.run(`new Promise((resolve) => {
        const frame = document.createElement("iframe");
        frame.sandbox = "allow-scripts";
        frame.srcdoc = "<script>" + ${JSON.stringify(`(${JSON.stringify(junk)})`)} + ".forEach((one) => parent.postMessage(one, '*')); parent.postMessage('sent', '*')<" + "/script>";
        addEventListener("message", ({ data }) => data === "sent" && resolve());
        document.body.append(frame);
      })`);
      assert.equal(world.count("POST /token"), before);
      world.state.hangs = false;
      // It may have closed by itself before it has loaded.
      await popup.reload().catch(() => {});
      assert.equal(await one.run("window.whole"), "");
      assert.equal(await settled(windowsBefore), windowsBefore);
      assert.equal(await one.run("visit()"), "person");
      assert.equal(world.count("POST /token"), before + 1);
      await one.close();
      await other.close();
    });

    test("two tabs and five calls that meet an expired token renew it once", { timeout: 60_000 }, async () => {
      const tabs = [await app(site.url, { storage: "local" }), await app(site.url, { storage: "local" })];
      world.state.lives = 2;
      await tabs[0]?.run(`oauth.login(${JSON.stringify(world.server)})`);
      await new Promise((resolve) => setTimeout(resolve, 2500));
      world.state.lives = 3600;
      const before = world.count("POST /token");
      const visits = await Promise.all([0, 0, 0, 0, 0, 1, 1].map((which) => tabs[which]?.run("visit()")));
      assert.deepEqual(visits, Array(7).fill("person"));
      assert.equal(world.count("POST /token") - before, 1);
      // Out in one is out in both.
      await tabs[0]?.run(`oauth.logout(${JSON.stringify(world.server)})`);
      assert.equal((await tabs[1]?.run("code(visit())")).code, "AUTH_REQUIRED");
      for (const tab of tabs) await tab.close();
    });

    test("what one tab has stored, the tab that writes next has read", { timeout: 60_000 }, async () => {
      const tabs = [await app(site.url, { storage: "local" }), await app(site.url, { storage: "local" })];
      // Firefox lets the timers of a tab that is not shown strike once a second.
      const times = kind === "chromium" ? 30 : 4;
      const counting = `(async () => {
        const [{ alone }, { local }] = [await import("/pkg/auth/writing.js"), await import("/pkg/auth/storage.js")];
        const storage = local();
        const next = async () => {
          const n = ((await storage.get("count")) ?? 0) + 1;
          await storage.set("count", n);
          return n;
        };
        const counted = [];
        while (counted.length < ${times}) counted.push(await alone("count", next));
        return counted;
      })()`;
      const counted = (await Promise.all(tabs.map((tab) => tab.run(counting)))).flat();
      assert.equal(new Set(counted).size, 2 * times);
      for (const tab of tabs) await tab.close();
    });

    test("a token that is bound to a key of this browser, which nobody can take along", { timeout: 60_000 }, async () => {
      const one = await app(site.url, { storage: "indexedDb", dpop: true });
      assert.equal(await one.run("whole()"), "person");
      const headers = await one.run(`oauth.headers({ method: "POST", url: ${JSON.stringify(world.server)} })`);
      assert.match(headers.authorization, /^DPoP /);
      assert.equal(headers.dpop.split(".").length, 3);
      await one.page.reload();
      await one.page.waitForFunction("window.ready && !window.oauth");
      await one.make();
      assert.equal(await one.run("visit()"), "person");
      const stolen = await one.run(`fetch(${JSON.stringify(world.server)}, { method: "POST", headers: { authorization: ${JSON.stringify(headers.authorization.replace("DPoP", "Bearer"))}, "content-type": "application/json" }, body: '{}' }).then(({ status }) => status)`);
      assert.equal(stolen, 401);
      const taken = await one.run(`new Promise((resolve) => { const open = indexedDB.open("mcp-wasm-auth"); open.onsuccess = () => { const all = open.result.transaction("values").objectStore("values").getAll(); all.onsuccess = () => { const { pair } = all.result.find((one) => one.pair); crypto.subtle.exportKey("jwk", pair.privateKey).then(() => resolve("taken"), (error) => resolve(error.name)); }; }; })`);
      assert.equal(taken, "InvalidAccessError");
      await one.close();
    });

    test("a connection that a worker holds is let in, and needs a log-in as the page's does", { timeout: 60_000 }, async () => {
      const one = await app(site.url, {}, { worker: true });
      const { code, server } = await one.run("code(visit())");
      assert.deepEqual([code, server], ["AUTH_REQUIRED", world.server]);
      assert.equal(await one.run("whole()"), "person");
      await one.close();
    });

    for (const challenges of /** @type {const} */ (["several", "hidden"])) {
      test(`a challenge ${challenges === "several" ? "in several fields, of which this browser may show none" : "that the page does not see"} is no hindrance`, { timeout: 60_000 }, async () => {
        const one = await app();
        world.state.challenges = challenges;
        try {
          assert.equal(await one.run("whole()"), "person");
        } finally {
          world.state.challenges = "one";
        }
        await one.close();
      });
    }

    for (const [name, issuer] of /** @type {const} */ ([["by http", "http://login.example"], ["on this machine for a server elsewhere", "http://127.0.0.1:9"]])) {
      test(`an authorization server ${name} is refused before it is asked anything`, { timeout: 60_000 }, async () => {
        const one = await app();
        const before = await windows();
        const [code, asked] = await one.run(`(async () => {
          const server = ${JSON.stringify(name === "by http" ? world.server : "https://mcp.example/mcp")}, asked = [];
          const own = new auth.OAuth({ fetch: async (url, init) => {
            if (String(url).includes("oauth-protected-resource")) return Response.json({ resource: server, authorization_servers: [${JSON.stringify(issuer)}] });
            asked.push(String(url));
            return new Response("", { status: 404 });
          } });
          const refused = await code(own.login(server));
          return [refused.code, asked.filter((url) => url.startsWith(${JSON.stringify(issuer)}))];
        })()`);
        assert.deepEqual([code, asked], ["AUTH_METADATA", []]);
        for (let i = 0; i < 100 && (await windows()) > before; i++) await new Promise((resolve) => setTimeout(resolve, 50));
        assert.equal(await windows(), before, "no window is left");
        await one.close();
      });
    }

    test("by a document about the app nobody registers, and where it is not taken, `registration` does without", { timeout: 60_000 }, async (t) => {
      const id = "https://app.example/client.json";
      const document = { client_id: id, client_name: "app", redirect_uris: [`${site.url}oauth.html`], token_endpoint_auth_method: "none", application_type: "native", grant_types: ["authorization_code", "refresh_token"], response_types: ["code"] };
      const takes = await startAuthorizationServer({ opens: false, lives: 1, documents: { [id]: document } });
      t.after(() => takes.stop());
      const login = async (/** @type {object} */ how) => {
        const { page } = await openPage(browser, site.url);
        await page.waitForFunction("window.ready");
        const outcome = await page.evaluate(async (server, options, how) => {
          const { make, code } = /** @type {any} */ (window);
          make(server, options);
          const error = await code(/** @type {any} */ (window).oauth.login(server, how));
          return error?.code;
        }, takes.server, { clientMetadata: id, clientName: "app" }, how);
        // The token ends at once: it is renewed as the same client, once.
        takes.state.lives = 3600;
        await new Promise((resolve) => setTimeout(resolve, 1500));
        const visited = outcome ?? (await page.evaluate("visit()"));
        await page.close();
        return visited;
      };
      assert.equal(await login({}), "person");
      assert.deepEqual([takes.count("POST /reg"), takes.count("OPTIONS /reg"), takes.count("POST /token")], [0, 0, 2]);
      // Its own way to register is closed to pages here.
      assert.equal(await login({ registration: "dynamic" }), "AUTH_CORS");
    });

    test("where pages cannot register, it is AUTH_CORS, and says which address", { timeout: 60_000 }, async (t) => {
      const closed = await startAuthorizationServer({ opens: false });
      t.after(() => closed.stop());
      const { page } = await openPage(browser, site.url);
      await page.waitForFunction("window.ready");
      const { code, message } = await page.evaluate((server) => (/** @type {any} */ (window).make(server), /** @type {any} */ (window).code(/** @type {any} */ (window).oauth.login(server))), closed.server);
      assert.equal(code, "AUTH_CORS");
      assert.ok(message.includes(`${closed.issuer}/reg`), message);
      await page.close();
    });
  });
}
