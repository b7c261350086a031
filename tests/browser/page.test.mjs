// The demo page in real browsers, against the real demo server: five tools at once, cancel, a server that goes away and
// comes back, a flood, and everything a visitor can press.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { browsers, launch } from "../support/browser.mjs";
import { startDemoServer } from "../support/demo-server.mjs";
import { DemoPage, until } from "./demo-page.mjs";

const FIVE = ["process_items", "download_file", "backup_database", "scan_directory", "data_migration"];
const TABLES = ["users", "orders", "products", "inventory", "logs"];
const PHASES = ["Validating source data", "Exporting data from source", "Transforming data format", "Importing to destination"];

/** A browser says so itself when it cannot reach a WebSocket server; no page can prevent it. */
const CONNECTION_REFUSED = /wss?:\/\/|CONNECTION_REFUSED/;

/** What is wanted no more over HTTP, such as a subscription, ends by giving the request up. */
const ENDED_BY_US = /request failed: \S+\/mcp .*ABORTED/;

/**
 * @param {number} from
 * @param {number} to
 * @param {number} [step]
 */
const range = (from, to, step = 1) => Array.from({ length: (to - from) / step + 1 }, (_, i) => from + i * step);

/**
 * @param {number[]} values
 * @param {number} [total]
 */
const updates = (values, total) => values.map((value) => [String(value), String(total), "undefined"]);

for (const kind of browsers) {
  describe(`demo page in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    /** @type {import("../support/demo-server.mjs").DemoServer} */
    let server;
    before(async () => {
      server = await startDemoServer({ pace: 1 });
      browser = await launch(kind);
    });
    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    /**
     * @param {string} name
     * @param {(demo: DemoPage) => Promise<void>} body
     * @param {{ width?: number, allowed?: RegExp }} [options]
     */
    const onPage = (name, body, options = {}) =>
      test(name, { timeout: 120_000 }, async () => {
        const demo = await DemoPage.open(browser, server.url, options);
        try {
          await body(demo);
          assert.deepEqual(demo.complaints(options.allowed), []);
        } finally {
          await demo.close();
        }
      });

    onPage("connects by itself and says to what, in which revision", async (demo) => {
      assert.equal(await demo.text("#connection-text"), "Connected");
      assert.match(await demo.text("#server-version"), /^ProgressDemo \d/);
      assert.equal(await demo.text("#protocol-version"), "2026-07-28");
      assert.equal(await demo.text("#protocol-era"), "modern");
      const tools = await demo.tools();
      for (const tool of [...FIVE, "hash_directory", "backup_sqlite", "flood", "fail", "slow"]) assert.ok(tools.includes(tool), tool);
      assert.equal(await demo.text("#tool-count"), String(tools.length));
    });

    for (const [transport, mode, version, era] of /** @type {const} */ ([
      ["websocket", "auto", "2026-07-28", "modern"],
      ["http", "auto", "2026-07-28", "modern"],
      ["websocket", "legacy", "2025-11-25", "legacy"],
      ["http", "legacy", "2025-11-25", "legacy"],
    ])) {
      onPage(`works over ${transport} in mode ${mode}`, async (demo) => {
        await demo.connect(transport, mode);
        assert.deepEqual([await demo.text("#protocol-version"), await demo.text("#protocol-era")], [version, era]);

        await demo.run("scan_directory");
        assert.equal((await demo.card("scan_directory", (card) => card.state === "done")).updates, 10);

        // Elicitation: answered, declined, closed.
        for (const [action, result] of /** @type {const} */ ([
          ["accept", "Hello, Ada"],
          ["decline", "That is fine: hello all the same"],
          ["cancel", "Maybe another time"],
        ])) {
          await demo.run("ask_name");
          assert.equal(await demo.question(), "What is your name?");
          assert.match(await demo.text("#question-asker"), /^ProgressDemo asks/);
          await demo.answer(action, action === "accept" ? { name: "Ada" } : {});
          assert.equal((await demo.card("ask_name", (card) => card.state === "done")).result, result);
          await demo.click("#clear-finished");
        }

        // Sampling: answered, refused.
        await demo.run("summarize");
        await demo.question();
        assert.match(await demo.text("#question .messages"), /Sum up the following text/);
        await demo.fill("#question-answer", "In short: it works.");
        await demo.answer("accept");
        assert.equal((await demo.card("summarize", (card) => card.state === "done")).result, "In short: it works.");
        await demo.click("#clear-finished");
        await demo.run("summarize");
        await demo.question();
        await demo.answer("decline");
        await demo.card("summarize", (card) => card.state === "tool-error" || card.state === "failed");

        // A resource that is read, then followed; the list that grows.
        await demo.click("#tab-resources");
        await demo.click('[data-uri="demo://about"]');
        await until("the text", async () => /Progress demo/.test(await demo.text("#reader-body")));
        await demo.click('[data-uri="demo://picture"]');
        await until("the picture", () => demo.page.$("#reader-body img"));
        await demo.click('[data-uri="demo://notes"]');
        await until("the notes", async () => (await demo.text("#reader-uri")) === "demo://notes" && !(await demo.page.$("#reader-body img")));
        await demo.click("#reader-follow");
        await until("the subscription", () => demo.page.$('#reader-follow[aria-pressed="true"]'));
        const before = Number(await demo.text("#resource-count"));
        const note = `by ${kind} over ${transport}, ${mode}`;
        await demo.setArgument("add_note", "text", note);
        await demo.run("add_note");
        await until("the news in the open resource", async () => (await demo.text("#reader-body")).includes(note));
        await until("a longer list", async () => Number(await demo.text("#resource-count")) === before + 1);
        await demo.click("#reader-follow");
        await until("the end of the subscription", () => demo.page.$('#reader-follow[aria-pressed="false"]'));

        // A template, and a prompt whose field suggests.
        const template = '[data-name="demo://notes/{number}"]';
        await demo.fill(`${template} [data-argument="number"]`, "1");
        await demo.click(`${template} [data-part="run"]`);
        await until("the note", async () => (await demo.text("#reader-uri")) === "demo://notes/1");
        await demo.click("#tab-prompts");
        const prompt = '[data-name="review_code"]';
        await demo.click(`${prompt} [data-part="toggle"]`);
        await demo.page.type(`${prompt} [data-argument="language"]`, "Ru");
        await until("the suggestion", async () => (await demo.page.$$(`${prompt} [role="option"]`)).length === 1);
        await demo.page.keyboard.press("ArrowDown");
        await demo.page.keyboard.press("Enter");
        await demo.fill(`${prompt} [data-argument="code"]`, "fn main() {}");
        await demo.click(`${prompt} [data-part="run"]`);
        await until("the messages", async () => /Review this Rust code/.test(await demo.text("#conversation-messages")));
      }, { allowed: ENDED_BY_US });
    }

    onPage("keeps to the revision that is chosen, and to no other", async (demo) => {
      for (const version of ["2025-06-18", "2024-11-05", "2026-07-28"]) {
        await demo.connect("websocket", version);
        assert.equal(await demo.text("#protocol-version"), version);
      }
    });

    onPage("asks by forms of every kind, with defaults, and by addresses", async (demo) => {
      const schema = {
        type: "object",
        properties: {
          mail: { type: "string", format: "email", title: "Mail" },
          site: { type: "string", format: "uri" },
          day: { type: "string", format: "date", default: "2026-07-28" },
          moment: { type: "string", format: "date-time", default: "2026-07-28T10:00:00.000Z" },
          count: { type: "integer", minimum: 1, maximum: 5, default: 3 },
          share: { type: "number" },
          sure: { type: "boolean", default: true },
          size: { type: "string", enum: ["s", "m"], default: "m" },
          old: { type: "string", enum: ["a", "b"], enumNames: ["Alpha", "Beta"] },
          titled: { type: "string", oneOf: [{ const: "r", title: "Red" }, { const: "g", title: "Green" }] },
          several: { type: "array", items: { anyOf: [{ const: "x", title: "Ex" }, { const: "y", title: "Why" }] }, minItems: 1, default: ["x"] },
        },
        required: ["mail", "several"],
      };
      // A dialog of its own, so that any schema can be asked.
      await demo.page.evaluate(async (schema) => {
        const { Questions } = await import(/** @type {any} */ ("/questions.js"));
        const questions = new Questions(() => "Tester", () => {});
        const page = /** @type {any} */ (window);
        page.opened = [];
        page.open = (/** @type {any[]} */ ...what) => void page.opened.push(what);
        page.ask = (/** @type {any} */ params) => void questions.elicit(params, {}).then((/** @type {any} */ answer) => (page.answered = answer ?? { action: "cancel" }));
        page.ask({ message: "All kinds", requestedSchema: schema });
      }, schema);
      const answered = () => until("the answer", () => demo.page.evaluate(() => {
        const page = /** @type {any} */ (window);
        const { answered } = page;
        delete page.answered;
        return answered;
      }));
      assert.equal(await demo.question(), "All kinds");
      await demo.answer("accept", { mail: "nobody" });
      assert.ok(await demo.page.$("#question[open]"), "what is no mail address is not sent");
      const labels = await demo.page.$$eval("#question option", (options) => options.map((option) => option.textContent));
      assert.deepEqual(labels, ["not set", "s", "m", "not set", "Alpha", "Beta", "not set", "Red", "Green"]);
      await demo.answer("accept", { mail: "ada@example.com", titled: "1" });
      assert.deepEqual(await answered(), {
        action: "accept",
        content: { mail: "ada@example.com", day: "2026-07-28", moment: "2026-07-28T10:00:00.000Z", count: 3, sure: true, size: "m", titled: "g", several: ["x"] },
      });

      /** @param {string} url */
      const ask = (url) => demo.page.evaluate((url) => /** @type {any} */ (window).ask({ mode: "url", message: "Please log in", url }), url);
      await ask("https://login.example.com/start?x=1");
      assert.equal(await demo.question(), "Please log in");
      assert.equal(await demo.text(".question-url"), "https://login.example.com/start?x=1");
      assert.equal(await demo.text(".question-url strong"), "login.example.com");
      assert.deepEqual(await demo.page.evaluate("opened"), []);
      await demo.answer("accept");
      assert.deepEqual(await answered(), { action: "accept" });
      assert.deepEqual(await demo.page.evaluate("opened"), [["https://login.example.com/start?x=1", "_blank", "noopener,noreferrer"]]);
      for (const url of ["http://example.com/", "javascript:alert(1)", "no address"]) {
        await ask(url);
        await demo.question();
        assert.equal(await demo.page.$eval("#question-accept", (button) => /** @type {HTMLButtonElement} */ (button).disabled), true, url);
        await demo.page.keyboard.press("Escape");
        assert.equal((await answered()).action, "cancel");
      }
    });

    onPage("runs five tools side by side, with exact updates, log lines and results", async (demo) => {
      await demo.fill('[data-tool="process_items"] textarea', "alpha\nbeta\ngamma\n\n");
      await demo.fill('[data-tool="download_file"] input', "https://example.com/a.zip");
      await demo.click("#run-all");
      await until("the first five to end", async () => (await demo.cards()).every((card) => card.state !== "running"));

      // Once more, with more items to process, so that all five bars move at the same time for a while.
      await demo.fill('[data-tool="process_items"] textarea', range(1, 30).map((i) => `item ${i}`).join("\n"));
      // They do for a second or so: it is the page that looks.
      const atOnce = demo.page.evaluate(async () => {
        const running = () => [...document.querySelectorAll('.call[data-state="running"]')].filter((card) => Number(/** @type {HTMLElement} */ (card).dataset.updates) > 0);
        for (const end = performance.now() + 20_000; running().length !== 5; await new Promise((resolve) => setTimeout(resolve, 20))) {
          if (performance.now() > end) throw new Error("waited in vain for five calls that run and have all reported");
        }
      });
      await Promise.all([atOnce, demo.click("#run-all")]);
      await until("all ten to end", async () => (await demo.cards()).every((card) => card.state !== "running"));

      const cards = await demo.cards();
      assert.deepEqual(cards.map((card) => card.tool), [...FIVE, ...FIVE]);
      assert.ok(cards.every((card) => card.state === "done"));
      const [items, download, backup, scan, migration] = /** @type {import("./demo-page.mjs").Card[]} */ (cards.slice(5));
      assert.ok(items && download && backup && scan && migration);

      assert.deepEqual(await demo.updates(items.id), updates(range(0, 3), 3));
      assert.deepEqual(JSON.parse(items.result), { processed: 3, results: ["ALPHA", "BETA", "GAMMA"] });
      assert.deepEqual([items.kind, items.value, items.now], ["stages", "3 / 3", "100"]);

      assert.deepEqual(await demo.updates(download.id), updates(range(50, 1000, 50).map((kb) => (kb / 1000) * 100), 100));
      assert.equal(download.result, "Downloaded file from https://example.com/a.zip");
      assert.deepEqual([download.kind, download.value, download.now], ["fraction", "100%", "100"]);

      assert.deepEqual(await demo.updates(backup.id), updates(range(1, 5), 5));
      assert.deepEqual(backup.logs, TABLES.map((table) => `Backing up table: ${table}`));
      assert.equal(backup.result, "Database backup completed");
      assert.equal(backup.kind, "stages");

      assert.deepEqual(await demo.updates(scan.id), updates(range(1, 10)));
      assert.deepEqual(JSON.parse(scan.result), { files_found: 10, directory: "/var/data" });
      assert.deepEqual([scan.kind, scan.value, scan.now], ["count", "10", "100"]);

      assert.deepEqual(await demo.updates(migration.id), updates(range(0, 100, 5), 100));
      assert.deepEqual(migration.logs, PHASES);
      assert.equal(migration.result, "Migration from postgres://old to postgres://new completed");
      assert.equal(migration.kind, "fraction");

      assert.equal(await demo.text("#log-count"), "18");
    });

    onPage("cancels one call and leaves the others alone", async (demo) => {
      await demo.run("slow");
      await demo.run("scan_directory");
      const slow = await demo.card("slow", (card) => card.updates > 0);
      await demo.click(`.call[data-call="${slow.id}"] [data-part="cancel"]`);
      const cancelled = await demo.card("slow", (card) => card.state === "cancelled", 2_000);
      assert.notEqual(cancelled.code, "");
      const done = await demo.card("scan_directory", (card) => card.state === "done");
      assert.equal(done.updates, 10);
      assert.equal((await demo.card("slow")).updates, cancelled.updates);
      const sent = (await demo.frames()).find((frame) => frame.label === "notifications/cancelled");
      assert.ok(sent?.detail.startsWith(`#${slow.id}`), JSON.stringify(sent));
    });

    onPage("shows which of the two handlers ran", async (demo) => {
      await demo.run("backup_database");
      await demo.card("backup_database", (card) => card.handler === "client");
      await demo.click('#handler-switch input[value="call"]');
      await demo.run("scan_directory");
      const own = await demo.card("scan_directory", (card) => card.handler !== undefined);
      assert.equal(own.handler, "call");
      assert.match(await demo.text(`.call[data-call="${own.id}"] [data-part="handler"]`), /^Per-call handler$/);
      const done = await demo.card("scan_directory", (card) => card.state === "done");
      assert.equal(done.updates, 10);
      assert.equal((await demo.card("backup_database", (card) => card.state === "done")).handler, "client");
    });

    onPage("shows errors with their codes and goes on", async (demo) => {
      await demo.run("fail");
      const card = await demo.card("fail", (failed) => failed.state !== "running");
      assert.ok(card.state === "tool-error" ? card.result !== "" : card.code !== "", JSON.stringify(card));
      await demo.run("scan_directory");
      await demo.card("scan_directory", (done) => done.state === "done");
    });

    onPage("asks for what a form lacks before it calls", async (demo) => {
      await demo.setArgument("download_file", "url", "");
      await demo.run("download_file");
      assert.deepEqual(await demo.cards(), []);
      const focused = await demo.page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement)?.dataset.argument);
      assert.equal(focused, "url");
      await demo.setArgument("download_file", "url", "https://example.com/b");
      await demo.run("download_file");
      const card = await demo.card("download_file", (done) => done.state === "done");
      assert.equal(card.result, "Downloaded file from https://example.com/b");
    });

    onPage("survives a flood of 100,000 notifications and stays responsive", async (demo) => {
      await demo.setArgument("flood", "count", "100000");
      const stopwatch = await demo.page.evaluateHandle(() => {
        const drawn = { frames: 0, longest: 0, last: performance.now() };
        requestAnimationFrame(function next() {
          const now = performance.now();
          drawn.frames += 1;
          drawn.longest = Math.max(drawn.longest, now - drawn.last);
          drawn.last = now;
          requestAnimationFrame(next);
        });
        return drawn;
      });
      await demo.run("flood");
      const card = await demo.card("flood", (flood) => flood.state === "done", 90_000);
      const { frames, longest } = await stopwatch.jsonValue();
      assert.equal(card.updates, 100_000);
      assert.deepEqual([card.value, card.now], ["100%", "100"]);
      assert.ok(longest < 2_000, `the page drew ${frames} frames, but once none for ${longest} ms`);
      await until("the frames to be drawn", async () => (await demo.text("#frame-count")).startsWith("100,0"));
      assert.ok((await demo.frames()).length <= 500);
      await demo.run("scan_directory");
      await demo.card("scan_directory", (done) => done.state === "done");
    });

    onPage("inspects frames: filter, direction, whole message, pause, clear", async (demo) => {
      await demo.run("scan_directory");
      await demo.card("scan_directory", (card) => card.state === "done");
      await demo.fill("#frame-filter", "NOTIFICATIONS/progress");
      const progress = await demo.frames();
      assert.equal(progress.length, 10);
      assert.ok(progress.every((frame) => frame.direction === "received" && frame.label === "notifications/progress"));

      await demo.fill("#frame-filter", "scan_directory");
      await demo.fill("#frame-direction", "sent");
      const [call, ...others] = await demo.frames();
      assert.deepEqual([call?.label, others], ["tools/call", []]);
      await demo.click(".frame-row");
      const message = JSON.parse(await demo.text(".frame-body"));
      assert.equal(message.method, "tools/call");
      assert.deepEqual(message.params.arguments, { directory: "/var/data" });

      await demo.fill("#frame-direction", "all");
      await demo.fill("#frame-filter", "no frame has this");
      assert.deepEqual(await demo.frames(), []);
      await demo.fill("#frame-filter", "");
      await demo.click("#frames-pause");
      const before = (await demo.frames()).length;
      await demo.run("process_items");
      await demo.card("process_items", (card) => card.state === "done");
      assert.equal((await demo.frames()).length, before);
      await demo.click("#frames-pause");
      await demo.click("#frames-clear");
      assert.deepEqual(await demo.frames(), []);
      await demo.run("process_items");
      await until("new frames", async () => (await demo.frames()).length > 0);
    });

    onPage("works by keyboard alone", async (demo) => {
      const { keyboard } = demo.page;
      const focused = () =>
        demo.page.evaluate(() => {
          const element = /** @type {HTMLElement} */ (document.activeElement);
          return element.getAttribute("aria-label") ?? element.dataset.argument ?? element.textContent?.trim() ?? "";
        });
      /** @param {string} name */
      const tabTo = (name) =>
        until(`Tab to reach ${name}`, async () => {
          await keyboard.press("Tab");
          return (await focused()) === name;
        });

      await tabTo("scan_directory");
      await keyboard.press("Enter");
      await tabTo("Run scan_directory");
      await tabTo("directory");
      await keyboard.down("Control");
      await keyboard.press("a");
      await keyboard.up("Control");
      await keyboard.type("/srv");
      await keyboard.press("Enter");
      const done = await demo.card("scan_directory", (card) => card.state === "done");
      assert.deepEqual(JSON.parse(done.result), { files_found: 10, directory: "/srv" });

      await tabTo("Run slow");
      await keyboard.press("Enter");
      const slow = await demo.card("slow", (card) => card.updates > 0);
      await tabTo(`Cancel slow, call ${slow.id}`);
      await keyboard.press("Enter");
      await demo.card("slow", (card) => card.state === "cancelled");
      const kept = await until("the focus to stay on the card", () =>
        demo.page.evaluate(() => /** @type {HTMLElement} */ (document.activeElement).dataset.call),
      );
      assert.equal(kept, String(slow.id));
    });

    onPage("tells screen readers what happens", async (demo) => {
      await demo.run("process_items");
      await until("the announcement", async () => /process_items: Done after/.test(await demo.text("#announcer")));
      const bar = await demo.page.$eval("mcp-progress", (element) => {
        const inner = element.shadowRoot?.querySelector('[role="progressbar"]');
        return ["aria-label", "aria-valuemin", "aria-valuemax", "aria-valuenow", "aria-valuetext"].map((name) => inner?.getAttribute(name));
      });
      const { id } = await demo.card("process_items");
      assert.deepEqual(bar, [`Progress of process_items, call ${id}`, "0", "100", "100", "100%"]);
      const unlabelled = await demo.page.$$eval("input, select, textarea", (controls) =>
        controls.filter((control) => !(/** @type {HTMLInputElement} */ (control).labels?.length)).map((control) => control.id),
      );
      assert.deepEqual(unlabelled, []);
    });

    onPage("has a light and a dark theme, and remembers the choice", async (demo) => {
      const look = () =>
        demo.page.evaluate(() => {
          const { backgroundColor, color } = getComputedStyle(document.body);
          return { backgroundColor, color, pressed: document.getElementById("theme-toggle")?.getAttribute("aria-pressed") };
        });
      const first = await look();
      await demo.click("#theme-toggle");
      const second = await look();
      assert.notEqual(second.backgroundColor, first.backgroundColor);
      assert.notEqual(second.color, first.color);
      assert.notEqual(second.pressed, first.pressed);
      await demo.page.reload();
      await demo.untilConnection("open");
      assert.deepEqual(await look(), second);
      await demo.click("#theme-toggle");
      assert.deepEqual(await look(), first);
      if (kind === "chromium") {
        for (const [value, pressed] of /** @type {const} */ ([["dark", "true"], ["light", "false"]])) {
          await demo.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
          await until(`the page to turn ${value} with the system`, async () => (await look()).pressed === pressed);
        }
      }
    });

    onPage(
      "fits a narrow screen",
      async (demo) => {
        await demo.click("#run-all");
        const card = await demo.card("process_items", (running) => running.updates > 0);
        const { wide, top } = await demo.page.evaluate((id) => {
          const article = document.querySelector(`.call[data-call="${id}"]`);
          return { wide: document.documentElement.scrollWidth, top: article?.getBoundingClientRect().top ?? Infinity };
        }, card.id);
        assert.ok(wide <= 400, `the page is ${wide} px wide`);
        assert.ok(top >= 0 && top < 800, `the first card is at ${top} px`);
      },
      { width: 400 },
    );

    onPage("the theme's button keeps its corner at every width, and nothing is wider than the page", async (demo) => {
      for (const width of [1440, 1200, 1024, 800, 390]) {
        await demo.page.setViewport({ width, height: 800 });
        const { wide, top, left } = await demo.page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement;
          const { top = -1, right = -1 } = document.querySelector("#theme-toggle")?.getBoundingClientRect() ?? {};
          return { wide: scrollWidth, top, left: clientWidth - right };
        });
        assert.ok(wide <= width, `the page is ${wide} px wide at ${width}`);
        assert.ok(top >= 0 && top < 20, `at ${width} the button is ${top} px from the top`);
        assert.ok(left >= 0 && left < 24, `at ${width} the button is ${left} px from the side`);
      }
    });

    onPage("disconnects, refuses a wrong endpoint, and connects again", async (demo) => {
      await demo.click("#disconnect");
      await demo.untilConnection("closed");
      assert.equal(await demo.page.$eval("#run-all", (button) => /** @type {HTMLButtonElement} */ (button).disabled), true);
      const endpoint = await demo.page.$eval("#endpoint", (input) => /** @type {HTMLInputElement} */ (input).value);
      assert.equal(endpoint, server.ws);
      await demo.fill("#endpoint", "gopher://example.com/");
      await demo.click("#reconnect");
      assert.equal(await demo.connection(), "closed");
      await demo.fill("#endpoint", endpoint);
      await demo.click("#reconnect");
      await demo.untilConnection("open");
      await demo.click("#reconnect");
      await demo.untilConnection("open");
      await demo.run("scan_directory");
      await demo.card("scan_directory", (card) => card.state === "done");
    });

    test("reconnects when the server comes back", { timeout: 120_000 }, async () => {
      const first = await startDemoServer({ pace: 1 });
      const demo = await DemoPage.open(browser, first.url);
      /** @type {import("../support/demo-server.mjs").DemoServer | undefined} */
      let second;
      try {
        await demo.setArgument("scan_directory", "directory", "/typed/before");
        await demo.run("slow");
        const slow = await demo.card("slow", (card) => card.updates > 0);
        await first.stop();
        const failed = await demo.card("slow", (card) => card.state === "failed", 5_000);
        assert.notEqual(failed.code, "");
        await demo.untilConnection("reconnecting");
        second = await startDemoServer({ pace: 1, port: first.port });
        await demo.untilConnection("open", 30_000);
        await demo.run("scan_directory");
        const done = await demo.card("scan_directory", (card) => card.state === "done");
        assert.deepEqual(JSON.parse(done.result), { files_found: 10, directory: "/typed/before" });
        assert.ok(done.id > slow.id, "ids are not used again");
        assert.deepEqual(demo.complaints(CONNECTION_REFUSED), []);
      } finally {
        await demo.close();
        await second?.stop();
        await first.stop();
      }
    });
  });
}
