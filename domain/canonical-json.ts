/** One text per value, so that equal values have equal digests. */

/**
 * `value` as JSON with sorted keys and no white space. Numbers are written as JavaScript does (the shortest text that
 * reads back as the same number), -0 as 0. A key whose value is undefined is left out, as if it were not there.
 *
 * @throws TypeError for what JSON cannot say without losing it: NaN, infinities, undefined in a list or alone, functions,
 * symbols, bigints, and objects that are not plain (a Date or a Map would otherwise silently become something else).
 */
export function canonicalJson(value: unknown): string {
  const copy = inOrder(value);
  // Where a value is in the whole is of interest only when it is refused: then it is looked for.
  if (copy === REFUSED) throw new TypeError(refusal(value, '$'));
  // The engine's own writer takes a third of the time of ours, for results of ten thousand segments half a second.
  return copy === UNORDERED ? write(value) : JSON.stringify(copy);
}

/** There is something in it that JSON cannot say. */
const REFUSED = Symbol('refused');
/** There are keys in it that an object keeps in an order of its own ("10" after "9"). */
const UNORDERED = Symbol('unordered');

/** The value, or a copy of it, with keys in order wherever they are looked at; or why there is none. */
function inOrder(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : REFUSED;
  if (typeof value !== 'object') return REFUSED;
  if (Array.isArray(value)) return listInOrder(value);
  return isPlain(value) ? objectInOrder(value) : REFUSED;
}

function listInOrder(list: readonly unknown[]): unknown {
  let copy: unknown[] | null = null;
  let isUnordered = false;
  // By index, which visits holes too: a hole is an undefined, and refused like one.
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    const inside = inOrder(item);
    if (inside === REFUSED) return REFUSED;
    if (inside === UNORDERED) isUnordered = true;
    else if (inside !== item) (copy ??= list.slice())[index] = inside;
  }
  return isUnordered ? UNORDERED : (copy ?? list);
}

/** What was read from canonical JSON, as most of a result was, is in order already: copying it would take longer than writing it. */
function objectInOrder(object: Readonly<Record<string, unknown>>): unknown {
  const own = Object.keys(object);
  const keys = areInOrder(own) ? own : sortedKeys(object);
  let copy = keys === own ? null : {};
  let isUnordered = false;
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index]!;
    const item = object[key];
    if (item === undefined) continue;
    const inside = inOrder(item);
    if (inside === REFUSED) return REFUSED;
    if (inside === UNORDERED) isUnordered = true;
    else if (copy !== null || inside !== item) {
      copy ??= Object.fromEntries(keys.slice(0, index).map((before) => [before, object[before]]));
      if (OWN_ORDER.test(key)) isUnordered = true;
      else (copy as Record<string, unknown>)[key] = inside;
    }
  }
  return isUnordered ? UNORDERED : (copy ?? object);
}

function areInOrder(keys: readonly string[]): boolean {
  for (let index = 1; index < keys.length; index++) if (keys[index - 1]! >= keys[index]!) return false;
  return true;
}

/** Indices, which come first in any object, and the name of its prototype. */
const OWN_ORDER = /^(\d+|__proto__)$/;

/** The text of what {@link inOrder} did not refuse. */
function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const object = value as Readonly<Record<string, unknown>>;
  const keys = sortedKeys(object).filter((key) => object[key] !== undefined);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${write(object[key])}`).join(',')}}`;
}

/** By UTF-16 unit, not by locale: the order must not depend on the machine. */
function sortedKeys(object: object): readonly string[] {
  return Object.keys(object).sort();
}

function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What cannot be said, and where it is. */
function refusal(value: unknown, at: string): string {
  if (typeof value === 'number') return `${at} is ${value}: JSON has no such number`;
  if (typeof value !== 'object' || value === null) return `${at} is ${typeof value}: JSON has no such value`;
  if (!Array.isArray(value) && !isPlain(value)) return `${at} is no plain object: JSON would lose what it is`;
  const parts: readonly (readonly [unknown, string])[] = Array.isArray(value)
    ? Array.from(value, (item: unknown, index) => [item, `${at}[${index}]`] as const)
    : sortedKeys(value)
        .filter((key) => value[key] !== undefined)
        .map((key) => [value[key], `${at}.${key}`] as const);
  const [part, place] = parts.find(([candidate]) => inOrder(candidate) === REFUSED)!;
  return refusal(part, place);
}
