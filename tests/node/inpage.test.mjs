// Our client and our server, without a network, in every way they can be connected, in both eras.
import { describe, test } from "node:test";
import { ERAS, WAYS, run } from "../inpage/env.mjs";
import { rules } from "../inpage/index.mjs";
import { importPkg } from "../support/paths.mjs";

const setting = { mcp: await importPkg(), validator: (await importPkg("validate.js")).jsonSchemaValidator };

for (const way of WAYS) {
  for (const era of ERAS) {
    describe(`${way}, ${era}`, () => {
      for (const rule of rules) if (rule.eras.includes(era)) test(rule.name, () => run(setting, rule, way, era));
    });
  }
}
