// From a server's address to where one logs in: protected resource metadata (RFC 9728), then the
// metadata of an authorization server (RFC 8414, OpenID discovery).
import { shown } from "../base/errors.js";
import { isResourceOf, sameIssuer, usable } from "./addresses.js";
import { failure } from "./errors.js";
import { blocked, request, settled } from "./requests.js";

/** Of how many authorization servers one is looked for: a server that lists many could send a page to as many others. */
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
 * How a search fails.
 * @param {Search} search @param {import("./index.js").AuthErrorCode} code @param {string} what @param {object} [details]
 */
const fault = ({ server, tried }, code, what, details) => failure(code, server, what, { tried, ...details });

/**
 * An address that came by the network, if it may be used.
 * @param {Search} search @param {string} what @param {unknown} address @param {string} [issuer]
 */
function checked(search, what, address, issuer) {
  const url = usable(address, search.server);
  if (!url) throw fault(search, "AUTH_METADATA", `${what} is ${JSON.stringify(address)}, and no https address`, { url: String(address), issuer });
  return url;
}

/**
 * The document at the first of these addresses that has one.
 * @param {Search} search
 * @param {string[]} addresses
 * @param {(json: Metadata) => unknown} isOne
 */
async function first(search, addresses, isOne) {
  const { server, call, signal, tried } = search;
  for (const address of new Set(addresses)) {
    checked(search, "where it leads to", address);
    const outcome = await request(call, address, {}, signal);
    const { status, json } = outcome;
    tried.push({ url: address, status });
    // Where pages may not read, the next place may be open.
    if (status !== "blocked") await settled(call, server, `${address} says nothing`, address, outcome, { tried });
    if (status === 200 && json && isOne(json)) return json;
  }
  return undefined;
}

/** @param {string} name @param {URL} url */
const wellKnown = (name, { origin, pathname }) => `${origin}/.well-known/${name}${pathname.replace(/\/$/, "")}`;

/**
 * What the server says of itself; undefined if it says nothing.
 * @param {Search} search
 * @param {string | undefined} named by its challenge
 */
export async function protectedResource(search, named) {
  const { server, options } = search;
  const url = new URL(server);
  const places = [wellKnown("oauth-protected-resource", url), `${url.origin}/.well-known/oauth-protected-resource`];
  const isOne = (/** @type {Metadata} */ json) => typeof json.resource === "string";
  const found = (named && (await first(search, [named], isOne))) ?? (await first(search, places, isOne));
  if (found && !options.anyResource && !isResourceOf(found.resource, server)) {
    throw fault(search, "AUTH_RESOURCE_MISMATCH", `its metadata is that of ${JSON.stringify(found.resource)}`);
  }
  return found;
}

/**
 * What an authorization server says of itself.
 * @param {Search} search
 * @param {string} issuer
 */
export async function authorizationServer(search, issuer) {
  const { server, options } = search;
  const url = checked(search, "its issuer", issuer, issuer);
  const own = `${url.origin}${url.pathname.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const places = [wellKnown("oauth-authorization-server", url), wellKnown("openid-configuration", url), own];
  const found = await first(search, places, (json) => json.issuer || json.authorization_endpoint);
  if (!found) return undefined;
  if (!sameIssuer(String(found.issuer), issuer, options.strictIssuer)) {
    throw fault(search, "AUTH_ISSUER_MISMATCH", `the metadata of ${issuer} is that of ${JSON.stringify(found.issuer)}`, { issuer });
  }
  if (found.issuer !== issuer) console.warn(shown(`mcp-wasm/auth: ${server} names the issuer ${issuer}, which names itself ${found.issuer}`));
  for (const kind of ["authorization", "token", "registration", "revocation"]) {
    const name = `${kind}_endpoint`;
    if (kind[0] !== "r" || found[name] !== undefined) checked(search, `the ${name} of ${issuer}`, found[name], issuer);
  }
  const assumed = options.assumePkce?.some((one) => sameIssuer(one, found.issuer, options.strictIssuer));
  const methods = found.code_challenge_methods_supported;
  if (!assumed && !(Array.isArray(methods) && methods.includes("S256"))) {
    throw fault(search, "AUTH_PKCE", `${issuer} does not announce PKCE with S256; if it knows it, name it in \`assumePkce\``, { issuer });
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
  const known = await Promise.all(issuers.map(isKnown));
  const liked = [...issuers.filter((_, at) => known[at]), ...issuers.filter((one) => one === options.issuer)];
  for (const issuer of new Set([...liked, ...issuers])) {
    const metadata = await authorizationServer(search, issuer);
    if (metadata) return { resource, metadata };
  }
  const closed = tried.find(({ status }) => status === "blocked");
  const what = "nothing says how to log in";
  if (closed) throw await blocked(call, server, what, closed.url, { tried });
  throw fault(search, "AUTH_METADATA", `${what}: ${tried.map(({ url, status }) => `${url} (${status})`).join(", ")}`);
}
