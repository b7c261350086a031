// What a worker is told of the client.

/** @typedef {import("../transports/first.js").Speaker} Speaker */

/** As much as can be posted of it; nothing of one that calls itself what cannot. @param {Speaker | undefined} speaker @returns {Speaker | undefined} */
export function speaking(speaker) {
  if (!speaker) return undefined;
  const { options: { mode, logHandler, capabilities, tasks }, handlers: { size } } = speaker;
  try {
    return structuredClone({ ...speaker, options: { mode, logHandler: logHandler && true, capabilities, tasks }, handlers: { size } });
  } catch {
    return undefined;
  }
}
