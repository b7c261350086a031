// Log-ins, for servers that ask for one.
import { McpError, part } from "../base/errors.js";
import { failure } from "./errors.js";
import { serverOf } from "./addresses.js";

export { AuthError } from "./errors.js";
export { OAuth } from "./oauth.js";
export { indexedDb, local, memory, session } from "./storage.js";

/** @param {{ storage?: import("./index.js").AuthStorage }} [options] */
export const finish = async (options) => (await part(import("./finish.js"))).finish(options);

/**
 * A token that somebody else has obtained.
 * @param {string | (() => string | Promise<string>)} token
 * @returns {import("./index.js").Authorizer}
 */
export function bearer(token) {
  const header = async () => {
    const text = typeof token === "function" ? await token() : token;
    if (typeof text !== "string" || !/^[\w\-.~+/]+=*$/.test(text)) throw new McpError("INVALID_ARGUMENT", "bearer: that is no token");
    return `Bearer ${text}`;
  };
  return {
    headers: async () => ({ authorization: await header() }),
    async answered({ status, sent, attempt, server: address }) {
      if (status !== 401) return false;
      if (attempt < 2 && typeof token === "function" && (await header()) !== sent.authorization) return true;
      throw failure("AUTH_REQUIRED", serverOf(address), "the token of `bearer` is refused");
    },
    async ticket(url) {
      return (await part(import("./ticket.js"))).ticketFor(this, url, {});
    },
  };
}
