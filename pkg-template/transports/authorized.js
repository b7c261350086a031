// Requests and sockets of somebody who has logged in.

/** How often one request is sent, with other credentials each time. */
const TRIES = 4;

/** What an authorizer makes of a refusal, in the place of the answer. */
class Refusal {
  status = 401;
  headers = new Headers();

  /** @param {unknown} thrown by the authorizer, whoever has written it */
  constructor(thrown) {
    this.refusal = { thrown };
  }
}

/** @template T @param {() => Promise<T>} ask the authorizer @returns {Promise<T>} */
async function heard(ask) {
  try {
    return await ask();
  } catch (thrown) {
    throw new Refusal(thrown);
  }
}

/**
 * Sends a request with what an authorizer gives for it, and again if the authorizer knows better after the answer.
 * @param {{ auth: import("../types/authorizer.js").Authorizer, server?: string }} by
 * @param {string} url
 * @param {string} method
 * @param {Headers} headers
 * @param {AbortSignal} signal
 * @param {() => Promise<Response>} send
 * @returns {Promise<Response>} who is not let in has been told so by the server: with what the authorizer has thrown at that, in `refusal`
 */
export async function ask(by, url, method, headers, signal, send) {
  try {
    return await attempts(by, url, method, headers, signal, send);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    return /** @type {Response} */ (/** @type {unknown} */ (thrown));
  }
}

/** @type {typeof ask} */
async function attempts({ auth, server: given }, url, method, headers, signal, send) {
  const server = given ?? url;
  for (let attempt = 1; ; attempt++) {
    const sent = await heard(() => auth.headers({ method, url, server }));
    for (const name in sent) headers.set(name, /** @type {string} */ (sent[name]));
    const response = await send();
    const { status } = response;
    const read = (/** @type {string} */ name) => response.headers.get(name) ?? undefined;
    const nonce = read("dpop-nonce");
    if (status !== 401 && status !== 403 && !nonce) return response;
    const again = await heard(() => auth.answered({ status, challenge: read("www-authenticate"), nonce, sent, attempt, signal, method, url, server }));
    if (!again || attempt === TRIES) return response;
    response.body?.cancel().catch(() => {});
  }
}

/**
 * What an authorizer makes of an error that comes too late for a status, in a stream or on a socket: rights are missing.
 * @param {{ auth: import("../types/authorizer.js").Authorizer, server: string }} by
 * @param {import("../types/inside.js").Failure} failure of a call
 * @returns {Promise<import("../types/inside.js").Failure>} how the call fails
 */
export async function lacking({ auth, server }, failure) {
  const { scope, resourceMetadata: resource_metadata } = Object(failure.data);
  const params = Object.entries({ error: "insufficient_scope", scope, resource_metadata }).map(([name, text = ""]) => `${name}=${JSON.stringify(String(text))}`);
  try {
    await auth.answered({ status: 403, challenge: `Bearer ${params}`, sent: {}, attempt: 1, signal: new AbortController().signal, method: "POST", url: server, server });
  } catch (thrown) {
    return { ...failure, code: "HTTP_ERROR", status: 403, headers: { thrown } };
  }
  return failure;
}

/**
 * Opens a socket where that may take a ticket, unless the transport is closed meanwhile: then its `access` is another object.
 * @param {{ access: { auth?: import("../types/authorizer.js").Authorizer, server?: string } }} transport
 * @param {(protocols: string[]) => Promise<void>} open
 */
export async function enter(transport, open) {
  const { access } = transport;
  const { auth, server = "" } = access;
  const once = async (/** @type {boolean} */ refused) => {
    const ticket = await auth?.ticket?.(server, refused);
    if (transport.access !== access) throw new DOMException("the transport was closed", "AbortError");
    return ticket === undefined ? [] : [`mcp.ticket.${ticket}`];
  };
  const first = await once(false);
  try {
    return await open(first);
  } catch (error) {
    // Browsers do not say why. If a log-in is wanted, this is where that is told.
    const second = first.length ? [] : await once(true);
    if (!second.length) throw error;
    return open(second);
  }
}
