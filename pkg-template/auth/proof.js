// Proofs of possession (DPoP, RFC 9449): a token that only the holder of a key can use.

const bytesOf = (/** @type {string} */ text) => new TextEncoder().encode(text);

/** @param {ArrayBuffer | Uint8Array<ArrayBuffer>} bytes */
export const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\W/g, (sign) => ({ "+": "-", "/": "_" })[sign] ?? "");

/** Text of 32 random bytes. */
export const randomText = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** @param {string} text */
export const sha256 = async (text) => base64url(await crypto.subtle.digest("SHA-256", bytesOf(text)));

/** The nonces that servers want to see, by origin. @type {Map<string, string>} */
const nonces = new Map();
/** How far the clocks of servers are from ours, by origin, in milliseconds. @type {Map<string, number>} */
const clocks = new Map();

/**
 * Keeps what an answer says of proofs.
 * @param {string} url
 * @param {string | null | undefined} nonce
 * @param {string | null | undefined} [date] its `Date`, if the proof's time was refused
 * @returns {boolean} whether the nonce is new
 */
export function heed(url, nonce, date) {
  const { origin } = new URL(url);
  const time = Date.parse(date ?? "");
  if (time) clocks.set(origin, time - Date.now());
  if (!nonce || nonces.get(origin) === nonce) return false;
  nonces.set(origin, nonce);
  return true;
}

/**
 * A proof for one request.
 * @param {CryptoKeyPair} key
 * @param {string} method
 * @param {string} url
 * @param {string} [token] the access token that goes with it
 */
export async function prove(key, method, url, token) {
  const { origin } = new URL(url);
  const { crv, kty, x, y } = await crypto.subtle.exportKey("jwk", key.publicKey);
  const part = (/** @type {object} */ value) => base64url(bytesOf(JSON.stringify(value)));
  const head = part({ typ: "dpop+jwt", alg: "ES256", jwk: { crv, kty, x, y } });
  const body = part({
    jti: randomText(),
    htm: method,
    htu: url.replace(/[?#].*$/s, ""),
    iat: Math.floor((Date.now() + (clocks.get(origin) ?? 0)) / 1000),
    ath: token && (await sha256(token)),
    nonce: nonces.get(origin),
  });
  const signed = `${head}.${body}`;
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.privateKey, bytesOf(signed));
  return `${signed}.${base64url(signature)}`;
}
