// JSON Web Tokens (RFC 7515, RFC 7519) by the platform's own cryptography: keys in, signed texts out.
import { base64url, sha256 } from "../auth/proof.js";

/** @typedef {string | Uint8Array | Record<string, unknown>} KeyMaterial PKCS #8 in PEM, the same or a shared secret as bytes, or a JSON Web Key */

/** For each kind of algorithm some of the members. @typedef {EcKeyGenParams & RsaHashedKeyGenParams & EcdsaParams & RsaPssParams} Way */

/**
 * What the platform calls an algorithm of RFC 7518.
 * @param {string} alg
 * @returns {Way}
 */
export function algorithmOf(alg) {
  return /** @type {Way} */ (wayOf(alg));
}

/** @param {string} alg @returns {Partial<Way>} */
function wayOf(alg) {
  if (alg === "EdDSA") return { name: "Ed25519" };
  const [, kind, bits] = /^(ES|RS|PS|HS)(256|384|512)$/.exec(alg) ?? [];
  const hash = `SHA-${bits}`;
  if (kind === "ES") return { name: "ECDSA", namedCurve: bits === "512" ? "P-521" : `P-${bits}`, hash };
  if (kind === "HS") return { name: "HMAC", hash };
  if (!kind) throw new Error(`Unsupported algorithm ${alg}`);
  const rsa = { hash, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  return kind === "RS" ? { name: "RSASSA-PKCS1-v1_5", ...rsa } : { name: "RSA-PSS", saltLength: Number(bits) / 8, ...rsa };
}

const encode = (/** @type {string} */ text) => new TextEncoder().encode(text);
/** The bytes of a text in base64. @param {string} text */
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/**
 * A key to sign with.
 * @param {KeyMaterial} material
 * @param {string} alg
 * @returns {Promise<CryptoKey>}
 */
export async function importKey(material, alg) {
  const algorithm = algorithmOf(alg);
  const { subtle } = crypto;
  const usages = /** @type {const} */ (["sign"]);
  if (typeof material !== "string" && !(material instanceof Uint8Array)) return subtle.importKey("jwk", material, algorithm, false, usages);
  if (algorithm.name === "HMAC") return subtle.importKey("raw", typeof material === "string" ? encode(material) : Uint8Array.from(material), algorithm, false, usages);
  const text = typeof material === "string" ? material : new TextDecoder().decode(material);
  const [, body] = /-----BEGIN PRIVATE KEY-----([\s\S]*?)-----END PRIVATE KEY-----/.exec(text) ?? [];
  if (body === undefined) throw new TypeError("The private key is no PKCS #8 in PEM");
  return subtle.importKey("pkcs8", bytesOf(body.replace(/\s/g, "")), algorithm, false, usages);
}

/**
 * A signed token.
 * @param {CryptoKey} key
 * @param {string} alg
 * @param {object} head beside `alg`
 * @param {object} claims
 */
export async function signed(key, alg, head, claims) {
  const part = (/** @type {object} */ value) => base64url(encode(JSON.stringify(value)));
  const text = `${part({ alg, ...head })}.${part(claims)}`;
  return `${text}.${base64url(await crypto.subtle.sign(algorithmOf(alg), key, encode(text)))}`;
}

/** The members of a public key that it is known by (RFC 7638), in their order. @type {Record<string, string[]>} */
const MEMBERS = { EC: ["crv", "kty", "x", "y"], RSA: ["e", "kty", "n"], OKP: ["crv", "kty", "x"] };

/** A public key and nothing else. @param {JsonWebKey} jwk @returns {JsonWebKey} */
export const bare = (jwk) => Object.fromEntries((MEMBERS[jwk.kty ?? ""] ?? []).map((name) => [name, /** @type {Record<string, unknown>} */ (jwk)[name]]));

/** What a key is known by (RFC 7638). @param {JsonWebKey} jwk */
export const thumbprint = (jwk) => sha256(JSON.stringify(bare(jwk)));
