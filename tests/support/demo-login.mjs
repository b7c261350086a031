// Starts an authorization server, and the program that is given, with `--auth` and its address. Ends with it.
//   node demo-login.mjs PROGRAM ARGUMENT...
import { spawn } from "node:child_process";
import { startLoginServer } from "./login-server.mjs";

const [program = "", ...args] = process.argv.slice(2);
const login = await startLoginServer({ asks: true, jwt: true, scope: "demo demo:write", state: { lives: 300 } });
const child = spawn(program, [...args, "--auth", login.issuer], { stdio: "inherit" });
// Whoever stops this one means both; a terminal's Ctrl-C has reached it already.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill());
child.once("error", (error) => {
  console.error(`${program}: ${error.message}`);
  process.exit(1);
});
child.once("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
