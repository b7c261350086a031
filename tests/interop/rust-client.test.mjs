// The client for native Rust programs, as the example program has it, against servers of other people: by stdio and by HTTP.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { createServer } from "node:tls";
import { promisify } from "node:util";
import { startDemoServer } from "../support/demo-server.mjs";
import { python, pythonFastmcp2, pythonFastmcp4, tests } from "../support/paths.mjs";
import { freePort, start } from "../support/process.mjs";

const client = process.env.RUST_CLIENT ?? path.join(tests, "..", "target", "debug", "rust-client");
const everything = path.join(tests, "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js");
const script = path.join(import.meta.dirname, "real_server.py");

/**
 * What the program prints.
 *
 * @param {string} tool
 * @param {object} args
 * @param {string[]} target
 */
async function lines(tool, args, ...target) {
  const { stdout } = await promisify(execFile)(client, [tool, JSON.stringify(args), ...target], { timeout: 60_000 });
  return stdout.trimEnd().split("\n");
}

/** @param {string[]} printed */
function isOperation(printed) {
  assert.deepEqual(printed.slice(0, -1), ["1/3 (33.3%)", "2/3 (66.7%)", "3/3 (100.0%)"]);
  assert.match(printed.at(-1) ?? "", /completed/);
}

const operation = /** @type {const} */ (["trigger-long-running-operation", { duration: 0.3, steps: 3 }]);

test("server-everything as a child", async () => {
  isOperation(await lines(...operation, process.execPath, everything, "stdio"));
});

test("server-everything over HTTP", async () => {
  const port = await freePort();
  const env = { PORT: String(port) };
  const server = await start(process.execPath, [everything, "streamableHttp"], { ready: /listening on port/, env });
  try {
    isOperation(await lines(...operation, `http://127.0.0.1:${port}/mcp`));
  } finally {
    await server.stop();
  }
});

for (const [name, interpreter] of /** @type {const} */ ([["2", pythonFastmcp2], ["3", python], ["4", pythonFastmcp4]])) {
  const count = /** @type {const} */ (["count", { steps: 3, pause: 0.05 }]);
  const wanted = ["1/3 (33.3%) - step 1", "2/3 (66.7%) - step 2", "3/3 (100.0%) - step 3", "counted to 3"];

  test(`FastMCP ${name} as a child`, async () => {
    assert.deepEqual(await lines(...count, interpreter, script, "fastmcp", "stdio"), wanted);
  });

  test(`FastMCP ${name} over HTTP`, async () => {
    const port = await freePort();
    const server = await start(interpreter, [script, "fastmcp", String(port)], { ready: /running on|listening/i, timeout: 60_000 });
    try {
      assert.deepEqual(await lines(...count, `http://127.0.0.1:${port}/mcp`), wanted);
    } finally {
      await server.stop();
    }
  });
}

test("TLS counts on the certificates of the system, and says what is wrong with another", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "mcp-wasm-tls-"));
  const [key, cert] = [path.join(folder, "key.pem"), path.join(folder, "cert.pem")];
  await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]);
  const demo = await startDemoServer();
  const secure = createServer({ key: await readFile(key), cert: await readFile(cert) }, (socket) => {
    const inner = connect(Number(new URL(demo.url).port), "127.0.0.1");
    socket.pipe(inner).pipe(socket);
    socket.on("error", () => inner.destroy());
    inner.on("error", () => socket.destroy());
  });
  await new Promise((resolve) => secure.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (secure.address());
  try {
    for (const scheme of ["wss", "https"]) {
      const call = ["process_items", '{"items":["a"]}', `${scheme}://127.0.0.1:${port}/mcp`];
      const { stdout } = await promisify(execFile)(client, call, { env: { ...process.env, SSL_CERT_FILE: cert } });
      assert.match(stdout, /^0\/1 \(0\.0%\)\n1\/1 \(100\.0%\)\n/);
      await assert.rejects(promisify(execFile)(client, call), ({ stderr }) => {
        assert.match(stderr, /connecting to .*certificate/i);
        return true;
      });
    }
  } finally {
    secure.close();
    await demo.stop();
    await rm(folder, { recursive: true });
  }
});
