// Requests of somebody who has logged in.

/** How often one request is sent, with other credentials each time. */
const TRIES = 4;

/**
 * Sends a request with what an authorizer gives for it, and again if the authorizer knows better after the answer.
 * @param {import("../types/authorizer.js").Authorizer} authorizer
 * @param {{ method: string, url: string, server: string, headers: Headers, signal: AbortSignal, identify: () => void }} request
 * @param {() => Promise<Response>} send
 */
export async function authorized(authorizer, { method, url, server, headers, signal, identify }, send) {
  for (let attempt = 1; ; attempt++) {
    const sent = await authorizer.headers({ method, url, server });
    for (const name in sent) headers.set(name, /** @type {string} */ (sent[name]));
    identify();
    signal.throwIfAborted();
    const response = await send();
    const { status } = response;
    const read = (/** @type {string} */ name) => response.headers.get(name) ?? undefined;
    const nonce = read("dpop-nonce");
    if (status !== 401 && status !== 403 && !nonce) return response;
    const again = await authorizer.answered({ status, challenge: read("www-authenticate"), nonce, sent, attempt, signal, method, url, server });
    if (!again || attempt === TRIES) return response;
    response.body?.cancel().catch(() => {});
  }
}
