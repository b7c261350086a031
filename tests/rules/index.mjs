// All rules that run in Node, in pages and in workers.
import { rules as calls } from "./calls.mjs";
import { rules as progress } from "./progress.mjs";
import { rules as session } from "./session.mjs";

export const rules = [...progress, ...calls, ...session];
