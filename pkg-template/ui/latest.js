// Options of hooks: functions made anew with each drawing are no reason to begin anew.
import { useEffect, useRef } from "react";

/** The newest value, for what runs later. @param {unknown} value */
export function useLatest(value) {
  const latest = useRef(value);
  useEffect(() => {
    latest.current = value;
  });
  return latest;
}

/**
 * The options with functions that are always the newest: a handler made anew with each drawing is
 * no reason to connect again.
 * @param {{ current: any }} latest
 */
export const following = (latest) =>
  Object.fromEntries(
    Object.entries(latest.current ?? {}).map(([name, value]) => {
      if (typeof value !== "function") return [name, value];
      return [name, (/** @type {unknown[]} */ ...args) => (latest.current?.[name] ?? value)(...args)];
    }),
  );
