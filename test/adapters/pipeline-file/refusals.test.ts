/** What is refused: the change, the words that are blamed (first occurrence after the change), and what the message says. */
import { describe, expect, it } from 'vitest';
import { changed, placeOf, problemsIn, SHORTEST } from './example.js';

interface Refusal {
  readonly from: string;
  readonly to: string;
  readonly blamed: string;
  readonly says: readonly string[];
  readonly text?: string;
}

const AUC = '- { metric: auc, min: 0.65 }';
const ORIGIN = '- { columns: [origin] }';
const CARRIER = '- { column: carrier, oneOf: [EV, UA] }';

function check(flow: string, blamed: string, ...says: string[]): Refusal {
  return { from: AUC, to: `- ${flow}`, blamed, says };
}

function segmentation(flow: string, blamed: string, ...says: string[]): Refusal {
  return { from: ORIGIN, to: `- ${flow}`, blamed, says };
}

function rule(flow: string, blamed: string, ...says: string[]): Refusal {
  return { from: CARRIER, to: `- ${flow}`, blamed, says };
}

const REFUSALS: readonly Refusal[] = [
  // Names
  {
    from: 'pipeline: flight-delays',
    to: 'pipeline: Flight Delays',
    blamed: 'Flight',
    says: ['"Flight Delays"', 'lower-case'],
  },
  { from: 'pipeline: flight-delays\n', to: '', blamed: 'data:', says: ['missing key "pipeline"', "pipeline's name"] },
  {
    from: 'checks:',
    to: 'cheks:',
    blamed: 'cheks',
    says: ['unknown key "cheks"', '"checks"', 'Allowed here: pipeline, data'],
  },
  { from: 'seed: 7', to: 'constructor: 7', blamed: 'constructor', says: ['unknown key "constructor"'] },
  { from: 'seed: 7', to: 'zzzzzzzz: 7', blamed: 'zzzzzzzz', says: ['unknown key "zzzzzzzz". Allowed here:'] },
  // Data
  { from: 'label: late', to: 'label: ', blamed: 'label', says: ['data.label has no value', 'text'] },
  { from: 'label: late', to: 'label: 3', blamed: '3', says: ['data.label is 3', 'text'] },
  { from: 'source: flights.parquet', to: 'source: ""', blamed: '""', says: ['data.source is ""', 'empty'] },
  {
    from: 'source: flights.parquet',
    to: 'source: "s3://KEY:hunter2@bucket/x.parquet"',
    blamed: '"s3:',
    says: ['data.source is "s3://***@bucket/x.parquet"', 'environment'],
  },
  {
    from: 'source: flights.parquet',
    to: 'source: "https://host/x.parquet?token=hunter2"',
    blamed: '"https:',
    says: ['data.source is "https://host/x.parquet?token=***"', 'file'],
  },
  { from: '  time: time_hour\n', to: '', blamed: 'window', says: ['data.time'] },
  { from: '30 days', to: '30 moons', blamed: '30 moons', says: ['"1 day"', 'week'] },
  { from: '30 days', to: '0 days', blamed: '0 days', says: ['"1 day"'] },
  { from: 'where: "month >= 7"', to: 'where: " "', blamed: '" "', says: ['SQL condition'] },
  { from: 'id: flight_id', to: 'id: late', blamed: 'late', says: ['same column "late"'] },
  { from: '{ where: "month < 7" }', to: '{ were: "month < 7" }', blamed: 'were', says: ['data.reference', '"where"'] },
  // Model
  {
    from: 'registry: ./registry',
    to: 'registry: mlflow://ann:hunter2@host:5000',
    blamed: 'mlflow:',
    says: ['model.registry is "mlflow://***@host:5000"', 'environment'],
  },
  {
    from: 'task: binary',
    to: 'task: binry',
    blamed: 'binry',
    says: ['did you mean "binary"', 'multiclass, regression'],
  },
  { from: 'name: late-flight', to: 'name: ../../etc', blamed: '../../etc', says: ['no slash'] },
  { from: '  name: late-flight\n', to: '', blamed: 'task', says: ['missing key "name" in model'] },
  { from: '"@serving"', to: '"@../x"', blamed: '"@../x"', says: ['alias ("@serving")'] },
  { from: '"@serving"', to: '1.10', blamed: '1.10', says: ['quoted'] },
  {
    from: '"@serving"',
    to: '{ colum: x }',
    blamed: 'colum:',
    says: ['unknown key "colum" in model.candidate', '"column"'],
  },
  { from: '"@serving"', to: '{ column: late }', blamed: '{ column', says: ['label column "late"'] },
  { from: '"@serving"', to: '[a]', blamed: '[a]', says: ['a list', 'column'] },
  { from: '"@previous"', to: '"@serving"', blamed: '"@serving"\n  thr', says: ['same as model.candidate'] },
  { from: 'threshold: 0.5', to: 'threshold: 1.5', blamed: '1.5', says: ['1.5', 'from 0 to 1'] },
  { from: 'threshold: 0.5', to: 'threshold: .nan', blamed: '.nan', says: ['NaN', 'number'] },
  { from: '[month, visib]', to: '[month, month]', blamed: 'month]', says: ['"month" twice'] },
  { from: '[month, visib]', to: '[month, late]', blamed: 'late]', says: ['label "late"'] },
  { from: 'task: binary', to: 'task: regression', blamed: 'threshold', says: ['only for task binary'] },
  { from: 'missing: nan', to: 'missing: drop', blamed: 'drop', says: ['refuse, nan'] },
  { from: '"@serving"', to: '1.0', blamed: '1.0', says: ['reads as the number 1', 'write "1.0"'] },
  { from: '"@previous"', to: '010', blamed: '010', says: ['reads as the number 10', 'write "010"'] },
  // Validation rules
  rule('{ column: temp }', '{ column: temp }', 'no condition', 'notNull'),
  rule('{ column: x, notNull: false }', '{ column: x', 'no condition'),
  rule('{ column: x, notnull: true }', 'notnull', 'did you mean "notNull"'),
  rule('{ notNull: true }', '{ notNull: true }', 'needs a column'),
  rule('{ column: x, sql: select 1, name: n }', 'column: x', 'not both'),
  rule('{ sql: select 1 }', '{ sql: select 1 }', 'missing key "name"'),
  rule('{ sql: select 1, name: n, notNull: true }', 'notNull: true }', 'needs a column'),
  rule('{ column: x, between: [3, 1] }', '[3, 1]', 'smaller one first'),
  rule('{ column: x, between: [3] }', '[3]', 'list of 2'),
  rule('{ column: x, between: [a, 3] }', 'a, 3', 'between[0] is "a"'),
  rule('{ column: x, oneOf: [] }', '[]', 'not empty'),
  rule('{ column: x, unique: yes }', 'yes', '"yes"', 'true or false'),
  rule('{ name: one row per flight, column: x, unique: true }', '{ name: one row per flight, sql', 'both called'),
  rule('{ column: x, unique: true, severity: shadow }', 'shadow', 'block, warn'),
  // Segmentations
  segmentation('{ where: "a = 1" }', '{ where: "a', 'missing key "name"'),
  segmentation('{ clusters: { features: [a] } }', '{ clusters', 'missing key "name"'),
  segmentation('{ name: x }', '{ name: x }', 'one of columns, where, clusters'),
  segmentation('{ name: x, columns: [a], where: b }', 'where: b', 'columns and where'),
  segmentation('{ columns: [] }', '[] }', 'not empty'),
  segmentation('{ columns: [a, a] }', 'a] }', '"a" is there twice'),
  segmentation('{ columns: origin }', 'origin }', 'is "origin"', 'a list'),
  segmentation('{ columns: [overall] }', '{ columns: [overall]', 'always there'),
  segmentation('{ name: overall, where: x }', 'overall, where', 'always there'),
  segmentation('{ name: weather , columns: [a] }', 'name: weather\n', 'both called "weather"'),
  segmentation('{ name: " x ", columns: [a] }', '" x "', 'one line'),
  segmentation('{ name: x, discover: { features: [a] } }', 'discover', 'discover', 'not available yet in this version'),
  segmentation('{ name: x, clusters: { features: [a], k: 1 } }', '1 } }', 'from 2 to 50'),
  segmentation('{ name: x, clusters: { features: [a], k: 51 } }', '51', 'from 2 to 50'),
  segmentation('{ name: x, clusters: { features: [a], k: 2.5 } }', '2.5', 'whole number'),
  segmentation('{ name: x, clusters: { features: [a], k: aut } }', 'aut }', 'did you mean "auto"'),
  segmentation('{ name: x, clusters: { k: 3 } }', '{ k: 3 }', 'missing key "features"'),
  { from: 'minRows: 200', to: 'minRows: 0', blamed: '0\n  by', says: ['minRows is 0', 'from 1 up'] },
  { from: 'minRows: 200', to: 'minrows: 200', blamed: 'minrows', says: ['"minRows"'] },
  // Metrics
  {
    from: 'metrics: [auc,',
    to: 'metrics: [acu,',
    blamed: 'acu',
    says: ['metrics[0] is "acu"', 'did you mean "auc"', 'log_loss'],
  },
  { from: 'metrics: [auc,', to: 'metrics: [rmse,', blamed: 'rmse', says: ['does not exist for task binary', 'auc'] },
  { from: 'metrics: [auc,', to: 'metrics: [recall,', blamed: 'recall]', says: ['"recall" twice'] },
  // Checks: shape
  check('{ metric: acu, min: 0.6 }', 'acu', 'did you mean "auc"'),
  check('{ metric: mae, max: 3 }', 'mae', 'does not exist for task binary', 'allowed: accuracy'),
  check('{ min: 0.6 }', '{ min: 0.6 }', 'missing key "metric" in checks[0]'),
  check('{ metric: auc }', '{ metric: auc }', 'no bound', 'maxRelativeDrop'),
  check('{ metric: auc, maxDrop: 0.1, min: 0.6 }', 'maxDrop: 0.1', 'min and maxDrop', '2 checks'),
  check('{ metric: auc, min: 0.9, max: 0.6 }', '0.9', 'no value passes both'),
  check('{ metric: auc, min: 0.6, versus: baseline }', 'versus: baseline }', 'compares with nothing'),
  check('{ metric: auc, maxDrop: 0.1, versus: rst }', 'rst', 'did you mean "rest"'),
  check('{ metric: auc, min: 0.6, versus: rest }', 'min: 0.6', 'min does not compare segments', 'maxRatio or maxGap'),
  check('{ metric: auc, maxRelativeDrop: 0.1, versus: rest }', 'maxRelativeDrop', 'does not compare segments'),
  check('{ metric: auc, maxDrop: 0.1, versus: rest, segments: [overall] }', 'overall]', 'nothing beside it'),
  check('{ metric: auc, maxDrop: 0.1, versus: { segment: EWR } }', 'versus: { segment', 'segments: [name]'),
  check('{ metric: auc, maxDrop: 0.1, versus: { segmnt: EWR } }', 'segmnt', 'did you mean "segment"'),
  check('{ metric: auc, minRatio: 0.8 }', 'minRatio', 'versus: rest'),
  check('{ metric: auc, minRatio: 0, versus: rest }', '0, versus: rest', 'can never fail'),
  check('{ metric: auc, maxGap: 0.1 }', 'maxGap', 'versus: rest'),
  check('{ metric: auc, maxGap: 1, versus: rest }', '1, versus: rest', 'can never fail'),
  check('{ metric: auc, maxGap: 0.1, maxDrop: 0.1, versus: rest }', 'maxGap', 'maxGap and maxDrop'),
  // Metrics with an argument
  check('{ metric: f_beta(two), min: 0.6 }', 'f_beta(two)', 'f_beta(two)'),
  check('{ metric: f_beta, min: 0.6 }', 'f_beta,', 'checks[0].metric'),
  check('{ metric: top_k_accuracy(2), min: 0.6 }', 'top_k_accuracy', 'does not exist for task binary'),
  // A check's own segments
  check(
    '{ metric: auc, min: 0.6, perSegment: { EWR: { max: 0.9 } } }',
    'max: 0.9',
    'bounds max',
    'the check bounds min',
  ),
  check('{ metric: auc, min: 0.6, perSegment: { EWR: {} } }', '{} }', 'no bound', 'give min'),
  check('{ metric: auc, min: 0.6, perSegment: { EWR: { min: 1.2 } } }', '{ min: 1.2 }', 'can never pass'),
  check('{ metric: auc, maxDrop: 0.1, perSegment: { EWR: { maxDrop: -1 } } }', '-1', 'must not be negative'),
  check('{ metric: auc, min: 0.6, perSegment: { EWR: { mn: 0.5 } } }', 'mn: 0.5', 'unknown key "mn"', '"min"'),
  check('{ metric: auc, min: 0.6, required: [EWR, EWR] }', 'EWR] }', '"EWR" is there twice'),
  check('{ metric: auc, min: 0.6, minEffect: -1 }', '-1', 'a number from 0 up'),
  { from: 'seed: 7', to: 'correction: bonferroni', blamed: 'bonferroni', says: ['correction', 'holm, bh, by, none'] },
  check('{ metric: auc, min: "0.6" }', '"0.6"', 'is "0.6"', 'a number'),
  check('{ metric: auc, min: 0.6, severity: blok }', 'blok', 'did you mean "block"'),
  check('{ metric: auc, min: 0.6, evidence: stric }', 'stric ', 'did you mean "strict"'),
  check('{ metric: auc, min: 0.6, onInconclusive: pas }', 'pas }', 'did you mean "pass"'),
  check(
    '{ metric: auc, min: 0.6, onInconclusive: { all: pass } }',
    'all: pass',
    'unknown key "all"',
    'overall, segments',
  ),
  check(
    '{ metric: auc, min: 0.6, segments: [orign] }',
    'orign',
    'did you mean "origin"',
    'overall, origin, carrier x origin',
  ),
  check('{ metric: auc, min: 0.6, segments: origin }', 'origin }', 'a list'),
  check('{ metric: auc, min: 0.6, segments: [] }', '[] }', 'not empty'),
  check(
    '{ metric: auc, min: 0.6, segments: [carrier x origin, carrier x origin] }',
    'carrier x origin] }',
    'there twice',
  ),
  check('{ metric: auc, maxDrop: 0.02, evidence: strict }', '{ metric: auc, versus', 'same as checks[0]'),
  // Checks that can never fire, or never pass
  check('{ metric: auc, min: 0 }', '0 }', 'auc min 0 can never fail'),
  check('{ metric: auc, min: -1 }', '-1 }', 'can never fail'),
  check('{ metric: auc, min: 1.2 }', '1.2', 'can never pass'),
  check('{ metric: accuracy, max: 1 }', '1 }', 'accuracy max 1 can never fail'),
  check('{ metric: fpr, max: -0.1 }', '-0.1', 'can never pass'),
  check('{ metric: log_loss, min: 0 }', '0 }', 'can never fail'),
  check('{ metric: auc, maxDrop: 1 }', '1 }', 'can never fail', 'never changes by more than 1'),
  check('{ metric: fpr, maxIncrease: 1.5 }', '1.5', 'can never fail'),
  check('{ metric: auc, maxDrop: -0.1 }', '-0.1', 'from 0 up'),
  check('{ metric: auc, maxRelativeDrop: 1 }', '1 }', 'can never fail'),
  check('{ metric: auc, min: .inf }', '.inf', 'a number'),
  // Checks that fail a model for becoming better
  check('{ metric: log_loss, maxDrop: 0.1 }', 'maxDrop: 0.1', 'better when lower', 'did you mean maxIncrease'),
  check('{ metric: fpr, maxRelativeDrop: 0.1 }', 'maxRelativeDrop', 'did you mean maxRelativeIncrease'),
  check('{ metric: auc, maxIncrease: 0.1 }', 'maxIncrease', 'better when higher', 'did you mean maxDrop'),
  { from: 'min: 0.6', to: 'maxDrop: 0.6', blamed: 'maxDrop', says: ['model.baseline is not given'], text: SHORTEST },
  // What follows
  { from: '[{ metric: auc, min: 0.6 }]', to: '[]', blamed: '[]', says: ['decides nothing'], text: SHORTEST },
  {
    from: 'checks: [{ metric: auc, min: 0.6 }]\n',
    to: '',
    blamed: 'pipeline',
    says: ['missing key "checks"'],
    text: SHORTEST,
  },
  {
    from: 'min: 0.6 }]',
    to: 'min: 0.6, severity: warn }]\nonFail: [rollback]',
    blamed: 'onFail',
    says: ['never happen'],
    text: SHORTEST,
  },
  {
    from: 'min: 0.6 }]',
    to: 'min: 0.6, severity: shadow }]\nonPass: [promote]',
    blamed: 'onPass',
    says: ['never happen'],
    text: SHORTEST,
  },
  {
    from: 'candidate: 3 }',
    to: 'candidate: { column: s } }\nonFail: [rollback]',
    blamed: 'rollback',
    says: ['no version to take back'],
    text: SHORTEST,
  },
  { from: '[rollback]', to: '[promote]', blamed: 'promote]\nonPass', says: ['belongs in onPass'] },
  { from: '[promote]', to: '[rollback]', blamed: 'rollback]\nseed', says: ['belongs in onFail'] },
  { from: '[rollback]', to: '[rollback, notify, notify]', blamed: 'notify]\non', says: ['"notify" twice'] },
  { from: '[rollback]', to: '[rollbak]', blamed: 'rollbak', says: ['did you mean "rollback"'] },
  { from: '[rollback]', to: '[rollback, rollback]', blamed: 'rollback]\non', says: ['"rollback" twice'] },
  { from: '[rollback]', to: 'rollback', blamed: 'rollback\n', says: ['a list of rollback, notify, in brackets'] },
  // Numbers of the whole
  { from: 'confidence: 0.9', to: 'confidence: 95', blamed: '95', says: ['confidence is 95', '0.5 to 0.9999'] },
  { from: 'evidence: default', to: 'evidence: strickt', blamed: 'strickt', says: ['did you mean "strict"'] },
  { from: 'overall: fail', to: 'overall: maybe', blamed: 'maybe', says: ['pass, inconclusive, fail'] },
  { from: 'seed: 7', to: 'seed: 1.5', blamed: '1.5', says: ['whole number'] },
  // YAML itself
  { from: 'seed: 7', to: 'seed: 7\nseed: 8', blamed: 'seed: 8', says: ['duplicate key "seed"'] },
  { from: '  minRows', to: '\tminRows', blamed: '\tminRows', says: ['spaces only'] },
  { from: 'seed: 7', to: 'seed: 7\n---\nseed: 8', blamed: '---', says: ['one pipeline'] },
  { from: 'seed: 7', to: 'seed: *nobody', blamed: '*nobody', says: ['alias', 'nobody'] },
  { from: 'seed: 7', to: 'seed: !!python/object 7', blamed: '!!python', says: ['tag'] },
];

describe('refused, at its place, with what is allowed', () => {
  it.each(
    REFUSALS.map(
      (refusal) =>
        [`${refusal.to.trim() || `without ${refusal.from.trim()}`} / ${refusal.says[0] ?? ''}`, refusal] as const,
    ),
  )('%s', (_title, { from, to, blamed, says, text: base }) => {
    const text = changed(from, to, base);
    const place = placeOf(blamed, text);
    const all = problemsIn(text);
    const found = all.filter(({ message }) => says.every((words) => message.includes(words)));
    expect(found, all.map(({ message }) => message).join('\n')).toHaveLength(1);
    expect({ line: found[0]?.line, column: found[0]?.column }).toEqual(place);
    expect(all.map(({ message }) => message).join('\n')).not.toContain('hunter2');
  });
});

describe('a metric that is none of the task is told with those of the task alone', () => {
  /** Their beginnings and ends. */
  const METRICS = {
    binary: /^accuracy, balanced_accuracy, precision, .*, ks, cost, f_beta\(2\)$/,
    multiclass: /^accuracy, log_loss, cost, macro_f1, .*, top_k_accuracy\(3\), auc\(versicolor\)$/,
    regression: /^mae, rmse, median_ae, mape, r2, bias, pinball\(0\.9\)$/,
    ranking: /^ndcg, map, mrr, ndcg\(10\), map\(10\), hit_rate\(10\), precision_at\(10\)$/,
  };

  it.each([
    ['multiclass', 'precision(dog)', 'is "precision(dog)", which does not exist for task multiclass; allowed: '],
    ['regression', 'precision', 'is "precision", which does not exist for task regression; allowed: '],
    ['regression', 'f_beta', 'is "f_beta", which does not exist for task regression; allowed: '],
    ['regression', 'nonsense(3)', 'is "nonsense(3)"; allowed: '],
    ['binary', 'acuracy', 'is "acuracy"; did you mean "accuracy"? Allowed: '],
    ['ranking', 'ndgc', 'is "ndgc"; did you mean "ndcg"? Allowed: '],
    ['ranking', '5', 'is 5; allowed: '],
    ['ranking', '[ndcg]', 'is a list; allowed: '],
    ['regression', '~', 'has no value; give one of '],
  ] as const)('%s: %s', (task, metric, says) => {
    const group = task === 'ranking' ? ', group: q' : '';
    const text = SHORTEST.replace('binary', task)
      .replace('label: y', `label: y${group}`)
      .replace('[{ metric: auc,', `[{ metric: ${metric},`);
    const problems = problemsIn(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject(placeOf(`${metric}, min`, text));
    const { message } = problems[0]!;
    const beginning = `checks[0].metric ${says}`;
    expect(message.slice(0, beginning.length)).toBe(beginning);
    expect(message.slice(beginning.length)).toMatch(METRICS[task]);
  });

  it('where an argument is the mistake, with what it must be', () => {
    const says = (metric: string): unknown =>
      problemsIn(SHORTEST.replace('metric: auc', `metric: ${metric}`))[0]?.message;
    expect(says('precision(dog)')).toBe('checks[0].metric: precision takes no argument');
    expect(says('f_beta')).toMatch(/^checks\[0\]\.metric: f_beta needs an argument, .*: f_beta\(2\)$/);
  });

  it('with the metrics of all tasks where the task is wrong itself', () => {
    const [, metric] = problemsIn(SHORTEST.replace('binary', 'binry').replace('metric: auc', 'metric: acu'));
    expect(metric?.message).toMatch(/is "acu"; did you mean "auc"\? Allowed: accuracy, .*, pinball\(0\.9\), ndcg/);
  });
});

describe('files that are no pipeline', () => {
  it.each([
    ['', 'the file is empty'],
    ['# only a comment\n', 'the file is empty'],
    ['[]', 'the file is an empty list'],
    ['just words', 'the file is "just words"'],
    ['['.repeat(20_000), 'nested too deeply'],
    ['a: 1\n'.repeat(300_000), 'characters'],
    [
      `x0: &x0 [y]\n${Array.from({ length: 12 }, (_, i) => `x${i + 1}: &x${i + 1} [${`*x${i},`.repeat(10)}]\n`).join('')}`,
      'Excessive alias count',
    ],
    ['? [a]\n: 1', 'keys must be strings'],
  ])('%#', (text, says) => {
    const problems = problemsIn(text);
    expect(problems.map(({ message }) => message).join('\n')).toContain(says);
    for (const { line, column } of problems) expect(Math.min(line, column)).toBeGreaterThanOrEqual(1);
  });
});
