// All that runs in Node and in pages.
import { rules as asks } from "./asks.mjs";
import { rules as features } from "./features.mjs";
import { rules as progress } from "./progress.mjs";
import { rules as sessions } from "./sessions.mjs";

export const rules = [...progress, ...features, ...asks, ...sessions];
