import { expect, it } from 'vitest';
import { convert } from 'xmlbuilder2';
import { renderJunit } from '../../report/junit.js';
import type { Outcome, Verdict } from '../../domain/result.js';
import { renderMarkdown } from '../../report/markdown.js';
import { ABSOLUTE, FLIGHTS, HOSTILE, HOSTILE_NAMES, INVALID, manySegments } from './fixture.js';

const matches = (text: string, pattern: RegExp): number => (text.match(pattern) ?? []).length;

it('Markdown: verdict, reasons, table worst first, actions', () => {
  const text = renderMarkdown(FLIGHTS);
  expect(text).toMatch(/^## ❌ FAIL: flight-delays\n/);
  const rows = text.split('\n').filter((line) => line.startsWith('| '));
  expect(rows[2]).toBe(
    '| ❌ fail | low visibility | low visibility | 4,321 | auc drop ≤ 0.02 | 0.775 | 0.673 | −0.102 [−0.115, −0.088] |',
  );
  expect(rows).toHaveLength(2 + 100);
  expect(text).toContain(
    '54 more, worst first. 154 checks on segments: 2 fail, 8 undefined, 31 inconclusive, 113 pass.',
  );
  expect(text).toContain('- rollback done (version 2 → 1): &#64;serving points at version 1 again');
});

it('Markdown: names a broken data rule that only warns', () => {
  const text = renderMarkdown(FLIGHTS);
  expect(text).toContain(
    'Data rules broken, which only warn:\n\n- temp between -30 and 120: 3 rows outside, first 131.0\n',
  );
  // One that blocks is a reason already.
  expect(renderMarkdown(INVALID).match(/17 rows share/g)).toBeNull();
  expect(renderMarkdown({ ...FLIGHTS, validation: [] })).not.toContain('Data rules');
});

it('Markdown: names stay in their cells and are no markup', () => {
  const text = renderMarkdown(HOSTILE);
  const rows = text.split('\n').filter((line) => line.startsWith('| '));
  expect(new Set(rows.map((line) => line.split('|').length))).toEqual(new Set([10]));
  expect(text.replaceAll(/<\/?sub>/g, '')).not.toMatch(/<|http:\/\/|`/);
});

it('Markdown: stays far below the 1 MiB at which GitHub throws it away', () => {
  const many = manySegments(10_000);
  const long = 'x'.repeat(100_000);
  const result = {
    ...many,
    segments: many.segments.map((one) => ({ ...one })),
    reasons: Array.from({ length: 500 }, () => long),
  };
  expect(Buffer.byteLength(renderMarkdown(result))).toBeLessThan(200_000);
  expect(renderMarkdown(INVALID)).toContain('ERROR');
  expect(renderMarkdown(ABSOLUTE)).not.toContain('baseline |');
});

it('JUnit: a test case for the verdict, one per data rule, and one per check and segment; what cannot be settled is skipped', () => {
  const xml = renderJunit(FLIGHTS);
  const outcomes = (outcome: string): number =>
    FLIGHTS.checks.filter((check) => check.outcome === outcome && check.severity === 'block').length;
  expect(matches(xml, /<testcase /g)).toBe(1 + FLIGHTS.validation.length + FLIGHTS.checks.length);
  expect(matches(xml, /<failure /g)).toBe(1 + outcomes('fail'));
  expect(matches(xml, /<skipped /g)).toBe(outcomes('inconclusive') + outcomes('undefined') + 2);
  expect(xml).toContain('tests="158" failures="3" errors="0" skipped="40"');
  expect(xml).toMatch(/<testcase classname="flight-delays" name="verdict">\s*<failure message="[^"]+" type="FAIL"/);
  expect(xml).toContain('<testcase classname="flight-delays.low visibility" name="auc drop ≤ 0.02: low visibility">');
});

it('JUnit: a check that only warns never turns the build red', () => {
  const checks = FLIGHTS.checks.map((check) => ({ ...check, severity: 'warn' as const }));
  const xml = renderJunit({ ...FLIGHTS, verdict: 'INCONCLUSIVE', checks });
  expect(xml).not.toMatch(/<failure|<error/);
  expect(xml).toContain('fail (warn only)');
});

it('JUnit: a build is red exactly where the run stops it, whatever the checks came to', () => {
  const counts = (verdict: Verdict, outcome: Outcome): string | undefined => {
    const checks = FLIGHTS.checks.map((check) => ({ ...check, outcome }));
    return /<testsuites [^>]*?(failures="\d+" errors="\d+")/.exec(renderJunit({ ...FLIGHTS, verdict, checks }))?.[1];
  };
  // A pipeline that fails for what cannot be settled, and one that lets it pass.
  expect(counts('FAIL', 'inconclusive')).toBe('failures="1" errors="0"');
  expect(counts('FAIL', 'undefined')).toBe('failures="1" errors="0"');
  expect(counts('PASS', 'undefined')).toBe('failures="0" errors="0"');
  expect(counts('INCONCLUSIVE', 'inconclusive')).toBe('failures="0" errors="0"');
});

it('JUnit: a broken data rule that only warns is skipped in a suite of its own, and turns no build red', () => {
  const passing = { ...FLIGHTS, verdict: 'PASS' as const, checks: [] };
  const xml = renderJunit(passing);
  expect(xml).toContain('<testsuite name="validation" tests="3" failures="0" errors="0" skipped="1">');
  expect(xml).toMatch(
    /<testcase classname="flight-delays.validation" name="temp between -30 and 120">\s*<skipped message="broken \(warn only\): 3 rows outside, first 131.0"\/>/,
  );
  expect(xml).not.toMatch(/<failure|<error/);
  expect(renderJunit({ ...passing, validation: [] })).not.toContain('validation');
});

it('JUnit: a run without a verdict is an error, and so is the data rule that ended it', () => {
  const xml = renderJunit(INVALID);
  expect(xml).toContain('<testsuites name="segmentry flight-delays" tests="5" failures="0" errors="2" skipped="1">');
  expect(xml).toContain('<error message="17 rows share their flight_id with another" type="fail"/>');
  expect(xml).toContain(
    '<error message="invalid data: 17 rows break the rule &quot;one row per flight&quot;" type="ERROR"/>',
  );
});

it('JUnit: a name is on one line, and the one in an attribute is the one that the other reports show', () => {
  const xml = renderJunit(HOSTILE);
  expect(xml).not.toMatch(/="[^"]*[\n\t][^"]*"/);
  expect(xml).toContain('= tab\\tand\\nnewline"');
  expect(renderMarkdown(HOSTILE)).toContain('tab&#92;tand&#92;nnewline');
});

it('JUnit: is well-formed XML 1.0 whatever the names are, and keeps segments apart', () => {
  const xml = renderJunit(HOSTILE);
  expect(xml).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
  expect(() => convert(xml, { format: 'object' })).not.toThrow();
  const names = [...xml.matchAll(/<testcase [^>]*name="auc drop[^"]*"/g)].map(([name]) => name);
  expect(new Set(names).size).toBe(FLIGHTS.segments.length + HOSTILE_NAMES.length);
});
