// A small file server for pages under test: directories mounted at paths, optional headers.
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";

/** @type {Record<string, string>} */
const types = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
};

/** The policy that a careful production site sets and that this package supports. */
export const productionCsp = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ws://127.0.0.1:* http://127.0.0.1:*";

/**
 * @typedef {object} StaticServer
 * @property {import("node:http").Server} server for what else a test wants to hang on to it
 * @property {number} port
 * @property {string} url with a slash at its end
 * @property {() => Promise<void>} stop
 */

/**
 * Serves files on loopback.
 * @param {object} options
 * @param {Record<string, string>} [options.mounts] URL path, slash at its end, to directory
 * @param {Record<string, string>} [options.files] URL path to the text itself; comes first
 * @param {Record<string, string>} [options.headers] sent with every answer
 * @param {string} [options.csp] a Content-Security-Policy
 * @returns {Promise<StaticServer>}
 */
export async function startStaticServer({ mounts = {}, files = {}, headers = {}, csp }) {
  const prefixes = Object.keys(mounts).sort((a, b) => b.length - a.length);
  /** @param {string} pathname @returns {Promise<{ body: string | Buffer, name: string } | undefined>} */
  async function find(pathname) {
    const text = files[pathname];
    if (text !== undefined) return { body: text, name: pathname.endsWith("/") ? "index.html" : pathname };
    const prefix = prefixes.find((p) => pathname.startsWith(p));
    if (prefix === undefined) return undefined;
    const directory = path.resolve(/** @type {string} */ (mounts[prefix]));
    let file = path.resolve(directory, `./${pathname.slice(prefix.length)}`);
    if (file !== directory && !file.startsWith(directory + path.sep)) return undefined;
    try {
      if ((await stat(file)).isDirectory()) file = path.join(file, "index.html");
      return { body: await readFile(file), name: file };
    } catch {
      return undefined;
    }
  }
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    // Browsers ask for it by themselves; a 404 would stand in the console as an error.
    if (pathname === "/favicon.ico") return void response.writeHead(204).end();
    const found = await find(decodeURIComponent(pathname));
    const type = found && types[path.extname(found.name)];
    response.writeHead(found ? 200 : 404, {
      "cache-control": "no-store",
      "content-type": type ?? (found ? "application/octet-stream" : "text/plain"),
      ...(csp ? { "content-security-policy": csp } : {}),
      ...headers,
    });
    response.end(found ? found.body : "not found");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(() => resolve(undefined)));
  };
  return { server, port, url: `http://127.0.0.1:${port}/`, stop };
}
