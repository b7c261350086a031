// What an authorizer throws, whoever has written it: an error or anything else. It is how the connection or the call
// fails, wherever the authorizer was asked, and the same whether the page or a worker holds the connection.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { soon, within } from "../rules/check.mjs";
import { Socket, install } from "../support/fake-socket.mjs";
import { importPkg } from "../support/paths.mjs";
import { workerHere } from "../support/worker-here.mjs";

install();
const { Client, McpError } = await importPkg();

/** @type {[string, unknown][]} */
const THROWN = [
  ["an error", new Error("not today")],
  ["one of ours", new McpError("UNSUPPORTED", "not today")],
  ["a text", "not today"],
  ["nothing", undefined],
  ["null", null],
  ["what could be headers", { code: "not-today" }],
  ["what could be no headers", { "not a header": 1 }],
  ["a list", ["x"]],
  ["what is no text either", Object.create(null)],
];

/** @param {unknown} thrown */
const authorizer = (thrown) => {
  const fail = async () => {
    throw thrown;
  };
  return { headers: async () => ({}), answered: fail, ticket: fail };
};

/** Why something failed. @param {Promise<unknown>} promise */
async function failure(promise) {
  return within(promise.then(() => assert.fail("it did not fail"), (error) => error), "the failure");
}

/** @param {any} error @param {unknown} thrown */
function told(error, thrown) {
  assert.ok(error instanceof McpError, String(error));
  if (thrown instanceof McpError) return assert.equal(error, thrown);
  assert.equal(error.code, "CLOSED");
  assert.equal(error.cause, thrown);
  if (thrown instanceof Error || typeof thrown === "string") assert.match(error.message, /not today/);
}

/** @type {typeof globalThis.fetch} */
const refusing = async () => new Response("", { status: 401 });
let number = 0;

for (const holder of ["the page", "a worker"]) {
  describe(`where ${holder} holds the connection`, () => {
    const make = async () => (holder === "a worker" ? { worker: await workerHere(`throws-${number++}`) } : {});
    for (const [name, thrown] of THROWN) {
      test(`${name}, when a request is refused`, async (t) => {
        t.mock.method(globalThis, "fetch", refusing);
        told(await failure(Client.connect("http://fake.test/mcp", { auth: authorizer(thrown), ...(await make()) })), thrown);
      });

      test(`${name}, when a ticket for a socket is wanted`, async () => {
        told(await failure(Client.connect("ws://fake.test/mcp", { auth: authorizer(thrown), ...(await make()) })), thrown);
      });

      test(`${name}, when a server says on a socket that rights are missing`, async () => {
        const before = Socket.all.length;
        const auth = { ...authorizer(thrown), ticket: async () => undefined };
        const connecting = Client.connect("ws://fake.test/mcp", { auth, mode: "legacy", ...(await make()) });
        await soon("the socket", () => Socket.all.length > before);
        const server = /** @type {Socket} */ (Socket.all.at(-1));
        server.open();
        const client = await within(connecting, "the connection");
        server.answers = false;
        const failed = failure(client.callTool("t"));
        await soon("the call", () => server.sent.at(-1).method === "tools/call");
        server.say({ jsonrpc: "2.0", id: server.sent.at(-1).id, error: { code: 40300, message: "more rights are needed" } });
        told(await failed, thrown);
        await client.close();
      });
    }
  });
}
