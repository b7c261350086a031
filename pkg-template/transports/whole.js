// What is loaded for HTTP where the module travels inside: one request, and one script to be read.
export { default } from "../wasm/inline-http.js";
export { Exchanges } from "./exchanges.js";
