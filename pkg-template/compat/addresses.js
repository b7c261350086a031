// The SDKs' looks at addresses, for providers that decide for themselves what they accept.

/** A server's address as the resource that tokens are for. @param {string | URL} url */
export function resourceUrlFromServerUrl(url) {
  const resource = new URL(url);
  resource.hash = "";
  return resource;
}

/** Whether a resource is the one that is configured, or below it. @param {{ requestedResource: string | URL, configuredResource: string | URL }} resources */
export function checkResourceAllowed({ requestedResource, configuredResource }) {
  const [requested, configured] = [new URL(requestedResource), new URL(configuredResource)];
  const folder = (/** @type {string} */ path) => (path.endsWith("/") ? path : `${path}/`);
  const isBelow = requested.pathname.length >= configured.pathname.length && folder(requested.pathname).startsWith(folder(configured.pathname));
  return requested.origin === configured.origin && isBelow;
}

/** Whether a client may have this address as its id. @param {string} [value] */
export function isHttpsUrl(value) {
  if (!value || !URL.canParse(value)) return false;
  const { protocol, pathname } = new URL(value);
  return protocol === "https:" && pathname !== "/";
}
