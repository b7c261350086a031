// The gateway's page in real browsers: its servers with their state, a tool with its progress, the line to copy; and that
// a page of another origin gets nothing.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { startAuthorizationServer } from "../support/authorization-server.mjs";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { temporaryFolder } from "../support/folder.mjs";
import { linesServer, startGateway } from "../support/gateway.mjs";
import { DemoPage, until } from "./demo-page.mjs";

for (const kind of browsers) {
  describe(`the gateway's page in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {Awaited<ReturnType<typeof startGateway>>} */
    let gateway;
    before(async () => {
      const file = path.join(temporaryFolder("gateway-"), "mcp.json");
      const lines = (/** @type {string[]} */ ...args) => ({ command: process.execPath, args: [linesServer, ...args] });
      const broken = { command: process.execPath, args: ["-e", "console.error('no key is set'); process.exit(2)"] };
      await writeFile(file, JSON.stringify({ mcpServers: { old: lines(), new: lines("--modern"), broken } }));
      gateway = await startGateway(["--config", file]);
      browser = await launch(kind);
    });
    after(async () => {
      await browser?.close();
      await gateway?.stop();
    });

    const card = (/** @type {DemoPage} */ demo, /** @type {number} */ at) =>
      demo.page.$$eval("#server-list > .server", (cards, at) => {
        const { dataset, textContent } = /** @type {HTMLElement} */ (cards[at]);
        return { state: dataset.state, text: String(textContent).replace(/\s+/g, " ") };
      }, at);
    const choose = (/** @type {DemoPage} */ demo, /** @type {number} */ at) =>
      demo.page.$$eval(".server-choose", (buttons, at) => /** @type {HTMLElement} */ (buttons[at]).click(), at);
    /** Once it is listed, which takes longer than the connection. */
    const run = (/** @type {DemoPage} */ demo, /** @type {string} */ tool) =>
      until(`${tool} in the list`, () => demo.page.$$eval("#tool-list form", (forms, tool) => {
        const form = forms.find((form) => form.querySelector("[data-part=name]")?.textContent === tool);
        form?.querySelector(/** @type {"button"} */ (".run"))?.click();
        return Boolean(form);
      }, tool));

    test("shows the servers, and runs a tool of each with its progress", async () => {
      const demo = await DemoPage.open(browser, `${gateway.url}#${gateway.token}`);
      assert.equal(new URL(demo.page.url()).hash, "", "the token does not stay in the address");
      assert.equal(await demo.page.$$eval("#server-list > .server", (cards) => cards.length), 3);
      for (const [at, name, version] of /** @type {const} */ ([[0, "old", "2025-11-25"], [1, "new", "2026-07-28"]])) {
        await choose(demo, at);
        await until(`${name} runs`, async () => {
          const { state, text } = await card(demo, at);
          return state === "open" && text.includes("6 tools") && text.includes(version) && text.includes("1 client");
        });
        await demo.untilConnection("open");
        const before = (await demo.cards()).length;
        await run(demo, "count");
        await until(`${name} has counted`, async () => {
          const cards = await demo.cards();
          return cards.length > before && cards.every((card) => card.state === "done" && card.updates === 5);
        });
      }
      await demo.close();
    });

    test("says why a server does not start, and what became of its starts", async () => {
      const watched = await openPage(browser);
      await watched.page.goto(`${gateway.url}#${gateway.token}`, { waitUntil: "load" });
      const demo = new DemoPage(watched);
      await until("the list", async () => (await demo.page.$$(".server")).length === 3);
      await choose(demo, 2);
      await until("the reason", async () => (await card(demo, 2)).text.includes("no key is set"));
      await choose(demo, 0);
      await until("nothing of it runs", async () => (await card(demo, 2)).state === "failed");
      await demo.close();
    });

    test("asks for the token where it has none, and gives a line that connects", async () => {
      // A tab of its own remembers nothing.
      const watched = await openPage(browser);
      await watched.page.goto(gateway.url, { waitUntil: "load" });
      const demo = new DemoPage(watched);
      await until("the form", () => demo.page.$eval("#token-form", (form) => !(/** @type {HTMLElement} */ (form).hidden)));
      await demo.page.type("#token", gateway.token);
      await demo.page.keyboard.press("Enter");
      await until("the list", async () => (await demo.page.$$(".server")).length === 3);
      const text = await demo.page.evaluate(async () => {
        const { Client } = await import(String("/pkg/index.js"));
        let line = "";
        Object.defineProperty(navigator, "clipboard", { value: { writeText: async (/** @type {string} */ text) => (line = text) } });
        /** @type {HTMLElement} */ (document.querySelector(".server-copy")).click();
        const [, url, protocols] = line.match(/Client\.connect\("(.*?)", \{ protocols: (.*) \}\);$/) ?? [];
        const client = await Client.connect(url, { protocols: JSON.parse(String(protocols)) });
        const result = await client.callTool("burst");
        await client.close();
        return result.content[0].text;
      });
      assert.equal(text, "burst");
      await demo.close();
    });

    test("logs in at a server by a button, and out again", async () => {
      const there = await startAuthorizationServer();
      const guarded = await startGateway(["--url", there.server]);
      try {
        const watched = await openPage(browser);
        await watched.page.goto(`${guarded.url}#${guarded.token}`, { waitUntil: "load" });
        const demo = new DemoPage(watched);
        await until("the list", async () => (await demo.page.$$(".server")).length === 1);
        const button = () => demo.page.$eval(".server-login", (one) => (/** @type {HTMLElement} */ (one).hidden ? "" : one.textContent));
        await choose(demo, 0);
        await until("a log-in is wanted", async () => (await button()) === "Log in");
        // By a real click: without one no window opens.
        await demo.page.click(".server-login");
        await until("the log-in", async () => (await guarded.servers())[0].login === "done");
        // The list is looked at again when somebody sees it.
        await demo.page.bringToFront();
        await until("the way out", async () => (await button()) === "Log out");
        await demo.untilConnection("open");
        await run(demo, "work");
        await until("the tool has run", async () => (await demo.cards()).some(({ state }) => state === "done"));
        await demo.page.click(".server-login");
        await until("the end of it", async () => (await button()) !== "Log out");
        // The page may hear of it before they are.
        await until("the tokens to be given back", async () => there.count("POST /token/revocation") >= 2);
        assert.equal(there.count("POST /token/revocation"), 2, "both tokens are given back");
        await demo.close();
      } finally {
        await guarded.stop();
        await there.stop();
      }
    });
  });
}
