// A module that travels inside a script: gzip, then base64.

/** @param {string} packed @returns {Promise<ArrayBuffer>} */
export async function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  // By a response, because the Blob of jsdom, in which pages are tested, has no stream.
  const body = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (new Response(bytes).body);
  return new Response(body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
