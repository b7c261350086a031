// The one place that knows where the package is served. An import map would be an inline script, which the page's
// content security policy forbids.
export { OAuth } from "/pkg/auth/index.js";
export { Client } from "/pkg/index.js";
export { McpProgressElement } from "/pkg/element.js";
