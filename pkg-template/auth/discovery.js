// From a server's address to where one logs in: protected resource metadata (RFC 9728), then the
// metadata of an authorization server (RFC 8414, OpenID discovery).
import { shown } from "../base/errors.js";
import { isResourceOf, sameIssuer, usable } from "./addresses.js";
import { failure } from "./errors.js";
import { blocked, isTransient, request } from "./requests.js";

/** Of how many authorization servers one is looked for: a server that lists any number could send a page to as many others. */
const MOST = 10;

/**
 * @typedef {object} Search
 * @property {string} server
 * @property {typeof fetch} call
 * @property {import("./index.js").OAuthOptions & { anyResource?: boolean }} options `anyResource`: somebody else judges that
 * @property {AbortSignal} [signal]
 * @property {{ url: string, status: number | "blocked" }[]} tried
 */

/**
 * What a server, or who lets people in, says of itself; it may say whatever it likes.
 * @typedef {Record<string, any>} Metadata
 */

/**
 * The document at the first of these addresses that has one.
 * @param {Search} search
 * @param {string[]} addresses
 * @param {(json: Metadata) => unknown} isOne
 */
async function first({ server, call, signal, tried }, addresses, isOne) {
  for (const address of addresses) {
    const url = usable(address, server);
    if (!url) throw failure("AUTH_METADATA", server, `its log-in leads to ${JSON.stringify(address)}, which is no https address`, { url: address, tried });
    const { status, json } = await request(call, address, {}, signal);
    tried.push({ url: address, status });
    if (isTransient(status)) throw failure("AUTH_TRANSIENT", server, `${address} answers with ${status}; try again later`, { url: address, tried });
    if (status === 200 && json && isOne(json)) return json;
  }
  return undefined;
}

/** @param {string} name @param {URL} url */
const wellKnown = (name, { origin, pathname }) => `${origin}/.well-known/${name}${pathname === "/" ? "" : pathname.replace(/\/$/, "")}`;

/**
 * What the server says of itself; undefined if it says nothing.
 * @param {Search} search
 * @param {string | undefined} named by its challenge
 */
export async function protectedResource(search, named) {
  const { server, options, tried } = search;
  const url = new URL(server);
  const places = [wellKnown("oauth-protected-resource", url), `${url.origin}/.well-known/oauth-protected-resource`];
  const isOne = (/** @type {Metadata} */ json) => typeof json.resource === "string";
  const found = (named && (await first(search, [named], isOne))) ?? (await first(search, [...new Set(places)], isOne));
  if (found && !options.anyResource && !isResourceOf(found.resource, server)) {
    throw failure("AUTH_RESOURCE_MISMATCH", server, `its metadata is that of ${JSON.stringify(found.resource)}`, { tried });
  }
  return found;
}

/**
 * What an authorization server says of itself.
 * @param {Search} search
 * @param {string} issuer
 */
export async function authorizationServer(search, issuer) {
  const { server, options, tried } = search;
  const url = usable(issuer, server);
  if (!url) throw failure("AUTH_METADATA", server, `its issuer ${JSON.stringify(issuer)} is no https address`, { issuer, tried });
  const own = `${url.origin}${url.pathname.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const places = [wellKnown("oauth-authorization-server", url), wellKnown("openid-configuration", url), own];
  const found = await first(search, [...new Set(places)], (json) => json.issuer || json.authorization_endpoint);
  if (!found) return undefined;
  if (!sameIssuer(String(found.issuer), issuer, options.strictIssuer)) {
    throw failure("AUTH_ISSUER_MISMATCH", server, `the metadata of ${issuer} says that it is of ${JSON.stringify(found.issuer)}`, { issuer, tried });
  }
  if (found.issuer !== issuer) console.warn(shown(`mcp-wasm/auth: ${server} names the issuer ${issuer}, which names itself ${found.issuer}`));
  for (const name of ["authorization_endpoint", "token_endpoint", "registration_endpoint", "revocation_endpoint"]) {
    const needed = name < "r" || name > "s";
    if ((needed || found[name] !== undefined) && !usable(found[name], server)) {
      throw failure("AUTH_METADATA", server, `the ${name} of ${issuer} is ${JSON.stringify(found[name])}, and no https address`, { issuer, url: String(found[name]), tried });
    }
  }
  const assumed = options.assumePkce?.some((one) => sameIssuer(one, found.issuer, options.strictIssuer));
  const methods = found.code_challenge_methods_supported;
  if (!assumed && !(Array.isArray(methods) && methods.includes("S256"))) {
    throw failure("AUTH_PKCE", server, `${issuer} does not say that it knows PKCE with S256; if it does, name it in the option \`assumePkce\``, { issuer, tried });
  }
  return found;
}

/**
 * Where one logs in for a server.
 * @param {Search} search
 * @param {string | undefined} named by its challenge
 * @param {(issuer: string) => boolean | Promise<boolean>} isKnown whether there is a client or a log-in for an issuer
 */
export async function discover(search, named, isKnown) {
  const { server, call, options, tried } = search;
  const resource = await protectedResource(search, named);
  /** @type {string[]} */
  const listed = (Array.isArray(resource?.authorization_servers) ? resource.authorization_servers : []).filter((/** @type {unknown} */ one) => typeof one === "string");
  // Before there was metadata of resources, a server's origin was its issuer.
  const issuers = listed.length ? [...new Set(listed)].slice(0, MOST) : [new URL(server).origin];
  const weight = new Map(await Promise.all(issuers.map(async (one) => /** @type {const} */ ([one, (await isKnown(one)) ? 0 : one === options.issuer ? 1 : 2]))));
  issuers.sort((one, other) => /** @type {number} */ (weight.get(one)) - /** @type {number} */ (weight.get(other)));
  for (const issuer of issuers) {
    const metadata = await authorizationServer(search, issuer);
    if (metadata) return { resource, metadata };
  }
  const closed = tried.find(({ status }) => status === "blocked");
  if (closed) throw await blocked(call, server, "how to log in cannot be found out", closed.url, { tried });
  throw failure("AUTH_METADATA", server, `it wants a log-in, and says nowhere how: ${tried.map(({ url, status }) => `${url} (${status})`).join(", ")}`, { tried });
}
