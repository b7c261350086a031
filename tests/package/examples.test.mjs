// The examples as their users get them: each is copied, finds the packed package, is compiled, built and opened.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { launch, openPage } from "../support/browser.mjs";
import { startDemoServer } from "../support/demo-server.mjs";
import { complete, examplesOf } from "../support/examples.mjs";
import { pkg, root, tests } from "../support/paths.mjs";
import { startStaticServer } from "../support/static-server.mjs";

const exec = promisify(execFile);
const examples = path.join(root, "examples");
const CDN = /https:\/\/cdn\.jsdelivr\.net\/npm\/mcp-wasm@[\d.]+\//g;

/** A directory for all of them, whose packages each finds above its own. */
let directory = "";
/** @type {import("../support/demo-server.mjs").DemoServer} */
let server;
/** @type {import("puppeteer-core").Browser} */
let browser;

before(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "mcp-wasm-examples-"));
  const modules = path.join(directory, "node_modules");
  await mkdir(modules);
  const { stdout } = await exec("npm", ["pack", pkg, "--json", "--pack-destination", directory], { cwd: directory });
  const parsed = JSON.parse(stdout);
  const [{ filename }] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  await exec("tar", ["xzf", path.join(directory, path.basename(filename)), "-C", modules]);
  await exec("mv", [path.join(modules, "package"), path.join(modules, "mcp-wasm")]);
  for (const name of ["@types", "react", "react-dom", "typescript", "vite"]) await symlink(path.join(tests, "node_modules", name), path.join(modules, name));
  [server, browser] = await Promise.all([startDemoServer({ args: ["--allow-origin", "*"] }), launch("chromium")]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (directory) await rm(directory, { recursive: true, force: true });
});

/** Copies an example, with the address of this test's server. @param {string} name @param {string[]} files those that name the server */
async function copy(name, files) {
  const app = path.join(directory, name);
  await cp(path.join(examples, name), app, { recursive: true });
  for (const file of files) {
    const text = await readFile(path.join(app, file), "utf8");
    assert.ok(text.includes("//127.0.0.1:8000/"), `${file} names no server`);
    await writeFile(path.join(app, file), complete(text, server.ws, false).replace(CDN, "/node_modules/mcp-wasm/"));
  }
  return app;
}

/** Compiles and builds an example of Vite's. @param {string} app */
async function build(app) {
  const { build } = await import("vite");
  const tsc = exec(path.join(tests, "node_modules", ".bin", "tsc"), ["--project", app, "--pretty", "false"]).catch((error) => assert.fail(error.stdout || error.message));
  await Promise.all([tsc, build({ root: app, logLevel: "error", build: { outDir: "dist" } })]);
  return path.join(app, "dist");
}

/**
 * Opens a page and does something with it.
 * @param {Record<string, string>} mounts
 * @param {string} place
 * @param {(page: import("puppeteer-core").Page, logs: string[]) => Promise<void>} use
 */
async function open(mounts, place, use) {
  const site = await startStaticServer({ mounts });
  try {
    const { page, logs, assertClean } = await openPage(browser, site.url + place);
    await use(page, logs);
    assertClean();
    await page.close();
  } finally {
    await site.stop();
  }
}

/** Waits for a text on the page. @param {import("puppeteer-core").Page} page @param {string} text */
const shows = (page, text) => page.waitForFunction((text) => document.body.innerText.includes(text), { timeout: 10_000 }, text);

test("one-file: a button starts a tool, the bar shows it, the result comes", async () => {
  await copy("one-file", ["index.html"]);
  await open({ "/": directory }, "one-file/index.html", async (page) => {
    await page.waitForSelector("button:enabled");
    await page.click("button");
    await shows(page, "Downloaded file from https://example.com/file");
    await shows(page, "Download");
    assert.equal(await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector("mcp-progress")).dataset.state), "done");
  });
});

test("one-file: where nobody listens, the page says so, and what to do", async () => {
  const app = await copy("one-file", ["index.html"]);
  const stopped = await startDemoServer();
  await stopped.stop();
  const file = path.join(app, "nobody.html");
  await writeFile(file, (await readFile(path.join(app, "index.html"), "utf8")).replace(server.ws, stopped.ws));
  const site = await startStaticServer({ mounts: { "/": directory } });
  const { page } = await openPage(browser, `${site.url}one-file/nobody.html`);
  await shows(page, "Nobody answers at");
  await page.close();
  await site.stop();
});

test("vite-ts: compiles, builds and shows a bar, and is what the README says", async () => {
  const code = await readFile(path.join(examples, "vite-ts", "src", "main.ts"), "utf8");
  assert.deepEqual(examplesOf("README.md").filter(({ kind }) => kind === "ts").map((example) => example.code), [code]);
  const dist = await build(await copy("vite-ts", []));
  await open({ "/": dist }, "", async (page) => {
    await page.waitForSelector('mcp-progress[data-state="done"]', { timeout: 10_000 });
  });
});

test("react: a button starts a tool, its calls are listed, the result comes", async () => {
  const dist = await build(await copy("react", ["src/main.tsx"]));
  await open({ "/": dist }, "", async (page) => {
    await page.waitForSelector("button:enabled");
    await page.click("button");
    await shows(page, "Database backup completed");
  });
});

test("rust-wasm-client: the page of the Rust program shows progress, and the result comes", async () => {
  const [app, source] = [path.join(directory, "rust-wasm-client"), path.join(examples, "rust-wasm-client")];
  await mkdir(app);
  for (const name of ["index.html", "page.js"]) await cp(path.join(source, name), path.join(app, name));
  await exec("wasm-pack", ["build", source, "--dev", "--target", "web", "--out-dir", path.join(app, "pkg")]);
  const own = await startDemoServer({ args: ["--www", app, "--pkg", path.join(app, "pkg")] });
  try {
    const { page, assertClean } = await openPage(browser, own.url);
    // The program is started by then.
    await page.waitForFunction(() => document.getElementById("run")?.onclick, { timeout: 10_000 });
    await page.click("button");
    await shows(page, "AN APPLE, A PEAR, A PLUM, A CHERRY, A QUINCE");
    assert.equal(await page.evaluate(() => document.querySelector("progress")?.position), 1);
    assertClean();
    await page.close();
  } finally {
    await own.stop();
  }
});

test("worker: a flood of reports reaches the page, all of it", async () => {
  const dist = await build(await copy("worker", ["src/main.ts"]));
  await open({ "/": dist }, "", async (page) => {
    await page.waitForSelector("button:enabled");
    await page.click("button");
    await shows(page, "20000 reports, the longest frame took");
  });
});

test("in-page-iframe: a page calls a tool of a frame of another origin", async () => {
  const app = await copy("in-page-iframe", []);
  for (const file of ["index.html", "frame.html"]) await writeFile(path.join(app, file), (await readFile(path.join(app, file), "utf8")).replace(CDN, "/node_modules/mcp-wasm/"));
  await open({ "/": directory }, "in-page-iframe/index.html", async (page) => {
    await page.waitForSelector("button:enabled");
    await page.click("button");
    await shows(page, "100 % painted");
    await shows(page, "The widget is teal.");
  });
});

test("each example says how to run it, is listed, and takes this version of the package", () => {
  const index = readFileSync(path.join(examples, "README.md"), "utf8");
  const { version } = JSON.parse(readFileSync(path.join(pkg, "package.json"), "utf8"));
  const folders = readdirSync(examples, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.ok(folders.length >= 3);
  for (const { name } of folders) {
    const readme = readFileSync(path.join(examples, name, "README.md"), "utf8");
    assert.match(readme, /^```sh\n.+\n```$/m, `${name} does not say how to run it`);
    assert.ok(index.includes(`(${name})`), `${name} is not listed`);
    const file = path.join(examples, name, "package.json");
    if (!existsSync(file)) continue;
    const wanted = JSON.parse(readFileSync(file, "utf8")).dependencies["mcp-wasm"];
    assert.equal(wanted, `^${version.split(".").slice(0, 2).join(".")}.0`, `${name} takes another version`);
  }
});
