// Where a person logs in: a window of its own, the page itself, or what the app has for it. The
// window's page hands over the address that it was sent to, and nothing else.

const CHANNEL = "mcp-wasm-auth answers";
/**
 * The answer that the window at this address brings; it is not waited for any more once the signal is aborted.
 * @param {Window} popup
 * @param {string} url
 * @param {string} state
 * @param {string} redirectUri
 * @param {AbortSignal} signal
 * @returns {Promise<URLSearchParams>}
 */
export function byWindow(popup, url, state, redirectUri, signal) {
  const channel = new BroadcastChannel(CHANNEL);
  const { origin } = new URL(redirectUri);
  return new Promise((resolve) => {
    const hear = (/** @type {MessageEvent} */ event) => {
      if (event.currentTarget === globalThis && (event.origin !== origin || (event.source && event.source !== popup))) return;
      const { search } = event.data?.mcpWasmAuth ?? {};
      const answer = new URLSearchParams(typeof search === "string" ? search : "");
      if (answer.get("state") !== state) return;
      channel.postMessage({ received: state });
      done();
      resolve(answer);
    };
    const done = () => {
      channel.close();
      removeEventListener("message", hear);
    };
    channel.onmessage = hear;
    addEventListener("message", hear);
    signal.addEventListener("abort", done);
    popup.location.replace(url);
  });
}

/** Hands the answer to the page that waits for it. @param {string} search @param {string} state @returns {Promise<boolean>} whether there is one */
export function handOver(search, state) {
  const channel = new BroadcastChannel(CHANNEL);
  const message = { mcpWasmAuth: { search } };
  return new Promise((resolve) => {
    const end = (/** @type {boolean} */ received) => (channel.close(), resolve(received));
    channel.onmessage = ({ data }) => data?.received === state && end(true);
    channel.postMessage(message);
    // A page in a frame has another partition: only its own window reaches it.
    globalThis.opener?.postMessage(message, location.origin);
    setTimeout(end, globalThis.opener ? 500 : 2000, Boolean(globalThis.opener));
  });
}
