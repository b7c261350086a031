// Tickets for WebSockets, which cannot carry headers: asked for by HTTP, used once.
import { serverOf } from "./addresses.js";
import { protectedResource } from "./discovery.js";
import { failure } from "./errors.js";
import { request, settled } from "./requests.js";

/** How often a ticket is asked for before it is given up. */
const TRIES = 3;

/**
 * A ticket for a socket at an address; undefined if its server gives none.
 * @param {import("./index.js").Authorizer} authorizer
 * @param {string} address
 * @param {import("./index.js").OAuthOptions} options
 * @param {AbortSignal} [signal]
 */
export async function ticketFor(authorizer, address, options, signal = new AbortController().signal) {
  const { fetch: call = globalThis.fetch.bind(globalThis) } = options;
  const server = serverOf(address);
  const resource = await protectedResource({ server, call, options, signal, tried: [] }, undefined);
  const endpoint = resource?.mcp_ticket_endpoint;
  if (endpoint === undefined) return undefined;
  // A token is shown to whom it is for, and to nobody that it names.
  if (!URL.canParse(endpoint) || new URL(endpoint).origin !== new URL(server).origin) {
    throw failure("AUTH_METADATA", server, `its tickets are at ${JSON.stringify(endpoint)}, which is elsewhere`);
  }
  for (let attempt = 1; ; attempt++) {
    const sent = await authorizer.headers({ method: "POST", url: endpoint, server });
    const outcome = await request(call, endpoint, { method: "POST", headers: sent }, signal);
    const what = "it gives no ticket for a socket";
    await settled(call, server, what, endpoint, outcome);
    const { json, headers } = outcome;
    const status = /** @type {number} */ (outcome.status);
    if (status === 200 && typeof json?.ticket === "string") return /** @type {string} */ (json.ticket);
    const challenge = headers?.get("www-authenticate") ?? undefined;
    const nonce = headers?.get("dpop-nonce") ?? undefined;
    const again = attempt < TRIES && (await authorizer.answered({ status, challenge, nonce, sent, attempt, signal, method: "POST", url: endpoint, server }));
    if (!again) throw failure("AUTH_REQUIRED", server, `${what} (${status})`, { url: endpoint });
  }
}
