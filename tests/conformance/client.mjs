// The conformance suite's client under test, in Node: node tests/conformance/client.mjs URL
import { importPkg } from "../support/paths.mjs";
import { drive } from "./driver.mjs";
import { readTask } from "./task.mjs";

await drive(await importPkg(), readTask());
