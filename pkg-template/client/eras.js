// Servers that have answered `initialize`: the next connection to one begins with that.

/** Until when that is believed, by the address without its query. @type {Map<string, number>} */
const legacyServers = new Map();

/** Whether a server is known for that. @param {string | undefined} server */
export const isLegacy = (server) => (legacyServers.get(/** @type {string} */ (server)) ?? 0) > Date.now();

/** What a server has shown, as the core says it. @param {string} server @param {number} time for how long it is known for that, in milliseconds */
export function remember(server, time) {
  if (time) legacyServers.set(server, Date.now() + time);
  else legacyServers.delete(server);
}
