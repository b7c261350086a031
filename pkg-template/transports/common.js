// What the parts that are loaded late share with those that are there already, by one door: bundlers that make a chunk of
// each set of files that is shared (esbuild, rolldown) would make six, and a page would wait for each of them.
export { ABILITIES } from "../base/abilities.js";
export { Alarm } from "../base/alarm.js";
export * from "../base/errors.js";
export { itself, throughProxies } from "../base/itself.js";
export { read, write } from "../base/json.js";
export { MAX_MESSAGE_SIZE, outline, oversize, tooLarge } from "../base/size.js";
export { wasmModule, wasmRest } from "../wasm/core.js";
export { loadedForHttp, ready, readyForHttp } from "../wasm/load.js";
export { factsOf, textsOf } from "../wasm/records.js";
export { headersOf, identityNow, identityOf } from "./identity.js";
