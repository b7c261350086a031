// The conformance suite's client under test, in Node: node tests/conformance/client.mjs URL
import path from "node:path";
import { pathToFileURL } from "node:url";
import { importPkg, pkg } from "../support/paths.mjs";
import { drive } from "./driver.mjs";
import { readTask } from "./task.mjs";

/** Follows no redirect, and answers with the address that it leads to. @param {URL} url */
const open = async (url) => (await fetch(url, { redirect: "manual" })).headers.get("location") ?? "";
const { OAuth } = await import(pathToFileURL(path.join(pkg, "auth/index.js")).href);

await drive({ ...(await importPkg()), OAuth }, readTask(), { open, redirectUri: "http://localhost:3000/oauth.html" });
