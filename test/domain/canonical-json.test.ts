import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../domain/canonical-json.js';

it('sorts keys at every level and leaves out what is undefined', () => {
  expect(canonicalJson({ b: [{ z: 1, a: null }], a: 'x', c: undefined })).toBe('{"a":"x","b":[{"a":null,"z":1}]}');
});

it('sorts by code unit, not by locale', () => {
  expect(canonicalJson({ ä: 1, z: 2, Z: 3, a: 4 })).toBe('{"Z":3,"a":4,"z":2,"ä":1}');
});

it('sorts keys that an object keeps in another order', () => {
  const value = { 9: 'nine', 10: { b: 1, a: 2 }, ['-1']: null, a: [{ 2: true, 1: false }] };
  expect(canonicalJson(value)).toBe('{"-1":null,"10":{"a":2,"b":1},"9":"nine","a":[{"1":false,"2":true}]}');
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"d":2,"c":3}}'))).toBe('{"__proto__":{"c":3,"d":2},"b":1}');
  // In order down to the last of them.
  const ordered = '{"10":{"a":1},"9":[2],"__proto__":{"b":3},"z":{"c":4,"d":5}}';
  expect(canonicalJson(JSON.parse(ordered))).toBe(ordered);
  expect(canonicalJson(JSON.parse(ordered.replace('"c":4,"d":5', '"d":5,"c":4')))).toBe(ordered);
});

it.each([
  [-0, '0'],
  [0.1 + 0.2, '0.30000000000000004'],
  [1e21, '1e+21'],
  [5e-324, '5e-324'],
  [100, '100'],
])('writes %d as %s', (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

describe('refuses, and says where', () => {
  it.each([
    [{ a: { b: NaN } }, '$.a.b is NaN'],
    [[1, Infinity], '$[1] is Infinity'],
    [[undefined], '$[0] is undefined'],
    // A hole, which `map` would skip.
    [new Array(1), '$[0] is undefined'],
    [undefined, '$ is undefined'],
    [{ a: 1n }, '$.a is bigint'],
    [{ a: () => 1 }, '$.a is function'],
    [{ a: new Date(0) }, '$.a is no plain object'],
    [new Map(), '$ is no plain object'],
  ])('%#', (value, says) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
    expect(() => canonicalJson(value)).toThrow(says);
  });
});

it('says the same as JSON, whatever the order of keys', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(reversed(value))).toBe(text);
    }),
  );
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}
