// The table of providers in docs/authorization.md: each as its documentation says that it answers, with the options that it needs and
// without them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import { fakeLogin } from "../support/fake-login.mjs";
import { importPkg, root } from "../support/paths.mjs";
import { kinds, metadataOf } from "../support/providers.mjs";

const { Client } = await importPkg();
const { OAuth } = await importPkg("auth/index.js");

/** A server whose log-ins are of that kind. @param {import("../support/providers.mjs").Kind} kind */
function worldOf(kind) {
  const { issuer, metadata, answers } = kind;
  /** @type {ReturnType<typeof fakeLogin>} */
  const world = fakeLogin({
    issuer,
    metadata: null,
    intercept: (ask) => {
      const answer = answers?.(ask);
      if (answer) return Response.json(answer[1], { status: answer[0] });
      if (ask.url === metadataOf(kind)) return Response.json({ issuer, ...metadata });
      // Whatever else is asked of it is not there.
      return undefined;
    },
  });
  world.answer = () => (metadata.authorization_response_iss_parameter_supported ? { iss: issuer } : {});
  return world;
}

/** Logs in and calls. @param {ReturnType<typeof fakeLogin>} world @param {object} options */
async function visit(world, options) {
  const auth = new OAuth({ redirectUri: "https://app.example/oauth.html", fetch: world.fetch, open: world.open, ...options });
  const connect = () => Client.connect(world.server, { auth, fetch: world.fetch, progressHandler: null });
  const error = await connect().catch((/** @type {any} */ reason) => reason);
  await auth.login(error);
  const client = await connect();
  await client.callTool("work");
  await client.close();
}

for (const kind of kinds) {
  describe(kind.name, () => {
    test(kind.fails ? `says ${kind.fails} to a page, which has no secret` : "lets in with the options that the table names", async () => {
      const world = worldOf(kind);
      if (kind.fails) return assert.rejects(visit(world, kind.options), { code: kind.fails });
      await visit(world, kind.options);
      const { searchParams: asked } = /** @type {URL} */ (world.opened[0]);
      const { scopes_supported: scopes = [], registration_endpoint: registers } = /** @type {any} */ (kind.metadata);
      const offline = scopes.includes("offline_access");
      assert.deepEqual([asked.get("code_challenge_method"), asked.get("prompt"), (asked.get("scope") ?? "").includes("offline_access")], ["S256", offline ? "consent" : null, offline]);
      const { resource, client, clientMetadata, authorizationParams = {} } = /** @type {any} */ (kind.options);
      assert.equal(asked.get("resource"), resource === false ? null : world.server);
      for (const [name, value] of Object.entries(authorizationParams)) assert.equal(asked.get(name), value);
      assert.equal(asked.get("client_id"), client?.id ?? clientMetadata ?? asked.get("client_id"));
      const registered = registers ? world.asked.filter(({ url }) => url === registers).length : 0;
      assert.equal(registered, client || clientMetadata || !registers ? 0 : 1);
    });

    const { without, options } = kind;
    if (without) {
      test(`without them it is ${without}, and nobody is sent anywhere`, async () => {
        const world = worldOf(kind);
        // A client alone is not enough where more is needed.
        const { client } = /** @type {any} */ (options);
        await assert.rejects(visit(world, without === "AUTH_PKCE" ? { client } : {}), { code: without });
        assert.equal(world.opened.length, 0);
      });
    }
  });
}

test("a resource that Entra ID does not take is an error that names the option", async () => {
  const kind = /** @type {import("../support/providers.mjs").Kind} */ (kinds.find(({ name }) => name === "Entra ID"));
  await assert.rejects(visit(worldOf(kind), { ...kind.options, resource: undefined }), { code: "AUTH_TOKEN", message: /resource: false/ });
});

test("each of them has its row in the guide, with how it was tested", () => {
  const rows = readFileSync(path.join(root, "docs/authorization.md"), "utf8").split("\n").filter((line) => line.startsWith("| "));
  for (const { name, options } of kinds) {
    const row = rows.find((line) => line.split("|")[1]?.includes(name)) ?? assert.fail(`${name} has no row`);
    const [, , needs = "", how = ""] = row.split("|");
    for (const option of Object.keys(options).filter((one) => one !== "scope")) assert.ok(needs.includes(option), `${name}: ${option}`);
    assert.match(how, /metadata/, name);
  }
});
