// `diagnose` outside of browsers: no page's permissions, and the system's own reasons.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startFaultyServer } from "../support/faulty-server.mjs";
import { fakeLogin } from "../support/fake-login.mjs";
import { importPkg, pkg } from "../support/paths.mjs";

test("client.diagnose works without an import of its own where nothing is bundled", async () => {
  const { Client } = await importPkg();
  const server = await startFaultyServer({ era: "legacy", sessions: true, origin: false });
  try {
    const { ok, findings, era, server: info } = await new Client().diagnose(server.url);
    assert.deepEqual({ ok, findings, era, name: info.name }, { ok: true, findings: [], era: "legacy", name: "faulty" });
  } finally {
    await server.stop();
  }
});

test("a client's mode counts, and the system's reason is told", async () => {
  const { Client } = await importPkg();
  const server = await startFaultyServer({ era: "legacy" });
  const client = new Client({ name: "t", version: "1" }, { mode: { pin: "2026-07-28" } });
  assert.equal((await client.diagnose(server.url)).findings[0].code, "WRONG_ERA");
  await server.stop();
  // The platform's pool learns of it in a moment.
  await new Promise((resolve) => setTimeout(resolve, 500));
  const { ok, findings, error } = await client.diagnose(server.url);
  assert.deepEqual([ok, findings[0].code, error.code], [false, "NO_ANSWER", "CLOSED"]);
  assert.match(findings[0].what, /ECONNREFUSED/);
});

test("diagnose by itself says that the module is missing, and looks at the network all the same", async () => {
  const server = await startFaultyServer({ answer: (_, response) => Boolean(response.writeHead(404).end()) });
  const entry = pathToFileURL(path.join(pkg, "diagnose.js")).href;
  const code = `import { diagnose } from ${JSON.stringify(entry)}; console.log(JSON.stringify(await diagnose(${JSON.stringify(server.url)})))`;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code]);
    assert.deepEqual(JSON.parse(stdout).findings.map((/** @type {any} */ { code }) => code), ["NOT_INITIALIZED", "WRONG_PATH"]);
  } finally {
    await server.stop();
  }
});

test("in a bundle client.diagnose is there for who imports its entry, and an error that says so for who does not", async () => {
  const { build } = await import("esbuild");
  const server = await startFaultyServer();
  const folder = await mkdtemp(path.join(tmpdir(), "mcp-wasm-bundle-"));
  try {
    for (const [extra, printed] of /** @type {const} */ ([
      ['import "mcp-wasm/diagnose";', "modern"],
      ["", 'NOT_INITIALIZED client.diagnose: import "mcp-wasm/diagnose" as well'],
    ])) {
      const contents = `${extra} import { Client } from "mcp-wasm"; new Client().diagnose(${JSON.stringify(server.url)}).then(({ era }) => console.log(era), ({ code, message }) => console.log(code, message))`;
      const outfile = path.join(folder, "app.mjs");
      const alias = { "mcp-wasm": path.join(pkg, "index.js"), "mcp-wasm/diagnose": path.join(pkg, "diagnose.js") };
      await build({ stdin: { contents, resolveDir: folder }, alias, bundle: true, minify: true, format: "esm", outfile, logLevel: "warning" });
      const { stdout } = await promisify(execFile)(process.execPath, [outfile]);
      assert.equal(stdout.trim(), printed);
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true });
  }
});

/** A page's `fetch`: asks the server for leave as a browser does, and is told no more. @param {string} origin */
const pageFetch = (origin) => async (/** @type {any} */ url, /** @type {any} */ init = {}) => {
  const simple = ["accept", "content-type"];
  const headers = new Headers(init.headers);
  const names = [...headers.keys()].filter((name) => !simple.includes(name) || (name === "content-type" && headers.get(name) !== "text/plain"));
  if (names.length || !["GET", "POST", undefined].includes(init.method)) {
    const leave = await fetch(url, { method: "OPTIONS", headers: { origin, "access-control-request-method": init.method ?? "GET" } });
    const allowed = (leave.headers.get("access-control-allow-headers") ?? "").split(/,\s*/);
    if (!leave.ok || !names.every((name) => allowed.includes(name))) throw new TypeError("Failed to fetch");
  }
  headers.set("origin", origin);
  const response = await fetch(url, { ...init, mode: "cors", headers });
  if (init.mode !== "no-cors" && response.headers.get("access-control-allow-origin") !== origin) throw new TypeError("Failed to fetch");
  return init.mode === "no-cors" ? /** @type {any} */ ({ type: "opaque" }) : response;
};

/** @param {() => Promise<void>} run */
async function inPage(run) {
  const scope = /** @type {any} */ (globalThis);
  scope.location = new URL("http://app.example/");
  try {
    await run();
  } finally {
    delete scope.location;
  }
}

test("a server that fails when it is asked for its revision: mode legacy is named", async () => {
  const { Client } = await importPkg();
  const answer = (/** @type {any} */ request, /** @type {any} */ response) => request.headers["mcp-method"] === "server/discover" && Boolean(response.writeHead(500, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"no"}}'));
  const server = await startFaultyServer({ era: "legacy", answer });
  try {
    const { findings, era } = await new Client().diagnose(server.url);
    assert.deepEqual(findings.map((/** @type {any} */ { code, status }) => [code, status]), [["PROBE_FAILED", 500]]);
    assert.match(findings[0].fix, /mode: "legacy"/);
    assert.equal(era, "legacy");
  } finally {
    await server.stop();
  }
});

test("the headers of a revision are asked for, and no others", async () => {
  const { Client } = await importPkg();
  for (const [faults, version, missing] of /** @type {const} */ ([
    [{ era: "modern", allow: "content-type, mcp-protocol-version, mcp-method, mcp-name, mcp-session-id, authorization" }, undefined, undefined],
    [{ era: "legacy", allow: "content-type, authorization, accept, mcp-session-id, last-event-id" }, "2025-03-26", undefined],
    [{ era: "legacy", allow: "content-type, mcp-protocol-version, authorization, mcp-session-id, last-event-id" }, "2025-06-18", undefined],
    [{ era: "legacy", allow: "content-type, mcp-protocol-version, mcp-session-id, last-event-id" }, "2025-06-18", ["authorization"]],
    [{ era: "legacy", allow: "content-type, mcp-protocol-version, authorization, mcp-session-id, last-event-id" }, "2025-11-25", ["mcp-method", "mcp-name"]],
  ])) {
    const answer = (/** @type {any} */ request, /** @type {any} */ response) => {
      if (!version || request.headers["mcp-session-id"] || request.method !== "POST") return false;
      let text = "";
      request.on("data", (/** @type {any} */ chunk) => (text += chunk));
      request.on("end", () => {
        const { id, method } = JSON.parse(text);
        const body = method === "initialize" ? { result: { protocolVersion: version, capabilities: {}, serverInfo: { name: "old", version: "1" } } } : method === "ping" ? { result: {} } : { error: { code: -32601, message: "no" } };
        if (id === undefined) response.writeHead(202).end();
        else response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ jsonrpc: "2.0", id, ...body }));
      });
      return true;
    };
    const server = await startFaultyServer({ ...faults, answer });
    try {
      await inPage(async () => {
        const { findings, ok, protocolVersion } = await new Client().diagnose(server.url, { fetch: pageFetch("http://app.example") });
        assert.deepEqual([ok, protocolVersion, findings[0]?.headers], [true, version ?? "2026-07-28", missing], JSON.stringify(findings));
      });
    } finally {
      await server.stop();
    }
  }
});

test("a server without any CORS is told of all lines at once", async () => {
  const { Client } = await importPkg();
  const server = await startFaultyServer({ origin: false, allow: false, expose: false, methods: false });
  try {
    await inPage(async () => {
      const { findings } = await new Client().diagnose(server.url, { fetch: pageFetch("http://app.example") });
      for (const line of ["Allow-Origin: http://app.example", "Allow-Methods: GET, POST, DELETE", "Allow-Headers: content-type", "Expose-Headers: Mcp-Session-Id"]) {
        assert.ok(findings[0].fix.includes(`Access-Control-${line}`), `${line} in ${findings[0].fix}`);
      }
    });
  } finally {
    await server.stop();
  }
});

test("what keeps from logging in is told, each with the line to add", async () => {
  const { diagnose } = await importPkg("diagnose.js");
  await importPkg();
  const prm = "https://mcp.example/.well-known/oauth-protected-resource/mcp";
  const hidden = new Response("", { status: 401 });
  /** @typedef {Parameters<typeof fakeLogin>[0]} Faults @type {[string, Faults, string[], RegExp][]} */
  const cases = [
    ["nothing is wrong", {}, [], /OAuth/],
    ["no metadata where the challenge says", { resource: null }, ["AUTH_METADATA"], /oauth-protected-resource\/mcp: \{ "resource": "https:\/\/mcp\.example\/mcp"/],
    ["the authorization server says nothing of itself", { metadata: null }, ["AUTH_METADATA"], /oauth-authorization-server/],
    ["metadata of another server", { resource: { resource: "https://other.example" } }, ["AUTH_RESOURCE_MISMATCH"], /"resource": "https:\/\/mcp\.example\/mcp"/],
    ["another issuer", { metadata: { issuer: "https://other.example" } }, ["AUTH_ISSUER_MISMATCH"], /"issuer": "https:\/\/login\.example"/],
    ["no PKCE", { metadata: { code_challenge_methods_supported: undefined } }, ["AUTH_PKCE"], /"code_challenge_methods_supported": \["S256"\]/],
    ["no client to be had", { metadata: { registration_endpoint: undefined } }, ["AUTH_CLIENT"], /client: \{ id/],
    ["a challenge that pages do not see", { intercept: ({ url }) => (url === "https://mcp.example/mcp" ? hidden.clone() : undefined) }, ["AUTH_CHALLENGE"], /resource_metadata="https:\/\/mcp\.example\/\.well-known\/oauth-protected-resource\/mcp"[^]*Expose-Headers: .*WWW-Authenticate/],
    ["a challenge that names no metadata", { intercept: ({ url }) => (url === "https://mcp.example/mcp" ? new Response("", { status: 401, headers: { "www-authenticate": "Bearer" } }) : undefined) }, ["AUTH_CHALLENGE"], /resource_metadata=/],
    ["a token, and no word of who gives one", { resource: null, metadata: null, intercept: ({ url }) => (url === "https://mcp.example/mcp" ? hidden.clone() : undefined) }, [], /headers/],
  ];
  for (const [name, faults, codes, fix] of cases) {
    const world = fakeLogin(faults);
    const { findings, ok } = await diagnose(world.server, { fetch: world.fetch });
    assert.deepEqual([name, ok, ...findings.map((/** @type {any} */ { code }) => code)], [name, false, "AUTHENTICATION_REQUIRED", ...codes]);
    assert.match(findings.at(-1).fix, fix, name);
    assert.ok(!world.asked.some(({ url }) => url.endsWith("/register")), "nobody is registered by a diagnosis");
  }
  // In a page, where others have to agree.
  for (const closed of [prm, "https://login.example/.well-known/oauth-authorization-server", "https://login.example/token"]) {
    const world = fakeLogin();
    const fetch = async (/** @type {any} */ url, /** @type {any} */ init) => {
      if (String(url) !== closed) return world.fetch(url, init);
      if (init?.mode === "no-cors") return /** @type {any} */ ({ type: "opaque" });
      throw new TypeError("Failed to fetch");
    };
    await inPage(async () => {
      const { findings } = await diagnose(world.server, { fetch });
      const found = findings.find((/** @type {any} */ { code }) => code === "AUTH_CORS");
      assert.ok(found?.what.startsWith(closed), `${closed}: ${JSON.stringify(findings)}`);
      assert.ok(found.fix.includes("Access-Control-Allow-Origin: http://app.example"));
    });
  }
});

test("nor is what is secret in the address of a server that wants a log-in, or of who gives one", async () => {
  const { diagnose } = await importPkg("diagnose.js");
  await importPkg();
  const server = "https://mcp.example/mcp?key=SECRET";
  /** @type {Parameters<typeof fakeLogin>[0][]} */
  const cases = [
    {},
    { resource: null },
    { metadata: null },
    { resource: { resource: "https://other.example/?key=SECRET" } },
    { metadata: { issuer: "https://other.example/?key=SECRET" } },
    { metadata: { code_challenge_methods_supported: undefined } },
    { metadata: { registration_endpoint: undefined } },
    { metadata: { token_endpoint: "https://login.example/closed?key=SECRET" } },
    { metadata: { authorization_endpoint: "http://login.example/authorize?key=SECRET" } },
    { intercept: ({ url }) => (url === server ? new Response("", { status: 401 }) : undefined) },
  ];
  for (const faults of cases) {
    const world = fakeLogin({ server, ...faults });
    const fetch = async (/** @type {any} */ url, /** @type {any} */ init) => {
      if (!String(url).includes("/closed")) return world.fetch(url, init);
      if (init?.mode === "no-cors") return /** @type {any} */ ({ type: "opaque" });
      throw new TypeError("Failed to fetch");
    };
    await inPage(async () => {
      const told = JSON.stringify(await diagnose(server, { fetch }));
      assert.ok(told.includes("AUTH") && !told.includes("SECRET"), told);
    });
  }
});

test("what is secret in an address is in nothing that is told", async () => {
  const { Client } = await importPkg();
  for (const address of ["ws://127.0.0.1:9/mcp?token=SECRET", "http://127.0.0.1:9/mcp?token=SECRET#SECRET", "http://ada:SECRET@127.0.0.1:9/mcp", "htp://x/?key=SECRET", "ws://SECRET@127.0.0.1:9"]) {
    const found = await new Client().diagnose(address, { timeout: 1_000 });
    const told = JSON.stringify(found);
    assert.ok(!told.includes("SECRET"), `${address}: ${told}`);
  }
});

test("a browser that asks before pages reach this machine or its network is named, unless it was allowed", async () => {
  const { Client } = await importPkg();
  const { diagnose } = await importPkg("diagnose.js");
  assert.ok(Client);
  const scope = /** @type {any} */ (globalThis);
  const { location, navigator } = scope;
  /** @type {Record<string, string>} */
  let states = {};
  const query = async (/** @type {{ name: string }} */ { name }) => {
    if (!(name in states)) throw new TypeError(`${name} is no permission`);
    return { state: states[name] };
  };
  const set = (/** @type {string} */ name, /** @type {any} */ value) => Object.defineProperty(scope, name, { value, configurable: true, writable: true });
  const codes = async (/** @type {string} */ page, /** @type {string} */ target, /** @type {Record<string, string>} */ given) => {
    states = given;
    set("location", new URL(page));
    const { findings } = await diagnose(target, { timeout: 500, fetch: () => Promise.reject(new TypeError("Failed to fetch")) });
    return findings.map((/** @type {any} */ { code, what }) => [code, /was told not to/.test(what)]);
  };
  try {
    set("navigator", { permissions: { query } });
    const [https, here, network] = ["https://chat.example/", "http://127.0.0.1:9/mcp", "https://192.168.1.7/mcp"];
    assert.deepEqual(await codes(https, here, { "loopback-network": "prompt" }), [["LOCAL_NETWORK_ACCESS", false]]);
    assert.deepEqual(await codes(https, here, { "loopback-network": "denied" }), [["LOCAL_NETWORK_ACCESS", true]]);
    assert.deepEqual(await codes(https, here, { "local-network-access": "denied" }), [["LOCAL_NETWORK_ACCESS", true]]);
    assert.deepEqual(await codes(https, network, { "local-network": "prompt", "loopback-network": "granted" }), [["LOCAL_NETWORK_ACCESS", false]]);
    assert.deepEqual(await codes(https, network, { "local-network": "granted" }), [["NO_ANSWER", false]]);
    assert.deepEqual(await codes(https, network, {}), [["NO_ANSWER", false]]);
    assert.deepEqual(await codes(https, "https://mcp.example/mcp", { "local-network": "denied" }), [["NO_ANSWER", false]]);
    assert.deepEqual(await codes("http://localhost:5173/", here, { "loopback-network": "prompt" }), [["NO_ANSWER", false]]);
  } finally {
    set("location", location);
    set("navigator", navigator);
  }
});
