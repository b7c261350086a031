// What a transport can do beyond the TypeScript SDK's interface. One that says nothing of it moves messages.

/** Where a transport of this package says what only it can do. */
export const ABILITIES = Symbol("abilities");

/**
 * What a transport of this package says of itself.
 * @typedef {object} Own
 * @property {import("../transports/fetch.js").Fetcher} [fetcher] moves exchanges of HTTP, for a client's core to
 *   take over; there once it has started
 * @property {(connection: import("../client/connection.js").Connection | undefined) => void} [attach] is given the
 *   connection, which takes more than a message at a time, and nothing when it is given up
 * @property {boolean} [exchanges] its `send` takes the options of a call, and never says whether the server got the message
 * @property {boolean} [announces] what becomes of a message is told by itself; otherwise what was sent counts as arrived
 */

/**
 * @typedef {object} Plain
 * @property {boolean} frames it hands text over unparsed, to `onframe`, and sends it by `sendText`
 * @property {boolean} limits it has `maxMessageSize`, to be set before it starts
 * @property {boolean} refuses it says by `onoversize` what it has not read, and whose that was
 */

/** @typedef {Own & Plain} Abilities */

/**
 * What a transport can do, before anything is put on it.
 * @param {import("../types/inside.js").Mover} transport
 * @returns {Abilities}
 */
export const abilitiesOf = (transport) => ({
  ...transport[ABILITIES],
  // Somebody else's transport says what it can do by no other means than its members.
  frames: "onframe" in transport,
  limits: "maxMessageSize" in transport,
  refuses: "onoversize" in transport,
});
