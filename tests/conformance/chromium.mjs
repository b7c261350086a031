// The conformance suite's client under test, in a page: node tests/conformance/chromium.mjs URL
//
// The suite's servers send no CORS headers, so the browser is told not to ask for them.
import { fileURLToPath } from "node:url";
import { launch, openPage } from "../support/browser.mjs";
import { pkg } from "../support/paths.mjs";
import { startStaticServer } from "../support/static-server.mjs";
import { readTask } from "./task.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const html = "<!doctype html><meta charset=utf-8><title>conformance</title>";
const task = readTask();
const site = await startStaticServer({ mounts: { "/conformance/": here, "/pkg/": pkg }, files: { "/": html } });
const browser = await launch("chromium", { args: ["--disable-web-security"] });
try {
  const { page, errors } = await openPage(browser, site.url);
  await page.evaluate(async (task) => {
    const { drive } = await import(/** @type {any} */ ("/conformance/driver.mjs"));
    await drive(await import(/** @type {any} */ ("/pkg/index.js")), task);
  }, task);
  // Chromium itself calls every status from 400 on an error; the suite's servers send some.
  const bad = errors.filter((text) => /^uncaught|panicked at/.test(text));
  if (bad.length) throw new Error(bad.join("\n"));
} finally {
  await browser.close();
  await site.stop();
}
