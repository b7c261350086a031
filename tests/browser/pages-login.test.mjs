// The demo page and the chat page at a server that wants a log-in, with `oidc-provider` and the callback page `oauth.html`.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startAuthorizationServer } from "../support/authorization-server.mjs";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { pkg, www } from "../support/paths.mjs";
import { startStaticServer } from "../support/static-server.mjs";

for (const kind of browsers) {
  describe(`pages that log in, in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {Awaited<ReturnType<typeof startAuthorizationServer>>} */
    let world;
    /** @type {import("../support/static-server.mjs").StaticServer} */
    let site;
    before(async () => {
      world = await startAuthorizationServer();
      world.state.tools = ["ask_name"];
      site = await startStaticServer({ mounts: { "/pkg/": pkg, "/": www } });
      browser = await launch(kind);
    });
    after(async () => {
      await browser?.close();
      await site?.stop();
      await world?.stop();
    });

    test("the demo page says that a log-in is needed, and its button logs in and connects", { timeout: 60_000 }, async () => {
      const { page } = await openPage(browser, site.url);
      await page.$eval("#endpoint", (input, server) => void (/** @type {HTMLInputElement} */ (input).value = server), world.server);
      await page.click("#reconnect");
      await page.waitForSelector('#connection[data-state="login"]');
      assert.equal(await page.$eval("#reconnect", (button) => button.textContent), "Log in");
      assert.equal(await page.$eval("#connection-detail", (text) => text.textContent), "This server wants to know who you are. Log in to go on.");
      await page.click("#reconnect");
      await page.waitForSelector('#connection[data-state="open"]');
      // The list is asked for once it is open.
      await page.waitForSelector("#tool-list .tool");
      assert.match(await page.$eval("#tool-list", (list) => list.textContent ?? ""), /ask_name/);
      await page.close();
    });

    test("the chat page has the button in the conversation, and a call that needs more rights goes on after it", { timeout: 60_000 }, async () => {
      world.state.needs["tools/call"] = "write";
      const { page } = await openPage(browser, `${site.url}chat/?server=${encodeURIComponent(world.server)}`);
      await page.waitForSelector(".login button");
      await page.click(".login button");
      await page.waitForSelector('#connection[data-state="open"]');
      assert.equal(await page.$(".login"), null);
      await page.type("#prompt", "Greet me by my name");
      await page.click("#send:not([disabled])");
      await page.waitForSelector(".login button");
      assert.match(await page.$eval(".login h4", (text) => text.textContent ?? ""), /^ask_name needs more rights: .*write/);
      if (process.env.SCREENSHOT) await page.screenshot({ path: `${process.env.SCREENSHOT}-${kind}.png` });
      await page.click(".login button");
      await page.waitForSelector('.tool[data-state="done"]');
      assert.equal(await page.$(".login"), null);
      await page.close();
    });
  });
}
