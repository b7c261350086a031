// The entry for apps that place the module themselves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { install } from "../support/fake-socket.mjs";
import { importPkg } from "../support/paths.mjs";

install();
const { Client } = await importPkg("slim.js");

for (const address of ["http://fake.test/mcp", "ws://fake.test/mcp"]) {
  test(`who connects to ${address} before \`init\` is told of it`, () => assert.rejects(Client.connect(address, { connectTimeout: 500 }), { code: "NOT_INITIALIZED", message: /init\(source\)/ }));
}
