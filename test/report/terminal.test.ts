import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { renderTerminal } from '../../report/terminal.js';
import { ABSOLUTE, FLIGHTS, HOSTILE, INVALID, manySegments } from './fixture.js';

const PLAIN = { color: false, width: 100 } as const;

it('says verdict, reasons, the worst segments beside the overall change, what was done, and where to read on', () => {
  const text = renderTerminal(FLIGHTS, { ...PLAIN, links: { report: 'out/report.html', ui: 'http://127.0.0.1:8233' } });
  expect(text).toMatch(/^✖ FAIL {2}flight-delays: late-flight 2 against late-flight 1, 130,016 rows\n/);
  const order = [
    '• low visibility',
    '  overall  ',
    '  low visibility  ',
    '  weather: 4 (low visib',
    'rollback done (version 2 → 1)',
    'report    out/report.html',
  ];
  const places = order.map((part) => text.indexOf(part));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(text).toContain('+0.0161 [+0.0137, +0.0185]  pass');
  expect(text).toContain('−0.102 [−0.115, −0.088]  fail');
  expect(text).toContain('154 checks on segments: 2 fail, 8 undefined, 31 inconclusive, 113 pass');
  expect(text).toContain('temporal  http://127.0.0.1:8233');
  expect(text).not.toContain('result    ');
});

it('names a broken data rule that only warns, and no rule that a reason names already', () => {
  expect(renderTerminal(FLIGHTS, PLAIN)).toContain(
    'Data rules broken, which only warn:\n  • temp between -30 and 120: 3 rows outside, first 131.0\n',
  );
  expect(renderTerminal(INVALID, PLAIN)).not.toContain('17 rows share');
  expect(renderTerminal({ ...FLIGHTS, validation: [] }, PLAIN)).not.toContain('Data rules');
});

it('says why a check could not be judged, and not only that it could not', () => {
  const cause = '199 rows are fewer than the 200 of minRows';
  const why = (segmentation: string, segment: string, beginning: string): string => {
    const [check] = FLIGHTS.checks;
    const reason = `auc ${beginning} (199 rows): ${cause}`;
    const small = { ...check!, segmentation, segment, outcome: 'undefined' as const, observed: null, reason };
    return renderTerminal({ ...FLIGHTS, checks: [small] }, PLAIN);
  };
  expect(why('low visibility', 'low visibility', 'could not be judged on low visibility')).toContain(cause);
  expect(why('weather', '4: low visib', 'is undefined on weather 4: low visib')).toContain(cause);
});

it('keeps to the width of the terminal', () => {
  for (const width of [60, 80, 100, 130, 200]) {
    const lines = renderTerminal(FLIGHTS, { color: true, width }).split('\n').map(stripVTControlCharacters);
    expect(lines.filter((line) => line.length > Math.max(width, 76))).toEqual([]);
  }
});

it('colours only when asked to, and never because a name in the data says so', () => {
  // eslint-disable-next-line no-control-regex -- that is the point
  const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
  expect(renderTerminal(HOSTILE, PLAIN)).not.toMatch(controls);
  expect(renderTerminal(FLIGHTS, { ...PLAIN, color: true })).toMatch(controls);
  expect(stripVTControlCharacters(renderTerminal(FLIGHTS, { ...PLAIN, color: true }))).toBe(
    renderTerminal(FLIGHTS, PLAIN),
  );
});

it('stays a few lines with 10,000 segments, and counts the rest', () => {
  const text = renderTerminal(manySegments(10_000), PLAIN);
  expect(text.split('\n').length).toBeLessThan(35);
  expect(text).toMatch(/\n {2}and \d{3} more\n/);
  expect(text).toMatch(/\n {2}and [\d,]+ more that did not pass\n/);
});

it('without a baseline shows values; without a verdict, only why', () => {
  expect(renderTerminal(ABSOLUTE, PLAIN)).toContain('value [95 % interval]');
  expect(renderTerminal(ABSOLUTE, PLAIN)).not.toContain('→');
  const error = renderTerminal(INVALID, PLAIN);
  expect(error).toContain('! ERROR');
  expect(error).toContain('• invalid data: 17 rows break the rule "one row per flight"');
  expect(error).toContain('bad rows of "one row per flight", as Parquet in the artifact store:');
  expect(error.replace(/\s/g, '')).toContain(`blobs/6b/${'6b'.repeat(32)}`);
  expect(error).not.toContain('outcome');
});

it('says so when it was told not to act', () => {
  const result = { ...FLIGHTS, actions: [], manifest: { ...FLIGHTS.manifest, act: false } };
  expect(renderTerminal(result, PLAIN)).toContain('Nothing was done: the run was told to decide without acting.');
});
