// Files in base64: what they are, whatever a server says that they are. Providers look at the bytes
// and refuse a request in which they are something else.

/** How files begin, and what they are. @type {[RegExp, string][]} */
const BEGINNINGS = [
  [/^\x89PNG\r\n\x1a\n/, "image/png"],
  [/^\xff\xd8\xff/, "image/jpeg"],
  [/^GIF8[79]a/, "image/gif"],
  [/^RIFF[^]{4}WEBP/, "image/webp"],
  [/^[^]{4}ftypavi[fs]/, "image/avif"],
  [/^[^]{4}ftyp(hei[cxms]|mif1)/, "image/heic"],
  [/^BM[^]{4}\0\0\0\0/, "image/bmp"],
  [/^(II\*\0|MM\0\*)/, "image/tiff"],
  [/^%PDF-/, "application/pdf"],
  [/^RIFF[^]{4}WAVE/, "audio/wav"],
  [/^ID3/, "audio/mpeg"],
  [/^OggS/, "audio/ogg"],
  [/^fLaC/, "audio/flac"],
];
/** Characters of base64 that hold every beginning. */
const BEGINNING = 24;
/** What types are called as well. @type {Record<string, string>} */
const NAMES = { "image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png", "application/x-pdf": "application/pdf" };
const UNKNOWN = "application/octet-stream";
/** What is text without saying so. */
const TEXTUAL =
  /^text\/|[/+](json|xml|yaml)$|^application\/((x-)?(yaml|toml|javascript|typescript|sh|sql|ndjson|httpd-php|tex|latex)|json5|jsonl|jsonlines|json-seq|csv|markdown|ecmascript|graphql|x-www-form-urlencoded)$/;
/** The longest media type. */
const LONGEST = 200;

/**
 * @param {unknown} given base64, or a `data:` URL
 * @param {unknown} declared the media type that the server says
 * @returns {{ mediaType: string, data: string, text?: string }} no data if there is none, or if it is no base64; with
 *   its text if it is one
 */
export function fileOf(given, declared) {
  const { type, data } = unwrapped(String(given ?? ""), typeof declared === "string" && declared.trim() ? declared.slice(0, LONGEST) : undefined);
  const said = nameOf(type);
  if (data === undefined) return { mediaType: said, data: "" };
  const found = typeOf(data);
  const text = !found && (type === undefined || TEXTUAL.test(said)) ? textOf(data, type) : undefined;
  return { mediaType: found ?? said, data, ...(text !== undefined && { text }) };
}

/**
 * @param {string} given
 * @param {string | undefined} type
 * @returns {{ type: string | undefined, data: string | undefined }}
 */
function unwrapped(given, type) {
  const [whole = "", own = ""] = /^\s*data:([^,]{0,200}),/i.exec(given) ?? [];
  if (!whole) return { type, data: base64(given) };
  const body = given.slice(whole.length);
  const [, named = own, encoded] = /^(.*?);\s*(base64)\s*$/i.exec(own) ?? [];
  // The text in it is written as in every URL.
  const bytes = textOfBytes(new TextEncoder().encode(body)).replace(/%([\da-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return { type: named || type, data: encoded ? base64(bytes) : base64(btoa(bytes)) };
}

/** Each byte as a character. @param {Uint8Array} bytes */
function textOfBytes(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Base64 as everybody takes it: its usual alphabet, padded, without white space. @param {string} given @returns {string | undefined} */
function base64(given) {
  let text = given.replace(/\s+/g, "").replaceAll("-", "+").replaceAll("_", "/");
  const end = text.indexOf("=");
  if (end >= 0) text = /^=+$/.test(text.slice(end)) ? text.slice(0, end) : "";
  if (!/^[A-Za-z0-9+/]+$/.test(text) || text.length % 4 === 1) return undefined;
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/** A media type without its parameters, as it is called mostly. @param {string | undefined} given */
function nameOf(given) {
  const name = (given ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (!/^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(name)) return UNKNOWN;
  return NAMES[name] ?? name;
}

/** What the bytes are. @param {string} data */
function typeOf(data) {
  const start = atob(data.slice(0, BEGINNING));
  return BEGINNINGS.find(([beginning]) => beginning.test(start))?.[1];
}

/** The bytes as text, if they are one. @param {string} data @param {string | undefined} type */
function textOf(data, type) {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(type ?? "")?.[1] ?? "utf-8";
  try {
    const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    const text = new TextDecoder(charset, { fatal: true }).decode(bytes);
    // Of bytes that nobody names, what no text holds.
    return type === undefined && /[\0-\x08\x0e-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
