/** Whatever reads a report must know what a number is: of which rows, compared with what, how sure, in which unit. */
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../domain/manifest.js';
import type { CheckResult, Result, SegmentResult } from '../../domain/result.js';
import { renderHtml } from '../../report/html.js';
import { renderJunit } from '../../report/junit.js';
import { renderMarkdown } from '../../report/markdown.js';
import { renderTerminal } from '../../report/terminal.js';
import { ABSOLUTE, FLIGHTS } from './fixture.js';

const terminal = (result: Result, width = 140): string => renderTerminal(result, { color: false, width });
/** What a reader without JavaScript sees, as text. */
const page = (result: Result): string =>
  renderHtml(result)
    .replace(/<script[^>]*>.*?<\/script>/gs, '')
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, ' ');

const RENDERERS: readonly (readonly [string, (result: Result) => string])[] = [
  ['terminal', terminal],
  ['Markdown', renderMarkdown],
  ['JUnit', renderJunit],
  ['HTML', page],
];

const segmentOf = (result: Result, name: string): SegmentResult =>
  result.segments.find(({ segment }) => segment === name)!;

function estimate(value: number, low: number, high: number, n = 100) {
  return { value, low, high, n, method: 't', basis: { kind: 'normal', se: 0.01 } } as const;
}

/** EV beside the other carriers, and as a share of UA. */
function besideOthers(change: Partial<CheckResult>): Result {
  const ev = segmentOf(FLIGHTS, 'EV');
  const auc = ev.metrics.auc!;
  const check: CheckResult = {
    check: 'a check',
    metric: 'auc',
    versus: 'rest',
    bound: { kind: 'maxDrop', value: 0.05 },
    segmentation: 'carrier',
    segment: 'EV',
    outcome: 'fail',
    severity: 'block',
    observed: { value: -0.12, low: -0.15, high: -0.09 },
    margin: -0.07,
    p: 0.0001,
    pAdjusted: 0.001,
    detectable: 0.03,
    reason: 'auc on carrier EV is 0.120 (0.090 to 0.150) below the rest; at most 0.05 below is allowed',
    ...change,
  };
  const segments = FLIGHTS.segments.map((one) =>
    one === ev ? { ...one, metrics: { ...one.metrics, auc: { ...auc, rest: estimate(0.7654, 0.76, 0.77) } } } : one,
  );
  return { ...FLIGHTS, segments, checks: [check], reasons: [check.reason] };
}

describe('a check against the rest', () => {
  const result = besideOthers({});

  it.each(RENDERERS)('%s: says how far below the rest, and by how much it may be', (_, render) => {
    const text = render(result);
    expect(text).toContain('auc at most 0.05 below the rest');
    expect(text).not.toMatch(/auc drop|auc rise/);
  });

  it('shows what it was compared with, not the baseline', () => {
    expect(terminal(result, 180)).toMatch(/rows {2}check +candidate {2}difference \[95 % interval\]/);
    expect(terminal(result, 180)).toContain('(the rest: 0.7654)');
    expect(terminal(result)).toContain('−0.120 [−0.150, −0.090]  fail');
    expect(renderMarkdown(result)).toContain('| 0.120 &#91;0.090, 0.150&#93; below the rest (0.7654) |');
    expect(renderJunit(result)).toContain('observed (difference from the rest): -0.12 [-0.15, -0.09] (95 % interval)');
    expect(renderJunit(result)).toContain('auc of the rest: 0.7654');
    expect(page(result)).toContain('auc: segment − the rest');
    expect(page(result)).toContain('the rest: 0.765');
    expect(page(result)).toContain('difference [95 % interval]');
  });

  it('of a segment above the rest says above', () => {
    const above = besideOthers({
      bound: { kind: 'maxIncrease', value: 0.1 },
      observed: { value: 0.2, low: 0.15, high: 0.25 },
    });
    expect(renderMarkdown(above)).toContain('auc at most 0.1 above the rest');
    expect(renderMarkdown(above)).toContain('0.200 &#91;0.150, 0.250&#93; above the rest');
  });
});

describe('a ratio to another segment', () => {
  const result = besideOthers({
    versus: 'segment',
    reference: 'U<A>',
    bound: { kind: 'minRatio', value: 0.8 },
    observed: { value: 0.71, low: 0.66, high: 0.76 },
    reason: 'auc on carrier EV is 0.710 (0.660 to 0.760) times that of U<A>; at least 0.8 is required',
  });

  it.each(RENDERERS)('%s: is a multiple, and never signed', (name, render) => {
    const text = render(result);
    const reference = name === 'terminal' ? 'U<A>' : 'U&lt;A&gt;';
    expect(text).toContain(`auc at least 0.8 × ${reference}`);
    expect(text).not.toMatch(/\+0\.71|−0\.71|-0\.71/);
  });

  it('is drawn with 1 as no difference, and what is below the bound shaded', () => {
    const html = renderHtml(result);
    const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)![1]!) as {
      views: { scale: { neutral: number; domain: [number, number]; bound: { side: string; label: string } } }[];
    };
    const { scale } = data.views[0]!;
    expect(scale).toMatchObject({ neutral: 1, bound: { side: 'below', label: 'bound 0.8' } });
    expect(scale.domain[1]).toBeGreaterThan(1);
    expect(scale.domain[0]).toBeLessThan(0.71);
    expect(page(result)).toContain('ratio [95 % interval]');
    expect(terminal(result)).toContain('× 0.710 [0.660, 0.760]  fail');
  });

  it('keeps checks that differ only in the other segment apart', () => {
    const [check] = result.checks;
    const both = { ...result, checks: [check!, { ...check!, reference: 'DL' }] };
    expect(renderJunit(both).match(/<testsuite name="auc /g)).toHaveLength(2);
  });
});

describe('the change of a metric that a check holds against the rest', () => {
  it('can still be looked at', () => {
    expect(renderHtml(besideOthers({}))).toContain('change of auc, no check');
  });
});

const estimated = (estimation: Result['manifest']['estimation'], result = FLIGHTS): Result => {
  const manifest: { -readonly [Key in keyof Manifest]: Manifest[Key] } = { ...result.manifest };
  delete manifest.estimation;
  return { ...result, manifest: estimation === undefined ? manifest : { ...manifest, estimation } };
};

describe('how numbers were estimated', () => {
  it.each(RENDERERS)('%s: says the confidence of the intervals', (_, render) => {
    expect(render(estimated({ confidence: 0.95 }))).toContain('95 % interval');
    expect(render(estimated({ confidence: 0.9999 }))).toContain('99.99 % interval');
    // Results that do not say it are read too.
    expect(render(estimated(undefined))).not.toMatch(/\d % interval/);
  });

  it.each(RENDERERS)(
    '%s: says that rows are weighted and belong together, and that intervals are exact',
    (_, render) => {
      const weighted = render(estimated({ confidence: 0.95, weight: 'sampled', clusterBy: 'patient' }));
      expect(weighted).toContain('weighted by sampled');
      expect(weighted).toContain('intervals are cluster-robust, by patient');
      expect(render(estimated({ confidence: 0.95, proportions: 'exact' }))).toContain('Clopper–Pearson');
      expect(render(FLIGHTS)).not.toMatch(/weighted by|cluster-robust|Clopper/);
    },
  );
});

describe('rows without a label', () => {
  const without = (result: Result): Result => ({
    ...result,
    segments: result.segments.map((one) =>
      one.segment === 'overall'
        ? { ...one, unlabelled: 1_234 }
        : one.segment === 'low visibility'
          ? { ...one, unlabelled: 56 }
          : one,
    ),
  });

  it.each(RENDERERS)('%s: are counted, overall and on the segment', (_, render) => {
    const text = render(without(FLIGHTS));
    expect(text).toContain('1,234 without a label');
    expect(text).toMatch(/56 unlabelled|56 without a label|4,321 +\|? +56 /);
    expect(render(FLIGHTS)).not.toMatch(/unlabelled|without a label/);
  });
});

describe('rows without a prediction', () => {
  const reason = 'late-flight version 2 ended its process on them (SIGFPE)';
  const without = (candidate: number, baseline: number): Result => ({
    ...FLIGHTS,
    segments: FLIGHTS.segments.map((one) =>
      one.segment === 'overall' || one.segment === 'low visibility'
        ? { ...one, unpredicted: { candidate, baseline, reason } }
        : one,
    ),
  });

  it.each(RENDERERS)('%s: are counted, overall and on the segment', (_, render) => {
    const text = render(without(1_234, 0));
    expect(text).toContain('1,234 without a prediction of the candidate');
    expect(text).toMatch(/4,321 +\|? +1,234 |4,321.*1,234 without|4321 rows, 1,234 without/);
    expect(text).not.toContain('of the baseline');
    expect(render(FLIGHTS)).not.toMatch(/unpredicted|without a prediction/);
  });

  it.each(RENDERERS)('%s: say of which model', (_, render) => {
    expect(render(without(1_234, 56))).toContain('1,234 without a prediction of the candidate, 56 of the baseline');
    const text = render(without(0, 56));
    expect(text).toContain('56 without a prediction of the baseline');
    expect(text).not.toContain('of the candidate');
  });
});

describe('a ranking', () => {
  const ranked: Result = {
    ...estimated({ confidence: 0.95, group: 'query' }),
    segments: FLIGHTS.segments.map((one, index) => ({ ...one, groups: index === 0 ? 9_876 : 77 })),
  };

  it.each(RENDERERS)('%s: counts the groups, which are its observations', (_, render) => {
    const text = render(ranked);
    expect(text).toContain('9,876 groups');
    expect(text).toContain('means over the groups of query');
    expect(text).toMatch(/77 groups|4,321 +\|? +77 /);
    expect(render(FLIGHTS)).not.toMatch(/\d groups/);
  });
});

describe('costs', () => {
  /** Means of 1 and 2 on 100 labelled rows; the named segments lose more. */
  const LOSSES: Readonly<Record<string, number>> = { EV: 300, UA: 900, DL: -200 };
  const costly = (result: Result): Result => ({
    ...result,
    segments: result.segments
      .filter(({ segment }) => segment === 'overall' || segment in LOSSES)
      .map((one) => {
        const lost = LOSSES[one.segment] ?? 1_000;
        const candidate = estimate(20 + lost / 100, 19, 35);
        const compared = {
          baseline: estimate(20, 18, 22),
          difference: estimate(lost / 100, lost / 100 - 1, lost / 100 + 1),
        };
        const baselined = result.manifest.models.baseline !== null;
        const total = { candidate: 2_000 + lost, ...(baselined ? { baseline: 2_000, difference: lost } : {}) };
        return { ...one, metrics: { ...one.metrics, cost: { candidate, ...(baselined ? compared : {}), total } } };
      }),
  });

  it('HTML and Markdown: the total of every segment with its interval, the largest loss first', () => {
    for (const text of [
      page(costly(FLIGHTS)),
      renderMarkdown(costly(FLIGHTS)).replaceAll('|', '').replace(/ +/g, ' '),
    ]) {
      const places = ['+1,000 [+900, +1,100]', '+900 [+800, +1,000]', '+300 [+200, +400]', '−200 [−300, −100]'].map(
        (one) => text.indexOf(one),
      );
      expect(places).not.toContain(-1);
      expect(places).toEqual([...places].sort((a, b) => a - b));
      expect(text).toContain('2,000 [1,800, 2,200]');
    }
  });

  it('terminal: the total, and where most is lost', () => {
    expect(terminal(costly(FLIGHTS))).toContain(
      'Cost in total 2,000 → 3,000, +1,000 [+900, +1,100]; most in carrier = UA +900, carrier = EV +300\n',
    );
    expect(terminal(FLIGHTS)).not.toContain('Cost in total');
  });

  it('JUnit: the total of the run', () => {
    expect(renderJunit(costly(FLIGHTS))).toContain('<property name="cost in total, change" value="1000 [900, 1100]"/>');
  });

  it('without a baseline: the most expensive first', () => {
    const result = costly(ABSOLUTE);
    expect(terminal(result)).toContain('most in carrier = UA 2,900, carrier = EV 2,300, carrier = DL 1,800');
    expect(page(result)).toContain('the most expensive first');
    expect(renderHtml(FLIGHTS)).not.toContain('What the mistakes cost');
  });
});
