// Our client in a module worker, for `client-fastmcp.test.mjs`.
import { exercise } from "./client-exercise.mjs";

onmessage = async ({ data }) => postMessage(await exercise(await import(/** @type {any} */ ("/pkg/index.js")), data));
