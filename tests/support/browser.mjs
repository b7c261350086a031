// Real browsers for tests: Chromium over CDP and Firefox over WebDriver BiDi, both by puppeteer.
import { accessSync, constants } from "node:fs";
import path from "node:path";
import puppeteer from "puppeteer-core";

/** @typedef {"chromium" | "firefox"} Kind */

/** The browsers that every browser test runs in; BROWSERS=chromium narrows it down. */
export const browsers = /** @type {Kind[]} */ ((process.env.BROWSERS ?? "chromium,firefox").split(",").filter(Boolean));

const programs = {
  chromium: { variable: "CHROME", names: ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"] },
  firefox: { variable: "FIREFOX", names: ["firefox-esr", "firefox"] },
  webkit: { variable: "WEBKIT_DRIVER", names: ["WebKitWebDriver"] },
  xvfb: { variable: "XVFB", names: ["Xvfb"] },
};

const chromiumArgs = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * The program of a browser, or what it needs: the one that its variable names, such as CHROME or
 * FIREFOX, else the first in PATH.
 * @param {keyof typeof programs} kind
 */
export function findProgram(kind) {
  const { variable, names } = programs[kind];
  const named = process.env[variable];
  if (named) return named;
  for (const name of names) {
    for (const directory of (process.env.PATH ?? "").split(path.delimiter)) {
      const file = path.join(directory, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not there: look on.
      }
    }
  }
  throw new Error(`no ${kind} found: install it, or name its program in ${variable}`);
}

/**
 * Starts a headless browser. Close it with `browser.close()`.
 * @param {Kind} kind
 * @param {{ args?: string[], acceptInsecureCerts?: boolean, hosts?: string[] }} [options] `hosts`: names that lead to this machine
 */
export async function launch(kind, { args = [], acceptInsecureCerts = false, hosts = [] } = {}) {
  const mapped = hosts.length ? [`--host-resolver-rules=${hosts.map((host) => `MAP ${host} 127.0.0.1`).join(",")}`] : [];
  return puppeteer.launch({
    browser: kind === "firefox" ? "firefox" : "chrome",
    executablePath: findProgram(kind),
    headless: true,
    acceptInsecureCerts,
    args: kind === "chromium" ? [...chromiumArgs, ...mapped, ...args] : args,
    ...(kind === "firefox" && hosts.length && { extraPrefsFirefox: { "network.dns.localDomains": hosts.join(",") } }),
    // Loaded machines are slow at starting Firefox; tests have limits of their own, none longer than the last.
    timeout: 90_000,
    protocolTimeout: 300_000,
  });
}

/**
 * A page that remembers what went wrong in it.
 * @typedef {object} WatchedPage
 * @property {import("puppeteer-core").Page} page
 * @property {string[]} errors console errors, uncaught exceptions and failed requests, so far
 * @property {string[]} logs every console message, as `type: text`
 * @property {() => void} assertClean throws if anything went wrong
 */

/**
 * Opens a page and records its console.
 * @param {import("puppeteer-core").Browser | import("puppeteer-core").BrowserContext} browser
 * @param {string} [url]
 * @returns {Promise<WatchedPage>}
 */
export async function openPage(browser, url) {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  /** @type {string[]} */
  const errors = [];
  /** @type {string[]} */
  const logs = [];
  page.on("console", (message) => {
    logs.push(`${message.type()}: ${message.text()}`);
    if (message.type() === "error" || message.text().includes("panicked at")) errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(`uncaught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`));
  page.on("requestfailed", (request) => errors.push(`request failed: ${request.url()} ${request.failure()?.errorText ?? ""}`));
  if (url) await page.goto(url, { waitUntil: "load" });
  return {
    page,
    errors,
    logs,
    assertClean() {
      if (errors.length) throw new Error(`the page reported errors:\n${errors.join("\n")}`);
    },
  };
}
