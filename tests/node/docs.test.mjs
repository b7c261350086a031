// What the feature table says is held by a test is held by one of that name.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { root } from "../support/paths.mjs";

test("every test that the feature table names is there", () => {
  const table = readFileSync(path.join(root, "docs", "features.md"), "utf8");
  const named = [...table.matchAll(/\]\(\.\.\/(\S+?)\) “(.+?)”/g)];
  assert.ok(named.length > 60, `only ${named.length} tests are named`);
  const missing = named.filter(([, file, title]) => {
    const place = path.join(root, String(file));
    return !existsSync(place) || !readFileSync(place, "utf8").includes(String(title));
  });
  assert.deepEqual(missing.map(([, file, title]) => `${file}: ${title}`), []);
});

test("links between the documents lead somewhere", () => {
  for (const file of ["README.md", "ARCHITECTURE.md", "docs/features.md", "docs/rust-servers.md", "docs/rust-clients.md", "docs/chat-front-ends.md"]) {
    const text = readFileSync(path.join(root, file), "utf8");
    for (const [, link] of text.matchAll(/\]\((?!https?:|#)([^)\s]+?)(?:#[^)]*)?\)/g)) {
      assert.ok(existsSync(path.join(root, path.dirname(file), String(link))), `${file} links to ${link}`);
    }
  }
});
