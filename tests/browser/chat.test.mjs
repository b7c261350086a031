// The chat page in Chromium, against the real demo server: parallel tools with their progress in
// the conversation, what a server asks in it, and the stop.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { launch, openPage } from "../support/browser.mjs";
import { startDemoServer } from "../support/demo-server.mjs";
import { until } from "./demo-page.mjs";

/** What is in the conversation. */
const LOOK = () => ({
  messages: [...document.querySelectorAll(".message")].map((message) => ({
    role: /** @type {HTMLElement} */ (message).dataset["role"],
    busy: message.getAttribute("aria-busy") === "true",
    texts: [...message.querySelectorAll(":scope > p")].map((p) => p.textContent),
    tools: [...message.querySelectorAll(".tool")].map((tool) => {
      const { tool: name, state, call } = /** @type {HTMLElement} */ (tool).dataset;
      const bar = /** @type {HTMLElement} */ (tool.querySelector("mcp-progress"));
      const outcome = tool.querySelector(":scope > .content-text, details:not([hidden]) > summary")?.textContent ?? "";
      return { name, state, call: Number(call), bar: bar.hidden ? undefined : bar.dataset["state"], outcome };
    }),
  })),
  status: document.querySelector("#status")?.textContent ?? "",
  welcome: !(/** @type {HTMLElement} */ (document.querySelector("#welcome")).hidden),
});

describe("chat page", () => {
  /** @type {import("puppeteer-core").Browser} */
  let browser;
  /** @type {import("../support/demo-server.mjs").DemoServer} */
  let server;
  before(async () => {
    [server, browser] = await Promise.all([startDemoServer({ pace: 0.4 }), launch("chromium")]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /**
   * @param {string} name
   * @param {(chat: ReturnType<typeof pageOf>) => Promise<void>} body
   * @param {{ query?: string, width?: number }} [options]
   */
  const onPage = (name, body, { query = "", width = 1000 } = {}) =>
    test(name, { timeout: 60_000 }, async () => {
      const watched = await openPage(browser);
      await watched.page.setViewport({ width, height: 760 });
      await watched.page.goto(`${server.url}chat/${query}`, { waitUntil: "load" });
      await watched.page.waitForSelector("#suggestions button:not([disabled])");
      await body(pageOf(watched.page));
      watched.assertClean();
      await watched.page.close();
    });

  onPage("several tools run side by side, each with its progress in the conversation", async (chat) => {
    const { welcome, status } = await chat.look();
    assert.ok(welcome);
    assert.match(status, /^Scripted model/);
    const names = ["backup_database", "download_file", "scan_directory", "data_migration"];
    // They run together for half a second: it is the page that looks.
    const [running] = await Promise.all([
      chat.moment((tools) => tools.length === 4 && tools.every(({ state, bar }) => state === "running" && bar !== undefined) && String(tools.map(({ bar }) => bar)).startsWith("determinate,determinate,indeterminate,")),
      chat.press("Run the nightly jobs"),
    ]);
    assert.deepEqual(running.messages.flatMap(({ tools }) => tools).map(({ name }) => name), names);
    assert.match(running.status, /^Scripted model · [234] tools at work/);
    await chat.idle();
    const { messages, welcome: still } = await chat.look();
    assert.equal(still, false);
    assert.deepEqual(messages.map(({ role, busy }) => [role, busy]), [["user", false], ["assistant", false]]);
    const [, answer] = messages;
    assert.deepEqual(answer?.tools.map(({ state, bar }) => [state, bar]), names.map(() => ["done", undefined]));
    assert.equal(answer?.tools[0]?.outcome, "Database backup completed");
    assert.match(String(answer?.texts[1]), /^All four jobs are done/);
  });

  for (const [mode, query] of /** @type {const} */ ([["modern", ""], ["legacy", "?mode=legacy"]])) {
    onPage(`what a server asks is answered in the conversation, ${mode}`, async (chat) => {
      await chat.press("Greet me by my name");
      await chat.page.waitForSelector(".question input:focus");
      // Below the call that it belongs to.
      assert.equal(await chat.page.$eval(".question", (question) => question.parentElement?.dataset["tool"]), "ask_name");
      assert.equal(await chat.page.$eval(".question-asker", (element) => element.textContent), "ProgressDemo asks");
      await chat.page.keyboard.press("Enter");
      assert.ok(await chat.page.$(".question input:invalid"), "what is required is asked for");
      await chat.page.keyboard.type("Ada");
      await chat.page.keyboard.press("Enter");
      await chat.idle();
      assert.equal((await chat.look()).messages.at(-1)?.texts.at(-1), "The tool says: “Hello, Ada”.");
      assert.equal(await chat.page.$eval(".question-answer", (element) => element.textContent), "What is your name? You answered Ada.");

      await chat.press("Greet me by my name");
      await chat.page.waitForSelector(".question");
      await chat.page.click('.question [data-part="decline"]');
      await chat.idle();
      assert.match(String((await chat.look()).messages.at(-1)?.texts.at(-1)), /hello all the same/);
    }, { query });
  }

  onPage("a tool that fails leaves the others alone", async (chat) => {
    await chat.press("See a tool fail");
    await chat.idle();
    const [, answer] = (await chat.look()).messages;
    assert.deepEqual(answer?.tools.map(({ name, state }) => [name, state]), [["fail", "failed"], ["process_items", "done"]]);
    assert.equal(answer?.tools[0]?.outcome, "This tool always fails");
    assert.match(String(answer?.texts[1]), /“fail” failed/);
  });

  onPage("stop ends every tool at once, also on the server, and the conversation goes on", async (chat) => {
    /** @type {any[]} */
    const sent = [];
    const session = await chat.page.createCDPSession();
    await session.send("Network.enable");
    session.on("Network.webSocketFrameSent", ({ response }) => sent.push(JSON.parse(response.payloadData)));
    await chat.press("Wait for a minute");
    const tools = await chat.tools((tools) => tools.length === 2 && tools.every(({ bar }) => bar === "determinate") && tools);
    await chat.page.click("#stop");
    await chat.idle();
    const stopped = (await chat.look()).messages.at(-1);
    assert.deepEqual(stopped?.tools.map(({ state }) => state), ["cancelled", "cancelled"]);
    assert.equal(stopped?.texts.at(-1), "You stopped this turn.");
    const cancelled = () => sent.filter(({ method }) => method === "notifications/cancelled").map(({ params }) => params.requestId);
    await until("the cancellations", async () => cancelled().length === 2);
    assert.deepEqual(cancelled().sort(), tools.map(({ call }) => call).sort());

    // One of them alone.
    await chat.press("Wait for a minute");
    await chat.tools((tools) => tools.length === 4 && tools.slice(2).every(({ bar }) => bar === "determinate"));
    await chat.page.click('.message:last-child .tool:first-child [data-part="stop"]');
    const states = await chat.tools((tools) => tools[2]?.state === "cancelled" && tools.slice(2).map(({ state }) => state));
    assert.deepEqual(states, ["cancelled", "running"]);
    await chat.page.keyboard.press("Escape");
    await chat.idle();
    assert.equal((await chat.look()).messages.at(-1)?.tools[1]?.state, "cancelled");
  });

  onPage("works by keyboard, and on a phone nothing sticks out", async (chat) => {
    await chat.page.focus("#prompt");
    await chat.page.keyboard.type("Sing a song");
    await chat.page.keyboard.press("Enter");
    await chat.idle();
    assert.match(String((await chat.look()).messages.at(-1)?.texts[0]), /^I am a scripted model/);
    await chat.page.keyboard.type("please run my jobs");
    await chat.page.keyboard.press("Enter");
    await chat.tools((tools) => tools.length === 4);
    const wide = await chat.page.evaluate(() => ({
      page: document.documentElement.scrollWidth - innerWidth,
      column: [...document.querySelectorAll(".message, .tool, .composer form")].filter((element) => element.getBoundingClientRect().right > innerWidth).length,
    }));
    assert.deepEqual(wide, { page: 0, column: 0 });
    await chat.page.keyboard.press("Escape");
    await chat.idle();
  }, { width: 360 });

  test("the demo page leads to it, and it leads back", async () => {
    const { page } = await openPage(browser, server.url);
    await Promise.all([page.waitForNavigation(), page.click('a[href="chat/"]')]);
    assert.equal(await page.title(), "mcp-wasm · chat demo");
    await Promise.all([page.waitForNavigation(), page.click('a[href="../"]')]);
    assert.equal(page.url(), server.url);
    await page.close();
  });
});

/** @param {import("puppeteer-core").Page} page */
function pageOf(page) {
  const look = () => page.evaluate(LOOK);
  return {
    page,
    look,
    /** Presses a suggestion. @param {string} title */
    press: (title) => page.evaluate((title) => [...document.querySelectorAll("button")].find((button) => button.textContent === title)?.click(), title),
    /**
     * What is there as soon as all tools are as wanted, which does not last: the page itself looks.
     * @param {(tools: Awaited<ReturnType<typeof look>>["messages"][number]["tools"]) => boolean} test a function of its own
     * @returns {Promise<Awaited<ReturnType<typeof look>>>}
     */
    moment: (test) =>
      /** @type {Promise<any>} */ (page.evaluate(`(async (look, test) => {
        for (const end = performance.now() + 20_000; performance.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
          const seen = look();
          if (test(seen.messages.flatMap(({ tools }) => tools))) return seen;
        }
        throw new Error("waited in vain for tools with " + test);
      })(${LOOK}, ${test})`)),
    /** Waits until no turn runs. */
    idle: () => until("the end of the turn", async () => !(await look()).messages.at(-1)?.busy && (await page.$("#stop[hidden]"))),
    /**
     * All tools of the conversation, once they are as wanted.
     * @template T
     * @param {(tools: Awaited<ReturnType<typeof look>>["messages"][number]["tools"]) => T | false | undefined} test
     */
    tools: (test) => until(`tools with ${test}`, async () => test((await look()).messages.flatMap(({ tools }) => tools))),
  };
}
