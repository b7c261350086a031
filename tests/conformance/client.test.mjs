// Our client in Node against the official conformance suite.
import { judgeClient } from "./clients.mjs";

await judgeClient("client.mjs", "client-node");
