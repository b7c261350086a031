// `cargo xtask demo --auth`: the demo page from a log-in to a call that needs more rights, at an
// authorization server that asks whoever sits there, over WebSocket and over HTTP.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { startDemoServer } from "../support/demo-server.mjs";

for (const kind of browsers) {
  describe(`the demo that asks for log-ins, in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {import("../support/demo-server.mjs").DemoServer} */
    let demo;
    before(async () => {
      demo = await startDemoServer({ login: true });
      browser = await launch(kind);
    });
    after(async () => {
      await browser?.close();
      await demo?.stop();
    });

    /** Says yes to all that the window asks, until it closes. @param {import("puppeteer-core").Page} page */
    async function agree(page) {
      const said = /** @type {string[]} */ ([]);
      for (let i = 0; i < 200; i++) {
        const popup = (await browser.pages()).find((one) => one !== page && one.url().includes("/agree/"));
        if (popup) {
          const title = await popup.title().catch(() => "");
          const shot = process.env.SCREENSHOT && title && said.at(-1) !== title;
          if (shot) await popup.screenshot({ path: `${process.env.SCREENSHOT}-${kind}-${title.replace(/\W+/g, "-")}.png` }).catch(() => {});
          // It may close meanwhile. What is sent twice is an error, and the answer to what is sent once may take its time.
          const click = () =>
            popup.evaluate(() => {
              const button = /** @type {HTMLButtonElement | null} */ (document.querySelector("form button"));
              button?.click();
              if (button) button.disabled = true;
              return Boolean(button);
            });
          if (title && (await click().catch(() => false)) && said.at(-1) !== title) said.push(title);
        } else if (said.length && (await browser.pages()).every((one) => one === page || !one.url().startsWith("http") || one.url() === page.url())) return said;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`the window is still there: ${said}`);
    }

    /** @param {string} transport @param {string[]} [window] what it shows */
    const whole = async (transport, window = ["Log in", "Allow it?"]) => {
      const { page } = await openPage(browser, demo.url);
      if (transport === "http") await page.select("#transport", "http");
      await page.waitForSelector('#connection[data-state="login"]');
      if (process.env.SCREENSHOT) await page.screenshot({ path: `${process.env.SCREENSHOT}-${kind}-${transport}-before.png` });
      await page.click("#reconnect");
      assert.deepEqual(await agree(page), window);
      await page.waitForSelector('#connection[data-state="open"]');
      const run = async () => {
        await page.waitForSelector('[data-tool="backup_sqlite"] form button[aria-label="Run backup_sqlite"]:not([disabled])');
        await page.click('[data-tool="backup_sqlite"] form button[aria-label="Run backup_sqlite"]');
      };
      return { page, run };
    };

    for (const transport of ["websocket", "http"]) {
      test(`over ${transport}: logs in, calls, and is asked once for more rights`, { timeout: 120_000 }, async () => {
        const { page, run } = await whole(transport, transport === "http" ? ["Allow it?"] : undefined);
        await run();
        await page.waitForSelector('#connection[data-state="login"]');
        const detail = await page.$eval("#connection-detail", (text) => text.textContent);
        assert.equal(detail, "This needs more rights: demo, demo:write. Log in to go on.");
        if (process.env.SCREENSHOT) await page.screenshot({ path: `${process.env.SCREENSHOT}-${kind}-${transport}-more.png` });
        await page.click("#reconnect");
        assert.deepEqual(await agree(page), ["Allow it?"]);
        await page.waitForSelector('#connection[data-state="open"]');
        await run();
        await page.waitForSelector('article[data-tool="backup_sqlite"][data-state="done"]');
        if (process.env.SCREENSHOT) await page.screenshot({ path: `${process.env.SCREENSHOT}-${kind}-${transport}-done.png` });
        await page.close();
      });
    }
  });
}
