/** One text per value, so that equal values have equal digests. */

/**
 * `value` as JSON with sorted keys and no white space. Numbers are written as JavaScript does (the shortest text that
 * reads back as the same number), -0 as 0. A key whose value is undefined is left out, as if it were not there.
 *
 * @throws TypeError for what JSON cannot say without losing it: NaN, infinities, undefined in a list or alone, functions,
 * symbols, bigints, and objects that are not plain (a Date or a Map would otherwise silently become something else).
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$');
}

function write(value: unknown, at: string): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'boolean':
      return String(value);
    case 'string':
      return JSON.stringify(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`${at} is ${value}: JSON has no such number`);
      return JSON.stringify(value);
    case 'object':
      return Array.isArray(value) ? writeList(value, at) : writeObject(value, at);
    default:
      throw new TypeError(`${at} is ${typeof value}: JSON has no such value`);
  }
}

function writeList(list: readonly unknown[], at: string): string {
  // Array.from visits holes too: a hole is an undefined, and refused like one.
  return `[${Array.from(list, (item, index) => write(item, `${at}[${index}]`)).join(',')}]`;
}

function writeObject(object: object, at: string): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`${at} is no plain object: JSON would lose what it is`);
  }
  const entries = Object.entries(object)
    .filter(([, value]) => value !== undefined)
    // By UTF-16 unit, not by locale: the order must not depend on the machine.
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${write(value, `${at}.${key}`)}`);
  return `{${entries.join(',')}}`;
}
