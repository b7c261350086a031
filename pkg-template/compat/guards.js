// Which kind of message a value is.

/** @typedef {Record<string, unknown>} Members */

/** @param {unknown} value @returns {value is Members} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
/** @param {unknown} value @returns {value is Members} */
const isMessage = (value) => isObject(value) && value.jsonrpc === "2.0";
/** @param {unknown} id */
const isId = (id) => typeof id === "string" || Number.isInteger(id);
/** @param {Members} value */
const hasMethod = (value) => typeof value.method === "string";

/** @param {unknown} value */
export const isJSONRPCRequest = (value) => isMessage(value) && hasMethod(value) && isId(value.id);
/** @param {unknown} value */
export const isJSONRPCNotification = (value) => isMessage(value) && hasMethod(value) && !("id" in value);
/** @param {unknown} value */
export const isJSONRPCResultResponse = (value) => isMessage(value) && isId(value.id) && isObject(value.result);
/** @param {unknown} value */
export const isJSONRPCErrorResponse = (value) =>
  isMessage(value) &&
  (value.id === undefined || isId(value.id)) &&
  isObject(value.error) &&
  Number.isInteger(value.error.code) &&
  typeof value.error.message === "string";
/** @param {unknown} value */
export const isJSONRPCResponse = (value) => isJSONRPCResultResponse(value) || isJSONRPCErrorResponse(value);
/** @param {unknown} value */
export const isInitializeRequest = (value) =>
  isObject(value) &&
  value.method === "initialize" &&
  isObject(value.params) &&
  typeof value.params.protocolVersion === "string" &&
  isObject(value.params.capabilities) &&
  isObject(value.params.clientInfo);
/** @param {unknown} value */
export const isInitializedNotification = (value) => isObject(value) && value.method === "notifications/initialized";
/** @param {unknown} value */
export const isTaskAugmentedRequestParams = (value) => isObject(value) && (value.task === undefined || isObject(value.task));
/** @param {unknown} value */
export const isCallToolResult = (value) => isObject(value) && Array.isArray(value.content);
/** @param {unknown} value */
export const isInputRequiredResult = (value) => isObject(value) && value.resultType === "input_required";

/** @param {unknown} value @returns {unknown} */
export function parseJSONRPCMessage(value) {
  if (isJSONRPCRequest(value) || isJSONRPCNotification(value) || isJSONRPCResponse(value)) return value;
  throw new TypeError("the value is no JSON-RPC message");
}
