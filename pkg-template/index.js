// The package as most apps use it: the module travels inside, and starts on the first `connect`.
import start, { Core, Http } from "./core.js";
import packed from "./inline.js";
import { provide } from "./load.js";

provide(async () => {
  const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
  // By a response, because the Blob of jsdom, in which pages are tested, has no stream.
  const body = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (new Response(bytes).body);
  const unpacked = body.pipeThrough(new DecompressionStream("gzip"));
  await start({ module_or_path: await new Response(unpacked).arrayBuffer() });
  return { Core, Http };
});

export * from "./api.js";
