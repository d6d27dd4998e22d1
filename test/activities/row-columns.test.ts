/** Weights, repeated rows, costs and rankings through every stage, against scikit-learn and statsmodels on real data. */
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../../activities/replay.js';
import { measureSegmentation } from '../../adapters/measures/measure-segmentation.js';
import type { MetricName } from '../../domain/pipeline.js';
import type { DefinedEstimate, Estimate, SegmentResult } from '../../domain/result.js';
import { square } from '../../domain/statistics/powers.js';
import { versions } from '../../workers/versions.js';
import { newFolder } from '../scratch-folder.js';
import { type ColumnRun, columnRun } from './column-run.js';

type Columns = Readonly<Record<string, readonly (string | number | null)[]>>;
type Both<T> = Readonly<Record<'candidate' | 'baseline', T>>;
type Values = Both<Readonly<Record<string, number>>>;
type Clustered = Readonly<
  Record<'candidate' | 'baseline' | 'difference', { value: number; robust: number; more: number; clusters: number }>
>;

interface Case {
  readonly columns: Columns;
  readonly expected: Values;
}

/** Made by `test/golden/statistics/rows.py`. */
const GOLDEN = JSON.parse(
  readFileSync(new URL('../golden/statistics/rows.json', import.meta.url), 'utf8'),
) as Readonly<{
  'breast cancer': Case & { readonly total: Values };
  wine: Case;
  diabetes: Case & { readonly clustered: Readonly<Record<'plain' | 'weighted', Clustered>> };
  digits: { readonly columns: Columns; readonly expected: Readonly<Record<string, Values>> };
}>;

let folder: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
});

/** All stages over the columns as a table, by a pipeline whose source is SOURCE. */
async function run(name: string, columns: Columns, pipeline: string): Promise<ColumnRun> {
  const own = await newFolder(afterAll);
  const rows = Object.values(columns)[0]!.map((_value, row) =>
    JSON.stringify(Object.fromEntries(Object.entries(columns).map(([column, values]) => [column, values[row]]))),
  );
  const json = join(folder, `${name.replaceAll(' ', '-')}.jsonl`);
  await writeFile(json, rows.join('\n'));
  return columnRun(own, `\n${pipeline}`, `SELECT * FROM read_json('${json}')`);
}

function defined(estimate: Estimate | undefined): DefinedEstimate {
  if (estimate === undefined || 'undefined' in estimate) throw new Error(estimate?.undefined ?? 'no estimate');
  return estimate;
}

function expectValues({ metrics }: SegmentResult, expected: Values): void {
  for (const which of ['candidate', 'baseline'] as const) {
    for (const [name, value] of Object.entries(expected[which])) {
      const found = defined(metrics[name as MetricName]?.[which]).value;
      expect(Math.abs(found - value), `${which} ${name}: ${found}, expected ${value}`).toBeLessThan(
        1e-9 * Math.max(1, Math.abs(value)),
      );
    }
  }
}

const namesOf = ({ candidate }: Values): string => Object.keys(candidate).join(', ');
const overall = ({ result }: ColumnRun): SegmentResult => result.segments[0]!;

describe('weighted rows', () => {
  it('of breast cancer have the values of scikit-learn, and a cost in its unit', async () => {
    const { columns, expected, total } = GOLDEN['breast cancer'];
    const made = await run(
      'breast cancer',
      columns,
      `data: { source: SOURCE, label: y, weight: w, clusterBy: hospital }
model: { task: binary, candidate: { column: new }, baseline: { column: old } }
metrics: [${namesOf(expected)}]
cost: { false_positive: 3, false_negative: area }
checks: [{ metric: cost, maxIncrease: 0.5 }]
`,
    );
    expectValues(overall(made), expected);
    const { cost } = overall(made).metrics;
    for (const which of ['candidate', 'baseline'] as const)
      expect(cost?.total?.[which]).toBeCloseTo(total[which]['cost']!, 8);
    expect(cost?.total?.difference).toBeCloseTo(total.candidate['cost']! - total.baseline['cost']!, 8);
    expect(cost?.difference).toHaveProperty('basis.df', new Set(columns['hospital']).size - 1);
  });

  it('of wine, in three classes', async () => {
    const { columns, expected } = GOLDEN.wine;
    const made = await run(
      'wine',
      columns,
      `data: { source: SOURCE, label: y, weight: w }
model: { task: multiclass, candidate: { column: new }, baseline: { column: old } }
metrics: [${namesOf(expected)}]
cost: "price * 1.2"
checks: [{ metric: accuracy, min: 0.5 }]
`,
    );
    expectValues(overall(made), expected);
  });

  it('of diabetes', async () => {
    const { columns, expected } = GOLDEN.diabetes;
    const made = await run(
      'diabetes',
      columns,
      `data: { source: SOURCE, label: y, weight: w }
model: { task: regression, candidate: { column: new }, baseline: { column: old } }
metrics: [${namesOf(expected)}]
checks: [{ metric: mae, max: 60 }]
`,
    );
    expectValues(overall(made), expected);
  });
});

describe('rows of one patient age that vary together', () => {
  it.each(['plain', 'weighted'] as const)(
    'have the cluster-robust standard error of statsmodels and that of one more cluster, %s',
    async (kind) => {
      const { columns, clustered } = GOLDEN.diabetes;
      const made = await run(
        'diabetes',
        columns,
        `data: { source: SOURCE, label: y, clusterBy: age${kind === 'weighted' ? ', weight: w' : ''} }
model: { task: regression, candidate: { column: new }, baseline: { column: old } }
metrics: [mae]
checks: [{ metric: mae, maxIncrease: 1 }]
`,
      );
      const { mae } = overall(made).metrics;
      for (const which of ['candidate', 'baseline', 'difference'] as const) {
        const { value, basis } = defined(mae?.[which]);
        const { robust, more, clusters, ...golden } = clustered[kind][which];
        if (basis.kind !== 'skewed') throw new Error(basis.kind);
        expect(value).toBeCloseTo(golden.value, 9);
        expect(basis.df).toBe(clusters - 1);
        expect(Math.sqrt(square(basis.se) - square(more))).toBeCloseTo(robust, 6);
      }
    },
  );
});

describe('a ranking of digits', () => {
  let made: ColumnRun;
  const { columns, expected } = GOLDEN.digits;

  beforeAll(async () => {
    made = await run(
      'digits',
      columns,
      `data: { source: SOURCE, label: y, group: query }
model: { task: ranking, candidate: { column: new }, baseline: { column: old } }
segments: { minRows: 50, by: [{ columns: [half] }] }
metrics: [ndcg, ndcg@5, map, mrr, hit_rate@1, hit_rate@3, precision@5]
checks: [{ metric: ndcg@5, maxDrop: 0.02 }, { metric: mrr, versus: rest, maxGap: 0.5 }]
`,
    );
  });

  it('has the values of scikit-learn, overall and where a segment cuts the groups', () => {
    expect(made.result.segments.map(({ segment }) => segment)).toEqual(['overall', 'left', 'right']);
    for (const segment of made.result.segments) expectValues(segment, expected[segment.segment]!);
    expect(made.result.manifest.task).toBe('ranking');
    expect(made.outcome.verdict).toBe('PASS');
  });

  it('compares a segment with the rest of the rows, ranked among themselves', () => {
    const [, left, right] = made.result.segments;
    expect(left!.metrics.mrr?.rest).toEqual(right!.metrics.mrr?.candidate);
  });

  it('counts groups against minRows', async () => {
    expect(made.result.segments.map(({ groups }) => groups)).toEqual([60, 60, 60]);
    const few = await run(
      'digits',
      columns,
      `data: { source: SOURCE, label: y, group: query }
model: { task: ranking, candidate: { column: new } }
segments: { minRows: 61 }
metrics: [ndcg]
checks: [{ metric: ndcg, min: 0.5 }]
`,
    );
    expect(few.outcome.verdict).toBe('INCONCLUSIVE');
    expect(few.outcome.reasons[0]).toContain('60 groups are fewer than the 61 of minRows');
  });
});

describe('weights, clusters and costs', () => {
  const pipeline = (
    data: string,
    more = 'checks: [{ metric: cost, max: 5 }]',
  ) => `data: { source: SOURCE, label: y${data} }
model: { task: binary, candidate: { column: new } }
metrics: [accuracy]
cost: { false_positive: 3, false_negative: area }
${more}
`;
  const { columns } = GOLDEN['breast cancer'];

  it('are part of the run, and of nothing that does not depend on them', async () => {
    const plain = await run('breast cancer', columns, pipeline(''));
    const weighted = await run('breast cancer', columns, pipeline(', weight: w'));
    expect(weighted.result.manifest.pipeline.digest).not.toBe(plain.result.manifest.pipeline.digest);
    expect(weighted.outcome.run).not.toBe(plain.outcome.run);
    expect(weighted.predictions).toEqual(plain.predictions);
    expect(weighted.segmented).toEqual(plain.segmented);
  });

  it('are the same when the run is replayed', async () => {
    const { store, outcome } = await run('breast cancer', columns, pipeline(', weight: w, clusterBy: hospital'));
    const again = await replay({ store, measureSegmentation, versions: versions() }, outcome.run);
    expect(again).toMatchObject({ same: true, differences: [] });
  });

  it('leave exact intervals to those who ask for them', async () => {
    const more = 'checks: [{ metric: cost, max: 5 }]\nproportions: exact';
    const exact = await run('breast cancer', columns, pipeline('', more));
    const usual = await run('breast cancer', columns, pipeline(''));
    expect(defined(overall(exact).metrics.accuracy?.candidate).method).toBe('clopper-pearson');
    expect(defined(overall(usual).metrics.accuracy?.candidate).method).toBe('wilson');
  });

  it('rows of no cluster are clusters of their own, with a warning', async () => {
    const hospital = columns['hospital']!.map((value, row) => (row % 2 === 0 ? null : value));
    const alone = hospital.filter((value) => value === null).length;
    const { result } = await run('half known', { ...columns, hospital }, pipeline(', clusterBy: hospital'));
    const clusters = new Set(hospital).size - 1 + alone;
    expect(result.segments[0]!.metrics.cost?.candidate).toHaveProperty('basis.df', clusters - 1);
    expect(result.validation.filter(({ outcome }) => outcome === 'warn')).toMatchObject([
      { rule: 'cluster hospital is known', badRows: alone },
    ]);
  });
});
