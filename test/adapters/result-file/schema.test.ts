import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SegmentryError } from '../../../domain/errors.js';
import { resultJsonSchema } from '../../../adapters/result-file/json-schema.js';
import { readResult } from '../../../adapters/result-file/schema.js';
import { ABSOLUTE, FLIGHTS, HOSTILE, INVALID } from '../../report/fixture.js';

it('reads back what was written, bit for bit', () => {
  for (const result of [FLIGHTS, HOSTILE, ABSOLUTE, INVALID]) {
    expect(readResult(JSON.stringify(result))).toStrictEqual(JSON.parse(JSON.stringify(result)));
  }
});

it('reads the result of a later version, whose new fields it does not know', () => {
  const later = JSON.stringify({ ...FLIGHTS, cost: { total: 3 } });
  expect(readResult(later)).toStrictEqual(JSON.parse(JSON.stringify(FLIGHTS)));
});

function refusal(text: string): string {
  try {
    readResult(text);
  } catch (error) {
    expect(error).toBeInstanceOf(SegmentryError);
    expect((error as SegmentryError).kind).toBe('usage');
    return (error as SegmentryError).message;
  }
  throw new Error('was not refused');
}

it('says what is wrong with a text that is no result', () => {
  expect(refusal('{')).toMatch(/^not a Segmentry result: not JSON \(/);
  expect(refusal('[]')).toBe('not a Segmentry result: its "format" is missing, not "segmentry/result/v1"');
  expect(refusal('{"format":"segmentry/result/v2"}')).toContain('its "format" is "segmentry/result/v2"');
  expect(refusal('null')).toContain('missing');
});

it('says where a damaged result is damaged', () => {
  expect(refusal(JSON.stringify({ ...FLIGHTS, verdict: 'MAYBE' }))).toMatch(/damaged[^]*PASS[^]*at verdict/);
  const [first, ...others] = FLIGHTS.checks;
  const message = refusal(JSON.stringify({ ...FLIGHTS, checks: [{ ...first, margin: 'wide' }, ...others] }));
  expect(message).toContain('checks[0].margin');
  expect(refusal('{"format":"segmentry/result/v1"}')).toMatch(/and 2 more$/);
});

it('has its JSON Schema committed as it is generated (otherwise: npm run build && node scripts/write-schemas.js)', () => {
  const committed = readFileSync(new URL('../../../schemas/result.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(resultJsonSchema())));
});
