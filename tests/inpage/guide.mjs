// The examples of docs/in-page-servers.md: plain ones, and those that say which file they are.
import { readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../support/paths.mjs";

const text = readFileSync(path.join(root, "docs", "in-page-servers.md"), "utf8");
const examples = [...text.matchAll(/```js\n(?:\/\/ (\S+\.js)\n)?(.*?)```/gs)];

export const guide = {
  plain: examples.filter(([, name]) => !name).map(([, , code]) => String(code)),
  named: new Map(examples.filter(([, name]) => name).map(([, name, code]) => [String(name), String(code)])),
};
