import { expect, it } from 'vitest';
import type { CheckResult, Outcome, Result } from '../../domain/result.js';
import { renderHtml } from '../../report/html.js';
import { script } from '../../report/html/assets.js';
import { ABSOLUTE, FLIGHTS, HOSTILE, INVALID, manySegments } from './fixture.js';

/** Where each of these begins; -1 for what is not there. */
const places = (html: string, marks: readonly string[]): readonly number[] => marks.map((mark) => html.indexOf(mark));

const body = (html: string): string => html.slice(html.indexOf('<body>'));

/** What a reader without JavaScript sees: without scripts and the data in them. */
const withoutScripts = (html: string): string => html.replace(/<script[^>]*>.*?<\/script>/gs, '');

it('answers in the order of the questions: verdict, why, done, compared, picture, table, validation, manifest', () => {
  const found = places(body(renderHtml(FLIGHTS)), [
    '>FAIL<',
    'low visibility / low visibility: auc changed',
    'What was done',
    'What was compared',
    'Every segment, with its uncertainty',
    'class="forest"',
    'How to read it',
    'Every check and metric on every segment',
    'Validation of the data',
    '>Manifest<',
  ]);
  expect(found).not.toContain(-1);
  expect(found).toEqual([...found].sort((a, b) => a - b));
});

it('refers to nothing outside the file', () => {
  for (const result of [FLIGHTS, HOSTILE, ABSOLUTE, INVALID]) {
    const html = renderHtml(result);
    // Attributes that make a browser fetch something; in text such an address is only text.
    expect(html.match(/<[^>]+\s(?:src|srcset|href|action|poster|data)=["'](?!data:,|#)[^"']*["']/g)).toBeNull();
    expect(html).not.toMatch(/@import|url\(/);
    expect(html).toMatch(
      /http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;; script-src &#39;sha256-/,
    );
  }
  expect(script).not.toMatch(/\bfetch\b|XMLHttpRequest|\bimport\b.*from|innerHTML|insertAdjacent|\beval\b|<\/script/);
});

it('is the same text every time', () => {
  expect(renderHtml(FLIGHTS)).toBe(renderHtml(FLIGHTS));
});

it('draws every segment, and the failing ones before the others', () => {
  const html = withoutScripts(renderHtml(FLIGHTS));
  const rows = html.match(/<tr class="segment [a-z]+/g) ?? [];
  expect(rows).toHaveLength(FLIGHTS.segments.length);
  expect(rows.slice(0, 3)).toEqual(['<tr class="segment pass', '<tr class="segment fail', '<tr class="segment fail']);
});

it('starts with the check that fails worst, and marks zero and the bound', () => {
  const html = withoutScripts(renderHtml(FLIGHTS));
  expect(html).toContain('change of auc in every segment, against the check auc drop ≤ 0.02');
  expect(html).toContain('bound −0.02');
  expect(html).toContain('class="zero"');
  expect(html).toContain('−0.102');
  expect(html).toContain('[−0.115, −0.088]');
});

it('says why a number is undefined, and writes neither NaN nor nothing', () => {
  const html = withoutScripts(renderHtml(FLIGHTS));
  expect(html).toMatch(/<span class="reason">no positive labels<\/span>/);
  expect(html).not.toMatch(/NaN|Infinity|\[object|>null<|>undefined<\/t/);
});

it('lets no name out of the data become markup', () => {
  const html = renderHtml(HOSTILE);
  expect(html).not.toMatch(/<img|<svg onload|<b>hostile/);
  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  // Control characters and overrides of the reading direction are written out, not sent.
  expect(html).toContain('\\u001b[31mred');
  // eslint-disable-next-line no-control-regex -- that is the point
  expect(html).not.toMatch(/[\u0000-\u0008\u000e-\u001f\u202a-\u202e\u2066-\u2069\ud800]/u);
});

it('without a baseline shows values against the bound, and no changes', () => {
  const html = withoutScripts(renderHtml(ABSOLUTE));
  expect(html).toContain('auc of the candidate in every segment, against the check auc ≥ 0.65');
  expect(html).toContain('none: only absolute checks');
  expect(html).not.toContain('class="zero"');
});

it('of invalid data shows the rule that is broken, and nothing that was not measured', () => {
  const html = withoutScripts(renderHtml(INVALID));
  expect(html).toContain('17 rows share their flight_id with another');
  expect(html).toContain(`<code>blobs/6b/${'6b'.repeat(32)}</code>`);
  expect(html).toContain('without a verdict on the model there is nothing to act on');
  expect(html).not.toMatch(/class="forest"|class="findings"/);
});

it('shows discovered segments, and says on which rows they were measured', () => {
  const found = {
    rule: 'carrier = <EV> and visib < 3',
    predicates: [{ column: 'carrier', op: '=', value: '<EV>' }],
    rows: 1_204,
    errors: 310,
    score: 0.2,
    holdout: FLIGHTS.segments[0]!.metrics.auc!,
  };
  const html = renderHtml({ ...FLIGHTS, discovered: [found] });
  expect(html).toContain('carrier = &lt;EV&gt; and visib &lt; 3');
  expect(html).toContain('the numbers are from the other half');
});

it('names a declared segment that has no rows, though the result measured nothing there', () => {
  const check = { ...FLIGHTS.checks[0]!, segmentation: 'origin', segment: 'HND', outcome: 'inconclusive' as const };
  const none = { observed: null, margin: null, p: null, pAdjusted: null, detectable: null, reason: 'no rows' };
  const html = withoutScripts(renderHtml({ ...FLIGHTS, checks: [{ ...check, ...none }] }));
  expect(html).toMatch(/<bdi>HND<\/bdi>.*<span class="reason">no rows<\/span>/);
});

it('holds 10,000 segments: the worst are drawn, the others counted, all are in the data', () => {
  const result = manySegments(10_000);
  const html = renderHtml(result);
  expect(html.length).toBeLessThan(12_000_000);
  const shown = withoutScripts(html);
  expect(shown.match(/<tr class="segment /g)).toHaveLength(100);
  expect(shown).toContain('9,901 more segments are not drawn');
  expect(shown.length).toBeLessThan(600_000);
  const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!;
  expect((JSON.parse(data) as { segments: unknown[] }).segments).toHaveLength(10_001);
});

it('says under the verdict what is true of it, also where a check could not be settled', () => {
  const meaning = (result: Result): string | undefined =>
    /<p class="meaning">([^<]*)/.exec(renderHtml({ ...FLIGHTS, ...result }))?.[1];
  const checks = (outcome: Outcome): readonly CheckResult[] =>
    FLIGHTS.checks.map((check) => ({ ...check, outcome: check.severity === 'block' ? outcome : 'fail' }));
  expect(meaning({ ...FLIGHTS, verdict: 'FAIL' })).toBe('The candidate breaks a check that blocks.');
  expect(meaning({ ...FLIGHTS, verdict: 'FAIL', checks: checks('inconclusive') })).toBe(
    'A check that blocks could not be settled, which this pipeline treats as a failure.',
  );
  expect(meaning({ ...FLIGHTS, verdict: 'PASS', checks: checks('pass') })).toBe(
    'The candidate keeps every check that blocks.',
  );
  expect(meaning({ ...FLIGHTS, verdict: 'PASS', checks: [...checks('pass'), ...checks('undefined')] })).toBe(
    'The candidate breaks no check that blocks. Those that could not be settled this pipeline lets pass.',
  );
});

it('carries the digits that a narrow interval around a large number needs', () => {
  const basis = { kind: 'normal', se: 0.0045 } as const;
  const narrow = { value: 12_345.675141, low: 12_345.666402, high: 12_345.683912, n: 900, method: 'hall', basis };
  const [first, ...others] = FLIGHTS.segments;
  const segments = [{ ...first!, metrics: { mae: { candidate: narrow } } }, ...others];
  const html = withoutScripts(renderHtml({ ...FLIGHTS, segments, checks: [] }));
  expect(html).toContain('<span class="value">12,345.6751</span> <span class="interval">[12,345.6664, 12,345.6839]');
});
