// All rules that run in Node, in pages and in workers.
import { rules as calls } from "./calls.mjs";
import { rules as connect } from "./connect.mjs";
import { rules as delivery } from "./delivery.mjs";
import { rules as features } from "./features.mjs";
import { rules as handlers } from "./handlers.mjs";
import { rules as http } from "./http.mjs";
import { rules as input } from "./input.mjs";
import { rules as ports } from "./ports.mjs";
import { rules as progress } from "./progress.mjs";
import { rules as rounds } from "./rounds.mjs";
import { rules as size } from "./size.mjs";
import { rules as session } from "./session.mjs";

export const rules = [...progress, ...calls, ...session, ...input, ...http, ...handlers, ...connect, ...features, ...delivery, ...ports, ...size, ...rounds];
