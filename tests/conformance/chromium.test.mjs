// Our client in Chromium against the official conformance suite.
import { judgeClient } from "./clients.mjs";

await judgeClient("chromium.mjs", "client-chromium");
