// Servers that have answered `initialize`: the next connection to one begins with that.

/** How long that is believed, in milliseconds. */
const REMEMBER = 24 * 60 * 60 * 1000;
/** Until when, by the address without its query. @type {Map<string, number>} */
const legacyServers = new Map();

/** Whether a server is known for that. @param {string | undefined} server */
export const isLegacy = (server) => (legacyServers.get(/** @type {string} */ (server)) ?? 0) > Date.now();

/** What a server has shown. @param {string} server @param {boolean} legacy */
export function remember(server, legacy) {
  if (legacy) legacyServers.set(server, Date.now() + REMEMBER);
  else legacyServers.delete(server);
}
