// The entry that apps import.
import { Client } from "mcp-wasm";
import { call } from "./call.js";

/** @param {string} url */
export const run = (url) => call(Client, url);
