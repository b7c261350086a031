#!/usr/bin/env node
// Runs the program of this platform's package.
"use strict";
const { spawn } = require("node:child_process");

const ending = process.platform === "win32" ? ".exe" : "";
const name = `mcp-wasm-gateway-${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`${name}/mcp-wasm-gateway${ending}`);
} catch {
  console.error(
    `mcp-wasm-gateway: the package ${name} is not installed. Either npm was told to leave optional dependencies out, or there is no ` +
      "build for this platform: `cargo install mcp-wasm-gateway` makes one.",
  );
  process.exit(1);
}
// The program ends with its input, which the system ends when this process is gone, even if it was killed.
const child = spawn(program, ["--until-input-ends", ...process.argv.slice(2)], { stdio: ["pipe", "inherit", "inherit"], windowsHide: true });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
process.on("exit", () => child.kill());
if (process.env.npm_command === "exec") {
  // npx passes no signal on: when it has gone, so does what it started.
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || child.kill(), 500).unref();
}
child.on("error", (error) => {
  console.error(`mcp-wasm-gateway: ${program} cannot be started: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
