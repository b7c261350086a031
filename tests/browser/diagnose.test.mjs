// `diagnose` in real browsers, against servers with one fault each.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { WebSocketServer } from "ws";
import { browsers, launch, openPage } from "../support/browser.mjs";
import { startFakeServer } from "../support/fake-server.mjs";
import { startFaultyServer } from "../support/faulty-server.mjs";
import { pkg } from "../support/paths.mjs";
import { startStaticServer } from "../support/static-server.mjs";

/** @typedef {import("../../pkg-template/types/diagnosis.js").Diagnosis} Diagnosis */
/** @typedef {{ url: string, options?: any, ok?: boolean, codes: string[], says?: RegExp, fix?: RegExp, more?: (outcome: Diagnosis) => void }} Case */

const html = "<!doctype html><meta charset=utf-8><title>diagnose</title>";
const LEGACY_HEADERS = "mcp-protocol-version, mcp-session-id, authorization, content-type";

/** @type {(() => Promise<unknown>)[]} */
const undo = [];
/** @template {{ stop: () => Promise<unknown> }} Server @param {Promise<Server>} starting */
async function started(starting) {
  const server = await starting;
  undo.push(server.stop);
  return server;
}
after(async () => {
  for (const stop of undo.reverse()) await stop();
});

/** @param {import("../support/faulty-server.mjs").Faults} [faults] */
const http = async (faults) => (await started(startFaultyServer(faults))).url;
/** @param {number} status @param {Record<string, string>} [headers] @param {string} [body] */
const always = (status, headers = {}, body = "") => http({ answer: (_, response) => Boolean(response.writeHead(status, headers).end(body)) });

/** What a WebSocket server does that is none of MCP. @param {import("ws").ServerOptions} options */
async function socket(options) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, ...options });
  await new Promise((resolve) => server.once("listening", () => resolve(undefined)));
  undo.push(() => new Promise((resolve) => (server.clients.forEach((client) => client.terminate()), server.close(resolve))));
  return `ws://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (server.address()).port}/mcp`;
}

/** A port where nobody listens any more. */
async function nobody() {
  const { port, stop } = await startFaultyServer();
  await stop();
  return port;
}

/** @returns {Promise<Record<string, Case>>} */
async function faults() {
  const free = await nobody();
  const sse = (/** @type {import("node:http").IncomingMessage} */ request, /** @type {import("node:http").ServerResponse} */ response) => {
    if (request.method !== "GET") return Boolean(response.writeHead(405).end());
    response.writeHead(200, { "content-type": "text/event-stream" }).write("event: endpoint\ndata: /messages\n\n");
    return true;
  };
  return {
    "nothing wrong, modern": {
      url: await http(),
      ok: true,
      codes: [],
      more: ({ era, protocolVersion, server }) => assert.deepEqual([era, protocolVersion, server?.name], ["modern", "2026-07-28", "faulty"]),
    },
    "nothing wrong, sessions": { url: await http({ era: "legacy", sessions: true }), ok: true, codes: [], more: ({ era }) => assert.equal(era, "legacy") },
    "nothing wrong, WebSocket": { url: (await started(startFakeServer({ era: "modern" }))).url, ok: true, codes: [], more: ({ era }) => assert.equal(era, "modern") },
    "no Access-Control-Allow-Origin": { url: await http({ origin: false }), codes: ["CORS_ALLOW_ORIGIN"], fix: /^Access-Control-Allow-Origin: http:\/\/127\.0\.0\.1:\d+\nAccess-Control-Allow-Methods: GET, POST, DELETE\n.*Allow-Headers: content-type, mcp-protocol-version.*\n.*Expose-Headers: Mcp-Session-Id/ },
    "OPTIONS is refused": { url: await http({ allow: false }), codes: ["CORS_PREFLIGHT"], fix: /Allow-Origin: http.*\n.*Allow-Methods: GET, POST, DELETE\n.*Allow-Headers: content-type, mcp-protocol-version/ },
    "a header that every request has is not allowed": {
      url: await http({ allow: "content-type, mcp-session-id, last-event-id, authorization" }),
      codes: ["CORS_ALLOW_HEADERS"],
      says: /mcp-protocol-version, mcp-method, mcp-name\./,
      more: ({ findings }) => assert.deepEqual(findings[0]?.headers, ["mcp-protocol-version", "mcp-method", "mcp-name"]),
    },
    "a header that only tool calls have is not allowed": {
      url: await http({ allow: "content-type, mcp-protocol-version, mcp-method, mcp-session-id, last-event-id, authorization" }),
      codes: ["CORS_ALLOW_HEADERS"],
      says: /send mcp-name\./,
      more: ({ era }) => assert.equal(era, "modern"),
    },
    "the headers of 2026-07-28 are not allowed, those of sessions are": {
      url: await http({ era: "legacy", sessions: true, allow: LEGACY_HEADERS }),
      ok: true,
      codes: ["CORS_ALLOW_HEADERS"],
      says: /mcp-method, mcp-name, last-event-id\..*fell back to `initialize`/,
      more: ({ findings }) => assert.equal(findings[0]?.severity, "warning"),
    },
    "a header of the app's own is not allowed": {
      url: await http(),
      options: { headers: { "x-api-key": "secret" } },
      codes: ["CORS_ALLOW_HEADERS"],
      says: /send x-api-key\./,
      fix: /authorization, x-api-key/,
    },
    "the session's id is not exposed": { url: await http({ era: "legacy", sessions: true, expose: false }), codes: ["CORS_EXPOSE_HEADERS"], fix: /^Access-Control-Expose-Headers: Mcp-Session-Id/ },
    "DELETE is not allowed": { url: await http({ era: "legacy", sessions: true, methods: "GET, POST" }), ok: true, codes: ["CORS_ALLOW_METHODS"], fix: /^Access-Control-Allow-Methods: GET, POST, DELETE$/ },
    "a wrong path": { url: await always(404), codes: ["WRONG_PATH"], says: /no MCP endpoint at the path \/mcp \(status 404\)/ },
    "a path that takes no POST": { url: await always(405), codes: ["WRONG_PATH"], says: /status 405/ },
    "HTTP+SSE of 2024-11-05": { url: await http({ answer: sse }), codes: ["HTTP_SSE_ONLY"] },
    "a web page": { url: await always(200, { "content-type": "text/html; charset=utf-8" }, html), codes: ["NOT_MCP"], says: /text\/html/ },
    "authentication": { url: await always(401, { "www-authenticate": 'Bearer realm="mcp"' }), codes: ["AUTHENTICATION_REQUIRED"], says: /Bearer realm="mcp"/, fix: /Authorization: "Bearer/ },
    "authentication, and the page may not send it": {
      url: await http({ allow: "content-type, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id", answer: (_, response) => Boolean(response.writeHead(401).end()) }),
      codes: ["AUTHENTICATION_REQUIRED", "CORS_ALLOW_HEADERS"],
    },
    "an origin that is refused": { url: await always(403), codes: ["FORBIDDEN"] },
    "an error of the server's": { url: await always(500), codes: ["HTTP_ERROR"], says: /status 500/ },
    "a redirect": { url: await http({ answer: ({ url }, response) => url === "/mcp" && Boolean(response.writeHead(307, { location: "/mcp/" }).end()) }), codes: ["REDIRECTED"] },
    "nobody there": { url: `http://127.0.0.1:${free}/mcp`, codes: ["NO_ANSWER"], says: /Nobody answers/ },
    "nobody there, WebSocket": { url: `ws://127.0.0.1:${free}/mcp`, codes: ["NO_ANSWER"] },
    "silence": { url: await http({ answer: () => true }), options: { timeout: 300 }, codes: ["NO_ANSWER"], says: /in time/ },
    "a pinned revision that the server does not speak": {
      url: await http({ era: "legacy" }),
      options: { mode: { pin: "2026-07-28" } },
      codes: ["WRONG_ERA"],
      says: /speaks 2025-11-25, and the client insists on 2026-07-28/,
      fix: /mode: "auto"/,
    },
    "a pinned revision, WebSocket": { url: (await started(startFakeServer())).url, options: { mode: { pin: "2026-07-28" } }, codes: ["WRONG_ERA"], fix: /mode: "auto"/ },
    "no subprotocol": { url: await socket({ handleProtocols: () => false }), codes: ["NO_SUBPROTOCOL"], fix: /^Sec-WebSocket-Protocol: mcp/ },
    "a wrong path, WebSocket": { url: (await http({ answer: (_, response) => Boolean(response.writeHead(404).end()) })).replace("http:", "ws:"), codes: ["WRONG_PATH"] },
    "no upgrade, and no CORS": { url: (await http({ origin: false })).replace("http:", "ws:"), codes: ["WEBSOCKET_REFUSED"], fix: /allowed_origins/ },
    "a WebSocket that says nothing": { url: await socket({ handleProtocols: () => "mcp" }), options: { timeout: 1500 }, codes: ["NOT_MCP"] },
    "no address": { url: "ftp://example.com/mcp", codes: ["INVALID_URL"] },
  };
}

/** @param {string} name @param {Case} expected @param {Diagnosis} outcome */
function check(name, { ok = false, codes, says, fix, more }, outcome) {
  const told = JSON.stringify(outcome, null, 1);
  assert.deepEqual(outcome.findings.map(({ code }) => code), codes, `${name}: ${told}`);
  assert.equal(outcome.ok, ok, told);
  const [first] = outcome.findings;
  if (says) assert.match(String(first?.what), says);
  if (fix) assert.match(String(first?.fix), fix);
  for (const { what, fix } of outcome.findings) assert.ok(what.length > 20 && fix.length > 10 && !/undefined|null/.test(what + fix), told);
  more?.(outcome);
}

/** @type {Record<string, Case>} */
let cases = {};
before(async () => {
  cases = await faults();
});

/**
 * Diagnoses in a page, all at once.
 * @param {import("puppeteer-core").Page} page
 * @param {Record<string, { url: string, options?: any }>} cases
 * @returns {Promise<Record<string, Diagnosis>>}
 */
const inPage = (page, cases) =>
  page.evaluate(async (json) => {
    const { Client } = await import(/** @type {any} */ ("/pkg/index.js"));
    const client = new Client({ name: "t", version: "1" });
    const entries = Object.entries(JSON.parse(json)).map(async ([name, { url, options }]) => [name, await client.diagnose(url, options)]);
    return JSON.parse(JSON.stringify(Object.fromEntries(await Promise.all(entries))));
  }, JSON.stringify(cases));

for (const kind of browsers) {
  describe(`diagnose in ${kind}`, () => {
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    before(async () => {
      browser = await launch(kind, { acceptInsecureCerts: true });
    });
    after(() => browser?.close());

    test("each fault of a server is named, with what to add", { timeout: 60_000 }, async (t) => {
      const site = await startStaticServer({ mounts: { "/pkg/": pkg }, files: { "/": html } });
      undo.push(site.stop);
      const { page } = await openPage(browser, site.url);
      const outcomes = await inPage(page, cases);
      await page.close();
      for (const [name, expected] of Object.entries(cases)) {
        await t.test(name, () => check(name, expected, /** @type {Diagnosis} */ (outcomes[name])));
      }
    });

    test("what the page's own policy forbids is told apart from the server's faults", async () => {
      const site = await startStaticServer({ mounts: { "/pkg/": pkg }, files: { "/": html }, csp: "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'" });
      undo.push(site.stop);
      const { page } = await openPage(browser, site.url);
      const names = ["nothing wrong, modern", "nothing wrong, WebSocket"];
      const outcomes = await inPage(page, Object.fromEntries(names.map((name) => [name, /** @type {Case} */ (cases[name])])));
      await page.close();
      for (const name of names) check(name, { url: "", codes: ["CSP_BLOCKED"], fix: /^Content-Security-Policy: connect-src 'self' (http|ws):\/\/127\.0\.0\.1:\d+$/ }, /** @type {Diagnosis} */ (outcomes[name]));
    });

    test("a policy that forbids WebAssembly is named beside what is wrong with the server", async () => {
      const site = await startStaticServer({ mounts: { "/pkg/": pkg }, files: { "/": html }, csp: "script-src 'self'; connect-src *" });
      undo.push(site.stop);
      const { page } = await openPage(browser, site.url);
      const outcomes = await inPage(page, { fine: /** @type {Case} */ (cases["nothing wrong, modern"]), cors: /** @type {Case} */ (cases["no Access-Control-Allow-Origin"]) });
      await page.close();
      check("fine", { url: "", codes: ["WASM_BLOCKED"], fix: /'wasm-unsafe-eval'/ }, /** @type {Diagnosis} */ (outcomes.fine));
      check("cors", { url: "", codes: ["WASM_BLOCKED", "CORS_ALLOW_ORIGIN"] }, /** @type {Diagnosis} */ (outcomes.cors));
    });

    test("a worker is told the same, of its own policy too", async () => {
      const files = {
        "/": html,
        "/worker.js": `import { Client } from "/pkg/index.js"; onmessage = async ({ data }) => { const { ok, findings } = await new Client().diagnose(data); postMessage([ok, ...findings.map(({ code }) => code)]); };`,
      };
      const site = await startStaticServer({ mounts: { "/pkg/": pkg }, files, csp: "script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' http:" });
      undo.push(site.stop);
      const { page } = await openPage(browser, site.url);
      const ask = (/** @type {string} */ name) =>
        page.evaluate((url) => {
          const worker = new Worker("/worker.js", { type: "module" });
          return new Promise((resolve) => {
            worker.onmessage = ({ data }) => (worker.terminate(), resolve(data));
            worker.postMessage(url);
          });
        }, /** @type {Case} */ (cases[name]).url);
      assert.deepEqual(await Promise.all(["nothing wrong, modern", "OPTIONS is refused", "nothing wrong, WebSocket"].map(ask)), [[true], [false, "CORS_PREFLIGHT"], [false, "CSP_BLOCKED"]]);
      await page.close();
    });

    test("a page that came by https, and a server without TLS", async () => {
      const folder = await mkdtemp(path.join(tmpdir(), "mcp-wasm-tls-"));
      const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
      await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]);
      const site = await startStaticServer({ mounts: { "/pkg/": pkg }, files: { "/": html } });
      undo.push(site.stop);
      const [handle] = site.server.listeners("request");
      const secure = createServer({ key: await readFile(key), cert: await readFile(cert) }, /** @type {any} */ (handle));
      await rm(folder, { recursive: true });
      await new Promise((resolve) => secure.listen(0, "127.0.0.1", () => resolve(undefined)));
      undo.push(() => new Promise((resolve) => (secure.closeAllConnections(), secure.close(resolve))));
      const { page } = await openPage(browser, `https://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (secure.address()).port}/`);
      const outcomes = await inPage(page, { http: { url: "http://mcp.example/mcp" }, ws: { url: "ws://mcp.example/mcp" } });
      await page.close();
      check("http", { url: "", codes: ["MIXED_CONTENT"], fix: /https:\/\/mcp\.example\/mcp/ }, /** @type {Diagnosis} */ (outcomes.http));
      check("ws", { url: "", codes: ["MIXED_CONTENT"], fix: /wss:\/\/mcp\.example\/mcp/ }, /** @type {Diagnosis} */ (outcomes.ws));
    });
  });
}
