// Options of hooks: functions made anew with each drawing are no reason to begin anew.
import { useEffect, useRef } from "react";

/** The newest value, for what runs later. @template T @param {T} value */
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
 * @template {object | undefined} T
 * @param {{ current: T }} latest
 * @returns {NonNullable<T>}
 */
export const following = (latest) =>
  /** @type {NonNullable<T>} */ (Object.fromEntries(
    Object.entries(latest.current ?? {}).map(([name, value]) => {
      if (typeof value !== "function") return [name, value];
      return [name, (/** @type {unknown[]} */ ...args) => (/** @type {Record<string, Function> | undefined} */ (latest.current)?.[name] ?? value)(...args)];
    }),
  ));
