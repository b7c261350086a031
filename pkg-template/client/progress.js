// The handler for calls that nobody else listens to.

/**
 * Logs at debug level, and copes with a missing total or message.
 * @param {number} progress
 * @param {number} [total]
 * @param {string} [message]
 */
export function defaultProgressHandler(progress, total, message) {
  let text = `Progress: ${progress}`;
  if (total !== undefined) text += `/${total}`;
  if (total) text += ` (${((progress / total) * 100).toFixed(1)}%)`;
  if (message) text += ` - ${message}`;
  console.debug(text);
}
