// New tokens for a log-in that is there, and its end.
import { sameIssuer } from "./addresses.js";
import { protectedResource } from "./discovery.js";
import { isFailure, loginRequired } from "./errors.js";
import { unregister } from "./registration.js";
import { askTokens, revoke } from "./tokens.js";
import { alone, forget, replace } from "./writing.js";

/** @typedef {import("./sessions.js").Sessions} Sessions */
/** @typedef {import("./sessions.js").Session} Session */

/**
 * Whether a server has another issuer by now.
 * @param {Sessions} sessions @param {Session} kept @param {string | undefined} named by its challenge @param {AbortSignal} signal
 */
export async function hasMoved({ call, options }, { server, issuer }, named, signal) {
  const about = await protectedResource({ server, call, options, signal, tried: [] }, named).catch(() => undefined);
  const issuers = about?.authorization_servers;
  return Array.isArray(issuers) && issuers.length > 0 && !issuers.some((one) => sameIssuer(String(one), issuer, options.strictIssuer));
}

/**
 * Tokens instead of those with this access token: whoever is first asks for them, in all tabs.
 * @param {Sessions} sessions @param {string} server @param {string} old @returns {Promise<Session>}
 */
export async function renew(sessions, server, old) {
  const first = await sessions.get(server);
  return alone(`${first?.issuer} ${first?.client.id} ${first?.resource ?? server}`, async () => {
    const kept = await sessions.get(server);
    const { access, refresh, scope = "" } = kept?.tokens ?? {};
    const required = () => loginRequired(server, "the log-in has ended");
    if (!kept?.tokens) throw required();
    if (access !== old) return kept;
    let tokens;
    try {
      tokens = await askTokens(await sessions.grant(kept), { grant_type: "refresh_token", refresh_token: refresh, resource: kept.resource }, scope);
    } catch (error) {
      const isForgotten = isFailure(error, "AUTH_CLIENT");
      if (!isForgotten && !(isFailure(error, "AUTH_TOKEN") && error.error === "invalid_grant")) throw error;
      if (isForgotten) await unregister(sessions.store, kept);
    }
    const now = await replace(sessions, kept, tokens);
    if (now?.tokens) return now;
    // It was ended while these were on their way: they are nobody's.
    if (tokens) takeBack(sessions, { ...kept, tokens });
    throw required();
  });
}

/**
 * Ends a log-in that nobody can renew, unless another has taken its place.
 * @param {Sessions} sessions @param {Session} kept
 */
export const end = async (sessions, kept) => (await replace(sessions, kept))?.tokens;

/** Forgets a log-in. @param {Sessions} sessions @param {string} server @param {boolean} takesBack whether its issuer hears of it */
export async function leave(sessions, server, takesBack) {
  const kept = await forget(sessions, server);
  if (kept && takesBack) await takeBack(sessions, kept);
}

/** Takes the tokens of a log-in back, if its issuer lets it. @param {Sessions} sessions @param {Session} kept */
async function takeBack(sessions, kept) {
  const { tokens, endpoints } = kept;
  // Whether the other side hears of it or not, it is over here.
  if (tokens && endpoints.revocation) await revoke(await sessions.grant(kept), endpoints.revocation, tokens).catch(() => {});
}
