// The smallest thing that drives the binding as the npm package does: it feeds the core, drains
// it, and calls handlers between two calls, never during one.

const SEND = 1, CONNECTED = 3, DISCONNECTED = 4, PROGRESS = 5, RESOLVE = 6, REJECT = 7, FAULT = 10;

export class Driver {
  /** Messages that left. @type {any[]} */
  sent = [];
  /** @type {string[]} */
  faults = [];
  /** @type {any} */
  connected;
  /** @type {any} */
  disconnected;
  #core;
  /** @type {{ resolve: (result: any) => void, reject: (error: any) => void, handler: Function }[]} */
  #calls = [];
  #draining = false;

  /** @param {any} core the binding's `Core` */
  constructor(core) {
    this.#core = core;
    core.connect(30_000, 5_000, false, false, 0);
    core.opened(0);
    this.#drain();
  }

  /**
   * Calls a tool; each progress goes to `handler(progress, total, message)`.
   * @param {string} name
   * @param {{ timeout?: number, maxTotal?: number, strict?: boolean }} limits
   * @param {Function} handler
   */
  call(name, limits, handler) {
    const { timeout = Infinity, maxTotal = Infinity, strict = false } = limits;
    const params = { name, arguments: {} };
    if (!this.#core.request("tools/call", params, timeout, maxTotal, Infinity, true, strict, 0, 10, false, 0, Infinity, 0)) {
      return Promise.reject({ code: "CLOSED" });
    }
    const [slot, id] = this.#core.view(0);
    const promise = new Promise((resolve, reject) => {
      this.#calls[slot] = { resolve, reject, handler };
    });
    promise.catch(() => {});
    this.#drain();
    return Object.assign(promise, { id });
  }

  /** @param {number} id @param {string} reason */
  cancel(id, reason) {
    this.#core.cancel(id, reason);
    this.#drain();
  }

  close() {
    this.#core.closed("the page went away", true);
    this.#drain();
  }

  /** Lets the core look at its clocks. @param {number} now */
  tick(now) {
    this.#core.timeout(now);
    this.#drain();
  }

  deadline() {
    return this.#core.view(0)[4];
  }

  counts() {
    return this.#core.counts();
  }

  /**
   * A frame has arrived.
   * @param {string} text
   * @param {boolean} scanned whether it may take the fast path
   */
  frame(text, scanned) {
    if (scanned) {
      const scratch = this.#core.view(1);
      for (let i = 0; i < text.length; i++) scratch[i] = Math.min(text.charCodeAt(i), 128);
      if (this.#core.scan(text.length)) {
        const [slot, , flags, , progress, total, start, end] = this.#core.view(2);
        if (slot < 0) return "dropped";
        const literal = start ? text.substring(start - 1, end + 1) : undefined;
        const message = literal && (flags & 2 ? JSON.parse(literal) : literal.slice(1, -1));
        this.#deliver(slot, progress, total, message);
        return "scanned";
      }
    }
    this.#core.receive(JSON.parse(text), NaN, 0);
    this.#drain();
    return "parsed";
  }

  /**
   * @param {number} slot
   * @param {number} progress
   * @param {number} total
   * @param {string | undefined} message
   */
  #deliver(slot, progress, total, message) {
    try {
      this.#calls[slot]?.handler(progress, Number.isNaN(total) ? undefined : total, message);
    } catch (error) {
      this.faults.push(String(error));
    }
  }

  #drain() {
    if (this.#draining) return;
    this.#draining = true;
    for (let step; (step = this.#core.poll(false)); ) this.#act(step);
    this.#draining = false;
  }

  /** @param {number} step */
  #act(step) {
    const [slot, id, progress, total] = this.#core.view(0);
    switch (step) {
      case SEND:
        this.sent.push(JSON.parse(JSON.stringify(this.#core.value())));
        // It has been handed over, which ends the handshake.
        if (id < 0) this.#core.begun(0);
        return;
      case CONNECTED:
        return (this.connected = this.#core.value());
      case DISCONNECTED:
        return (this.disconnected = this.#core.value());
      case PROGRESS:
        return this.#deliver(slot, progress, total, this.#core.other());
      case RESOLVE:
        return this.#calls[slot]?.resolve(this.#core.value());
      case REJECT:
        return this.#calls[slot]?.reject(this.#core.value());
      case FAULT:
        return this.faults.push(this.#core.value().message);
    }
  }
}
