// All rules that run in Node, in pages and in workers.
import { rules as progress } from "./progress.mjs";

export const rules = [...progress];
