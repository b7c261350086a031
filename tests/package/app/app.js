// The entry that apps import.
import { Client } from "mcp-wasm";
import { call } from "./call.js";

/** @param {string} url @param {import("mcp-wasm").ConnectOptions} [options] */
export const run = (url, options) => call(Client, url, options);
