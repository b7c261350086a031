// The calls under way, by the slots that the core gives them.

/** @typedef {import("./call.js").Call} Call */

export class CallTable {
  /** @type {(Call | undefined)[]} */
  #calls = [];
  /** How many there are. */
  size = 0;

  /** @param {number} slot @param {Call} call */
  put(slot, call) {
    this.#calls[slot] = call;
    this.size++;
  }

  /** The call of a slot. @param {number} slot */
  at(slot) {
    return this.#calls[slot];
  }

  /** The same, which ends. @param {number} slot */
  take(slot) {
    const call = this.#calls[slot];
    this.#calls[slot] = undefined;
    this.size--;
    return call;
  }

  /** The call that a request belongs to. @param {number | undefined} id @param {{ params?: import("../types/inside.js").Params }} [message] what is sent: about a call, or the task that it has become */
  find(id, message) {
    // The latest first: it is what is sent.
    for (let slot = id ? this.#calls.length : 0; slot--; ) if (this.#calls[slot]?.requestId === id) return this.#calls[slot];
    const { requestId, taskId } = message?.params ?? {};
    return this.all().find((call) => call.requestId === requestId || (taskId && call.task?.taskId === taskId));
  }

  /** All of them. @returns {Call[]} */
  all() {
    return /** @type {Call[]} */ (this.#calls.filter((call) => call));
  }
}
