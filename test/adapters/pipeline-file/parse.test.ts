import { describe, expect, it } from 'vitest';
import { parsePipeline } from '../../../adapters/pipeline-file/parse.js';
import { PipelineFileError } from '../../../adapters/pipeline-file/problems.js';
import { SegmentryError } from '../../../domain/errors.js';
import { changed, EXAMPLE, placeOf, problemsIn, SHORTEST } from './example.js';
import { pipelineOf } from '../../pipeline-text.js';

describe('segmentations', () => {
  const by = (count: number): string =>
    `{ by: [${Array.from({ length: count }, (_, index) => `{ name: s${index}, where: x > ${index} }`).join(', ')}] }`;

  it('are 200 at most: each is a task of a run', () => {
    expect(pipelineOf({ segments: by(200) }).segments.by).toHaveLength(200);
    expect(() => pipelineOf({ segments: by(201) })).toThrow('at most 200 segmentations are allowed; cut the pipeline');
  });
});

describe('a pipeline that says everything', () => {
  const pipeline = parsePipeline(EXAMPLE, 'pipeline.yaml');

  it('is taken as written', () => {
    expect(pipeline.data).toEqual({
      source: 'flights.parquet',
      id: 'flight_id',
      label: 'late',
      time: 'time_hour',
      window: '30 days',
      where: 'month >= 7',
      reference: { where: 'month < 7' },
    });
    expect(pipeline.model).toEqual({
      task: 'binary',
      registry: './registry',
      name: 'late-flight',
      candidate: { kind: 'registry', ref: '@serving' },
      baseline: { kind: 'registry', ref: '@previous' },
      threshold: 0.5,
      positive: null,
      features: ['month', 'visib'],
      missing: 'nan',
    });
    expect(pipeline.segments).toEqual({
      minRows: 200,
      by: [
        { kind: 'columns', name: 'origin', columns: ['origin'] },
        { kind: 'columns', name: 'carrier x origin', columns: ['carrier', 'origin'] },
        { kind: 'where', name: 'low visibility', where: 'visib < 3' },
        { kind: 'clusters', name: 'weather', features: ['temp', 'wind_speed'], k: 'auto' },
      ],
    });
    expect(pipeline).toMatchObject({ confidence: 0.9, seed: 7, onFail: ['rollback'], onPass: ['promote'] });
  });

  it('names its rules and checks', () => {
    expect(pipeline.validate.map(({ name }) => name)).toEqual([
      'temp: not null, unique, between -30 and 120',
      'carrier: one of EV, UA',
      'one row per flight',
    ]);
    expect(pipeline.checks.map(({ name }) => name)).toEqual([
      'auc min 0.65',
      'auc maxDrop 0.02',
      'fpr maxIncrease 0.02 in origin, overall',
    ]);
  });

  it('lets checks inherit, and remember their lines', () => {
    const overall = { overall: 'fail', segments: 'pass' };
    expect(pipeline.checks).toMatchObject([
      { versus: null, evidence: 'default', onInconclusive: overall, severity: 'block', segments: null },
      { versus: 'baseline', evidence: 'strict', onInconclusive: overall },
      {
        versus: 'baseline',
        onInconclusive: { overall: 'fail', segments: 'fail' },
        segments: ['origin', 'overall'],
      },
    ]);
  });

  it('measures what it checks', () => {
    expect(pipeline.metrics).toEqual(['auc', 'log_loss', 'recall', 'fpr']);
  });
});

describe('the shortest pipeline', () => {
  it('gets every default', () => {
    expect(parsePipeline(SHORTEST, 'p.yaml')).toEqual({
      name: 'p',
      data: { source: 'd.csv', id: null, label: 'y', time: null, window: null, where: null, reference: null },
      model: {
        task: 'binary',
        registry: './registry',
        name: 'm',
        candidate: { kind: 'registry', ref: '3' },
        baseline: null,
        threshold: 0.5,
        positive: null,
        features: null,
        missing: 'refuse',
      },
      validate: [],
      segments: { minRows: 100, by: [] },
      metrics: ['auc', 'log_loss', 'precision', 'recall', 'fpr'],
      checks: [
        {
          name: 'auc min 0.6',
          metric: 'auc',
          versus: null,
          reference: null,
          bound: { kind: 'min', value: 0.6 },
          perSegment: {},
          required: [],
          minEffect: 0,
          segments: null,
          severity: 'block',
          evidence: 'default',
          onInconclusive: { overall: 'inconclusive', segments: 'pass' },
        },
      ],
      confidence: 0.95,
      evidence: 'default',
      correction: 'holm',
      onInconclusive: { overall: 'inconclusive', segments: 'pass' },
      onFail: [],
      onPass: [],
      seed: 1,
    });
  });

  it.each([
    ['regression', 'mae', ['mae', 'rmse', 'bias']],
    ['multiclass', 'log_loss', ['accuracy', 'macro_f1', 'log_loss']],
  ])('measures what the task %s is judged by', (task, metric, metrics) => {
    const text = SHORTEST.replace('binary', task).replace('metric: auc, min', `metric: ${metric}, max`);
    expect(parsePipeline(text, 'p.yaml').metrics).toEqual(metrics);
  });

  it('needs no registry name when predictions are columns', () => {
    const text = changed('name: m, candidate: 3', 'candidate: { column: score }, baseline: { column: old }', SHORTEST);
    expect(parsePipeline(text, 'p.yaml').model).toMatchObject({
      name: 'p',
      candidate: { kind: 'column', column: 'score' },
      baseline: { kind: 'column', column: 'old' },
    });
  });
});

describe('a check', () => {
  const checksOf = (check: string) =>
    parsePipeline(changed('- { metric: auc, min: 0.65 }', `- ${check}`), 'p.yaml').checks;

  it('with min and max becomes two', () => {
    expect(checksOf('{ metric: auc, max: 0.99, min: 0.6 }').slice(0, 2)).toMatchObject([
      { name: 'auc min 0.6', bound: { kind: 'min', value: 0.6 } },
      { name: 'auc max 0.99', bound: { kind: 'max', value: 0.99 } },
    ]);
  });

  it('that differs in severity alone gets a name of its own', () => {
    expect(checksOf('{ metric: auc, maxDrop: 0.02, severity: warn }').map(({ name }) => name)).toEqual([
      'auc maxDrop 0.02',
      'auc maxDrop 0.02 #2',
      'fpr maxIncrease 0.02 in origin, overall',
    ]);
  });

  it('inherits the half of onInconclusive that it does not give', () => {
    expect(checksOf('{ metric: auc, min: 0.6, onInconclusive: { segments: fail } }')[0]?.onInconclusive).toEqual({
      overall: 'fail',
      segments: 'fail',
    });
  });

  it.each([
    '{ metric: log_loss, maxDrop: 0.1, severity: warn }',
    '{ metric: selection_rate, maxIncrease: 0.1 }',
    '{ metric: fpr, max: 0 }',
  ])('that can fire is taken: %s', (check) => {
    expect(checksOf(check)).toHaveLength(3);
  });
});

describe('a pipeline with warnings only', () => {
  it('is fine while nothing follows its verdict', () => {
    expect(problemsIn(changed('min: 0.6 }', 'min: 0.6, severity: warn }', SHORTEST))).toEqual([]);
  });
});

describe('the error', () => {
  it('is one of usage, and says file, line, column, the value and what is allowed', () => {
    const text = changed('maxDrop', 'maxdrop');
    expect(() => parsePipeline(text, 'pipeline.yaml')).toThrow(
      'pipeline.yaml:37:38 unknown key "maxdrop" in checks[1]; did you mean "maxDrop"? Allowed here: metric, versus, min, max, maxDrop,',
    );
    const { line, column } = placeOf('maxdrop', text);
    expect([line, column]).toEqual([37, 38]);
    try {
      parsePipeline(text, 'pipeline.yaml');
    } catch (error) {
      expect(error).toBeInstanceOf(SegmentryError);
      expect(error).toMatchObject({ kind: 'usage', name: 'PipelineFileError', file: 'pipeline.yaml' });
    }
  });

  it('carries all problems in the order of the file', () => {
    const text = EXAMPLE.replace('label:', 'lable:')
      .replace('minRows: 200', 'minRows: none')
      .replace('segments: [origin, overall]', 'segments: [orign]')
      .replace('auc, min: 0.65', 'auc, min: 0')
      .replace('seed: 7', 'seed: -7');
    expect(problemsIn(text).map(({ path }) => path)).toEqual(
      ['data.lable', 'segments.minRows', 'checks[0].min', 'checks[2].segments[0]', 'seed'].filter(
        (path) => path !== 'checks[2].segments[0]',
      ),
    );
  });

  it('names every problem on a line of its own', () => {
    const text = EXAMPLE.replace('label:', 'lable:').replace('seed: 7', 'seed: -7');
    expect(() => parsePipeline(text, 'a.yaml')).toThrow(/^a\.yaml:6:3 [^\n]+\na\.yaml:44:7 [^\n]+$/);
    expect(() => parsePipeline(text, 'a.yaml')).toThrow(PipelineFileError);
  });
});

it('takes metrics with an argument, and measures them', () => {
  const text = changed('metric: auc, min: 0.65', 'metric: f_beta(2), min: 0.3');
  const { checks, metrics } = parsePipeline(text, 'p.yaml');
  expect(checks[0]).toMatchObject({ name: 'f_beta(2) min 0.3', metric: 'f_beta(2)' });
  expect(metrics).toContain('f_beta(2)');
});

it('takes bounds, requirements and comparisons of segments', () => {
  const text = changed(
    '- { metric: auc, min: 0.65 }',
    [
      '- { metric: auc, min: 0.65, perSegment: { EWR: { min: 0.6 } }, required: [EWR], minEffect: 0.01 }',
      '- { metric: recall, versus: rest, maxGap: 0.1, perSegment: { EWR: { maxGap: 0.2 } } }',
      '- { metric: recall, versus: { segment: JFK }, segments: [origin], minRatio: 0.8 }',
    ].join('\n  '),
  );
  const { checks, correction } = parsePipeline(changed('seed: 7', 'correction: bh', text), 'p.yaml');
  expect(correction).toBe('bh');
  expect(checks.slice(0, 4)).toMatchObject([
    { versus: null, perSegment: { EWR: 0.6 }, required: ['EWR'], minEffect: 0.01 },
    { versus: 'rest', bound: { kind: 'maxDrop', value: 0.1 }, perSegment: { EWR: 0.2 }, segments: null },
    { versus: 'rest', bound: { kind: 'maxIncrease', value: 0.1 }, perSegment: { EWR: 0.2 } },
    { versus: 'segment', reference: 'JFK', bound: { kind: 'minRatio', value: 0.8 }, segments: ['origin'] },
  ]);
  expect(checks[3]!.name).toBe('recall minRatio 0.8 versus JFK in origin');
});
