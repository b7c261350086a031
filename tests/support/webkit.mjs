// WebKitGTK's browser for tests, by plain WebDriver on a virtual screen: it knows no headless mode.
import { once } from "node:events";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { findProgram } from "./browser.mjs";

/**
 * @typedef {object} Webkit
 * @property {(url: string) => Promise<void>} open
 * @property {() => Promise<any>} done what the page's `globalThis.done` becomes, once it has one
 * @property {() => Promise<void>} close
 */

/** Waits in the page, as WebDriver has it: the last argument is called with the outcome. */
const WAIT = `const end = arguments[arguments.length - 1];
(async () => {
  while (!globalThis.done) await new Promise((resolve) => requestAnimationFrame(resolve));
  return { value: await globalThis.done };
})().then(end, (error) => end({ error: String(error) }));`;

/** @returns {Promise<Webkit>} */
export async function launchWebkit() {
  const screen = spawn(findProgram("xvfb"), ["-displayfd", "3", "-screen", "0", "800x600x24", "-nolisten", "tcp"], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const [display] = await once(/** @type {import("node:stream").Readable} */ (screen.stdio[3]), "data");
  const port = await freePort();
  const env = { ...process.env, DISPLAY: `:${String(display).trim()}`, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" };
  const driver = spawn(findProgram("webkit"), [`--port=${port}`], { env, stdio: "ignore" });
  process.once("exit", () => [driver, screen].forEach((child) => child.kill("SIGKILL")));

  /** @param {string} method @param {string} path @param {object} [body] */
  const command = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
    const { value } = /** @type {any} */ (await answer.json());
    if (!answer.ok) throw new Error(`WebKit's driver: ${value.error}: ${value.message}`);
    return value;
  };
  // It prints nothing when it is ready.
  for (const end = Date.now() + 20_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const ready = await command("GET", "/status").catch(() => undefined);
    if (ready) break;
    if (driver.exitCode !== null || Date.now() > end) throw new Error("WebKit's driver did not start");
  }
  const { sessionId } = await command("POST", "/session", { capabilities: {} });
  return {
    open: (url) => command("POST", `/session/${sessionId}/url`, { url }),
    async done() {
      const { value, error } = await command("POST", `/session/${sessionId}/execute/async`, { script: WAIT, args: [] });
      if (error) throw new Error(`in the page: ${error}`);
      return value;
    },
    async close() {
      await command("DELETE", `/session/${sessionId}`).catch(() => {});
      for (const child of [driver, screen]) {
        if (child.exitCode !== null || !child.kill()) continue;
        await once(child, "exit");
      }
    },
  };
}

/** A port that nobody listens on just now. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}
