// Stores such as Vue's and Valtio's put a Proxy around whatever they keep, and a Proxy has no private
// members. So what a class of the package offers runs on the object itself, whoever asks for it.

/** What leads from a Proxy, or from a store's copy, to the object: a function, which no store wraps. */
const ITSELF = Symbol("itself");

/** To be called by a class's constructor. @template {object} T @param {T} object @returns {T} */
export const itself = (object) => Object.defineProperty(object, ITSELF, { value: () => object, configurable: true });

/**
 * The methods and accessors that the classes themselves have, run on the object itself.
 * @param {{ prototype: object }[]} classes
 */
export function throughProxies(...classes) {
  for (const { prototype } of classes) {
    for (const name of Reflect.ownKeys(prototype)) {
      const property = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(prototype, name));
      for (const part of name === "constructor" ? [] : /** @type {const} */ (["value", "get", "set"])) {
        const run = /** @type {Function | undefined} */ (property[part]);
        if (!run) continue;
        // So many arguments, and no rest of them: handing an array of them on, where the engine has made
        // one function of the two, ends a process of Node 20 in its deoptimizer.
        /** @this {{ [ITSELF]: () => object }} @param {unknown} a @param {unknown} [b] @param {unknown} [c] @param {unknown} [d] @param {unknown} [e] */
        const on = function (a, b, c, d, e) {
          const object = this[ITSELF]();
          const value = run.call(object, a, b, c, d, e);
          // Who chains calls goes on with what it has.
          return value === object ? this : value;
        };
        property[part] = Object.defineProperty(on, "name", { value: run.name });
      }
      Object.defineProperty(prototype, name, property);
    }
  }
}
