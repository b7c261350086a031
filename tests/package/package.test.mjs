// The packed package as its users get it, in everything that it says it works in: each case is a
// call with progress. Last comes the table of them, which is the README's.
import { after, before, test } from "node:test";
import { install, uninstall } from "./cases/install.mjs";
import { compare } from "./cases/table.mjs";

before(install);
after(uninstall);

await import("./cases/tarball.mjs");
await import("./cases/types.mjs");
await import("./cases/runtimes.mjs");
await import("./cases/bundlers.mjs");
await import("./cases/in-page.mjs");
await import("./cases/browsers.mjs");
await import("./cases/webkit.mjs");
await import("./cases/next.mjs");

test("the README's table is what ran", compare);
