// An authorization server for programs without a person, in front of the one for people: what they ask for, and what proves who they are.
import { createHash, createPublicKey, verify } from "node:crypto";
import { fakeLogin } from "./fake-login.mjs";

const bytes = (/** @type {string} */ text) => Buffer.from(text, "base64url");
const json = (/** @type {unknown} */ value, status = 200, /** @type {Record<string, string>} */ headers = {}) =>
  new Response(JSON.stringify(value), { status, headers: { "content-type": "application/json", ...headers } });

/** What a signed text says, and whether it is signed by the key. @param {string} text @param {import("node:crypto").KeyObject} [key] without one, by the key in its head */
export function opened(text, key) {
  const [head = "", body = "", signature = ""] = text.split(".");
  const said = JSON.parse(String(bytes(head)));
  key ??= createPublicKey({ key: said.jwk, format: "jwk" });
  const isSigned = verify(said.alg.startsWith("Ed") ? null : "sha256", Buffer.from(`${head}.${body}`), { key, dsaEncoding: "ieee-p1363" }, bytes(signature));
  return { head: said, claims: JSON.parse(String(bytes(body))), isSigned };
}

/**
 * @param {object} [options]
 * @param {import("node:crypto").KeyObject} [options.key] that assertions are signed by
 * @param {boolean} [options.proves] whether tokens are bound to keys, with a nonce in each proof
 * @param {any} [options.login] options of the server for people
 */
export function fakeMachines({ key, proves, login } = {}) {
  /** What was asked of the token endpoint, without what is other each time. @type {object[]} */
  const asked = [];
  /** The keys that tokens are bound to. @type {Map<string, string>} */
  const bound = new Map();
  const proofs = new Set();
  /** What is wrong with a proof. @param {any} ask @param {string} nonce @param {string} [token] */
  const fault = ({ headers, method, url }, nonce, token) => {
    const proof = headers.get("dpop");
    if (!proof) return "missing";
    const { head, claims, isSigned } = opened(proof);
    const isFit = isSigned && head.typ === "dpop+jwt" && !head.jwk.d && claims.htm === method && claims.htu === url && Math.abs(claims.iat - Date.now() / 1000) < 60;
    if (!isFit || proofs.has(claims.jti)) return "bad";
    proofs.add(claims.jti);
    if (claims.nonce !== nonce) return "nonce";
    if (token && (claims.ath !== createHash("sha256").update(token).digest("base64url") || bound.get(token) !== JSON.stringify(head.jwk))) return "of another";
    return undefined;
  };
  /** @type {ReturnType<typeof fakeLogin>} */
  const world = fakeLogin({
    ...login,
    intercept: (ask) => {
      const { url, headers, body } = ask;
      if (url === world.server && proves) {
        const [scheme, token = ""] = (headers.get("authorization") ?? "").split(" ");
        if (scheme !== "DPoP") return undefined;
        const wrong = fault(ask, "of the server", token);
        if (wrong === "nonce") return new Response("", { status: 401, headers: { "www-authenticate": 'DPoP error="use_dpop_nonce"', "dpop-nonce": "of the server" } });
        if (wrong) return new Response(wrong, { status: 400 });
        headers.set("authorization", `Bearer ${token}`);
        return undefined;
      }
      if (!url.endsWith("/token")) return undefined;
      const { client_assertion: assertion, assertion: grant, code, code_verifier: verifier, refresh_token: refresh, client_id: id, ...plain } = body;
      const shown = assertion && (key ? opened(assertion, key) : { claims: assertion });
      asked.push({
        ...plain,
        id: id?.replace(/\d+$/, ""),
        basic: headers.get("authorization"),
        signed: shown?.isSigned,
        claims: shown?.isSigned ? { ...shown.claims, iat: 0, exp: shown.claims.exp - shown.claims.iat, jti: typeof shown.claims.jti } : shown?.claims,
        head: shown?.head,
        grant,
        proof: headers.has("dpop"),
        kinds: [code, verifier, refresh].map((one) => typeof one),
      });
      const wrong = proves ? fault(ask, "of the login", undefined) : undefined;
      if (wrong === "nonce") return json({ error: "use_dpop_nonce" }, 400, { "dpop-nonce": "of the login" });
      if (wrong) return json({ error: "invalid_dpop_proof" }, 400);
      if (!proves && (body.grant_type === "client_credentials" || body.grant_type.endsWith("jwt-bearer"))) return granted(ask, body.scope);
      if (!proves) return undefined;
      // As the other one answers, and bound.
      if (body.grant_type === "refresh_token") return world.refreshTokens.delete(body.refresh_token) ? granted(ask, body.scope) : json({ error: "invalid_grant" }, 400);
      const scopes = world.tokens.get(body.code);
      return scopes ? granted(ask, scopes.join(" ")) : json({ error: "invalid_grant" }, 400);
    },
  });

  /** @param {any} ask @param {string} [scope] */
  async function granted({ headers }, scope = "") {
    const tokens = await world.grant(scope.split(" ").filter(Boolean)).json();
    if (proves) bound.set(tokens.access_token, JSON.stringify(opened(headers.get("dpop")).head.jwk));
    return json({ ...tokens, token_type: proves ? "DPoP" : "bearer", refresh_token: proves ? tokens.refresh_token : undefined });
  }

  return { world, asked };
}
