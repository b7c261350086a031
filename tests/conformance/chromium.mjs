// The conformance suite's client under test, in a page: node tests/conformance/chromium.mjs URL, with
// the address of a browser in CONFORMANCE_BROWSER, which all scenarios share.
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { openPage } from "../support/browser.mjs";
import { pkg } from "../support/paths.mjs";
import { startStaticServer } from "../support/static-server.mjs";
import { readTask } from "./task.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const html = "<!doctype html><meta charset=utf-8><title>conformance</title>";
const task = readTask();
const site = await startStaticServer({ mounts: { "/conformance/": here, "/pkg/": pkg }, files: { "/": html, "/oauth.html": html } });
const browser = await puppeteer.connect({ browserWSEndpoint: process.env.CONFORMANCE_BROWSER });
const context = await browser.createBrowserContext();
try {
  const { page, errors } = await openPage(context, site.url);
  await page.evaluate(async (task) => {
    const { drive } = await import(/** @type {any} */ ("/conformance/driver.mjs"));
    const { OAuth } = await import(/** @type {any} */ ("/pkg/auth/index.js"));
    /** A page sees where redirects led to, and not by which way. @param {URL} url */
    const open = async (url) => (await fetch(url)).url;
    await drive({ ...(await import(/** @type {any} */ ("/pkg/index.js"))), OAuth }, task, { open });
  }, task);
  // Chromium itself calls every status from 400 on an error; the suite's servers send some.
  const bad = errors.filter((text) => /^uncaught|panicked at/.test(text));
  if (bad.length) throw new Error(bad.join("\n"));
} finally {
  await context.close();
  await browser.disconnect();
  await site.stop();
}
