// Tokens that are bound to a key (DPoP), and renewed for fewer scopes: as a program of the SDK 2.x has it.
import {
  Client,
  DPOP_SUPPORTED_ALGS,
  DpopSession,
  StreamableHTTPClientTransport,
  accessTokenHash,
  applyMiddlewares,
  generateDpopKeyPair,
  isDpopNonceChallenge,
  withDpop,
  withDpopFromProvider,
} from "@modelcontextprotocol/client";

/** @param {{ modules: string }} where */
export async function main({ modules }) {
  const { fakeMachines, opened } = await import(`${modules}/support/fake-machines.mjs`);
  const redirectUrl = "http://localhost:8090/callback";

  /** @param {any} world @param {any} more */
  function providerOf(world, more) {
    /** @type {any} */
    const kept = {};
    const provider = {
      redirectUrl,
      clientMetadata: { client_name: "program", redirect_uris: [redirectUrl], scope: "read write" },
      clientInformation: () => kept.client,
      saveClientInformation: (/** @type {any} */ client) => void (kept.client = client),
      tokens: () => kept.tokens,
      saveTokens: (/** @type {any} */ tokens) => void (kept.tokens = tokens),
      redirectToAuthorization: async (/** @type {URL} */ url) => void (kept.code = new URL(await world.open(url)).searchParams.get("code")),
      saveCodeVerifier: (/** @type {string} */ verifier) => void (kept.verifier = verifier),
      codeVerifier: () => kept.verifier,
      saveDiscoveryState: (/** @type {any} */ state) => void (kept.state = state),
      discoveryState: () => kept.state,
      ...more,
    };
    return { provider: /** @type {any} */ (provider), kept };
  }

  /** @param {any} more @param {any} [options] */
  async function visit(more, options) {
    const { world, asked } = fakeMachines(options);
    const { provider, kept } = providerOf(world, more);
    const make = () => new StreamableHTTPClientTransport(new URL(world.server), { authProvider: provider, fetch: world.fetch });
    const first = make();
    const refused = await new Client({ name: "program", version: "1.0.0" }).connect(first).catch((error) => error.constructor.name);
    await first.finishAuth(kept.code);
    const client = new Client({ name: "program", version: "1.0.0" });
    await client.connect(make());
    const call = () => client.callTool({ name: "work", arguments: {} }).then(({ content }) => content);
    const before = await call();
    world.tokens.clear();
    const after = await call();
    await client.close();
    const served = world.asked.filter((/** @type {any} */ { url, body }) => url === world.server && body?.id !== undefined);
    const proofs = served.filter((/** @type {any} */ { headers }) => headers.has("dpop")).length;
    const { token_type: type } = kept.tokens;
    return { refused, before, after, proofs, served: served.length, asked, type: type.toLowerCase() };
  }

  const session = await DpopSession.create();
  /** @type {string[]} */
  const told = [];
  const pair = await generateDpopKeyPair({ alg: "ES256" });
  const own = await DpopSession.create({ keyPair: pair });
  own.rememberNonce("https://a.example/x", "remembered");
  const shown = opened(await own.buildProof({ htm: "post", htu: "https://a.example/x?q=1#f", accessToken: "token" }));
  const challenge = (/** @type {number} */ status, /** @type {string} */ text) => isDpopNonceChallenge(new Response("", { status, headers: { "www-authenticate": text } }));

  /** What goes out. @type {any[]} */
  const sent = [];
  const next = async (/** @type {any} */ url, /** @type {any} */ init) => {
    const headers = new Headers(init?.headers);
    sent.push([init?.method, headers.get("authorization"), headers.has("dpop") && opened(headers.get("dpop")).claims.nonce]);
    return sent.length === 1 ? new Response("", { status: 401, headers: { "www-authenticate": 'DPoP error="use_dpop_nonce"', "dpop-nonce": "wanted" } }) : new Response("ok");
  };
  const plain = withDpopFromProvider(/** @type {any} */ ({ tokens: () => ({ access_token: "plain", token_type: "Bearer" }), dpop: () => own }));
  const none = withDpop(() => undefined, () => "token");
  const answers = [];
  for (const [middleware, url] of /** @type {any[]} */ ([[withDpop(own, () => "token"), "https://b.example/"], [plain, "https://c.example/"], [none, "https://d.example/"]])) {
    answers.push(await (await applyMiddlewares(middleware)(next)(url, { method: "POST" })).text());
  }

  return {
    bound: await visit({ dpop: () => session }, { proves: true }),
    later: await visit({ dpop: async () => session }, { proves: true }),
    unbound: await visit({ dpop: () => session }),
    narrowed: await visit({ scopeForRefresh: (/** @type {any} */ tokens) => (told.push(tokens.scope), "read") }),
    same: await visit({ scopeForRefresh: async () => undefined }),
    told,
    head: [shown.head.alg, shown.head.typ, Object.keys(shown.head.jwk).sort(), shown.isSigned],
    claims: [shown.claims.htm, shown.claims.htu, shown.claims.nonce, shown.claims.ath === (await accessTokenHash("token")), await accessTokenHash("token"), typeof shown.claims.jti],
    session: [own.alg, own.thumbprint === pair.thumbprint, own.publicJwk.kty, own.nonceFor("https://a.example/y"), own.nonceFor("https://b.example/"), own.nonceFor("https://z.example/")],
    locked: await crypto.subtle.exportKey("jwk", pair.privateKey).then(() => "exported", (error) => error.name),
    kinds: await Promise.all(
      DPOP_SUPPORTED_ALGS.filter((alg) => /ES|Ed/.test(alg)).map(async (alg) => [alg, (await generateDpopKeyPair({ alg })).publicJwk.crv]),
    ),
    challenges: [challenge(401, 'DPoP error="use_dpop_nonce"'), challenge(401, 'Bearer, dpop error="use_dpop_nonce"'), challenge(400, 'DPoP error="use_dpop_nonce"'), challenge(401, 'Bearer error="use_dpop_nonce"'), challenge(401, 'DPoP error="invalid_token"')],
    sent,
    answers,
  };
}
