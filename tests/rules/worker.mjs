// The rules in a module worker.
import { runRules } from "./page.mjs";

onmessage = async ({ data }) => postMessage(await runRules(data));
