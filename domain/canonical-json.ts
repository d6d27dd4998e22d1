/** One text per value, so that equal values have equal digests. */

/**
 * `value` as JSON with sorted keys and no white space. Numbers are written as JavaScript does (the shortest text that
 * reads back as the same number), -0 as 0. A key whose value is undefined is left out, as if it were not there.
 *
 * @throws TypeError for what JSON cannot say without losing it: NaN, infinities, undefined in a list or alone, functions,
 * symbols, bigints, and objects that are not plain (a Date or a Map would otherwise silently become something else).
 */
export function canonicalJson(value: unknown): string {
  const text: string[] = [];
  // Where a value is in the whole is of interest only when it is refused: then it is looked for.
  if (!write(value, text)) throw new TypeError(refusal(value, '$'));
  return text.join('');
}

/** False when there is something in it that JSON cannot say. */
function write(value: unknown, text: string[]): boolean {
  if (value === null) text.push('null');
  else if (typeof value === 'boolean') text.push(String(value));
  else if (typeof value === 'string') text.push(JSON.stringify(value));
  else if (typeof value === 'number' && Number.isFinite(value)) text.push(JSON.stringify(value));
  else if (typeof value !== 'object') return false;
  else return Array.isArray(value) ? writeList(value, text) : isPlain(value) && writeObject(value, text);
  return true;
}

function writeList(list: readonly unknown[], text: string[]): boolean {
  text.push('[');
  // By index, which visits holes too: a hole is an undefined, and refused like one.
  for (let index = 0; index < list.length; index++) {
    if (index > 0) text.push(',');
    if (!write(list[index], text)) return false;
  }
  text.push(']');
  return true;
}

function writeObject(object: Readonly<Record<string, unknown>>, text: string[]): boolean {
  let before = '{';
  for (const key of sortedKeys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    text.push(before, JSON.stringify(key), ':');
    if (!write(value, text)) return false;
    before = ',';
  }
  text.push(before === '{' ? '{}' : '}');
  return true;
}

/** By UTF-16 unit, not by locale: the order must not depend on the machine. What was read from such a text is in order already. */
function sortedKeys(object: object): readonly string[] {
  const keys = Object.keys(object);
  for (let index = 1; index < keys.length; index++) if (keys[index - 1]! > keys[index]!) return keys.sort(byUnits);
  return keys;
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : 1;
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
  const [part, place] = parts.find(([candidate]) => !write(candidate, []))!;
  return refusal(part, place);
}
