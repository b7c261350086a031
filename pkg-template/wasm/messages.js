// What the module writes and reads of messages in one step each, where member by member would cross the
// boundary a dozen times. It does the same without these: slower.

export const hand = {
  /**
   * The request of that id, whose `_meta` has what every request carries, what the caller put there, and
   * the id as token.
   * @param {number} id
   * @param {string} method
   * @param {any} params become a part of it
   * @param {any} envelope
   */
  ask(id, method, params, envelope) {
    // Faster, for the engine, than spread into one literal.
    const meta = Object.assign({}, envelope, params._meta);
    meta.progressToken = id;
    params._meta = meta;
    return { jsonrpc: "2.0", id, method, params };
  },

  /**
   * The id, if the message is nothing but the result that ends the request of that id; otherwise 0.
   * @param {any} message
   */
  plain({ jsonrpc, id, method, result, error }) {
    const is = jsonrpc === "2.0" && Number.isSafeInteger(id) && method == null && error == null && typeof result === "object" && result && !Array.isArray(result);
    return is && (result.resultType ?? "complete") === "complete" && result.task == null ? id : 0;
  },
};
