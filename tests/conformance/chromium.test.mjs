// Our client in Chromium against the official conformance suite.
import { launch } from "../support/browser.mjs";
import { judgeClient } from "./clients.mjs";

// The suite's servers send no CORS headers, so the browser is told not to ask for them.
const browser = await launch("chromium", { args: ["--disable-web-security"] });
try {
  process.env.CONFORMANCE_BROWSER = browser.wsEndpoint();
  await judgeClient("chromium.mjs", "client-chromium");
} finally {
  await browser.close();
}
