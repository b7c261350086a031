// The rules, or a share of them, in a frame.
import { runRules } from "./page.mjs";

onmessage = async ({ data }) => parent.postMessage(await runRules(data), "*");
parent.postMessage("ready", "*");
