/** What stands behind the numbers: validation, discovered segments, the manifest, the time each stage took. */
import { artifactPath } from '../../domain/artifact.js';
import type { DiscoveredSegment, Result, RuleResult } from '../../domain/result.js';
import { count, fixed, printable, seconds } from '../format.client.js';
import { cell, model } from './compared.js';
import { el } from './markup.js';
import type { Child, Markup } from './markup.js';

function table(caption: string, heads: readonly (readonly [string, string])[], rows: readonly Markup[]): Markup {
  return el(
    'div',
    { class: 'scroll' },
    el(
      'table',
      { class: 'numbers-table' },
      el('caption', {}, caption),
      el(
        'thead',
        {},
        el('tr', {}, ...heads.map(([title, className]) => el('th', { scope: 'col', class: className }, title))),
      ),
      el('tbody', {}, ...rows),
    ),
  );
}

const RULE_WORDS = { fail: ['fail', 'failed'], warn: ['inconclusive', 'warning'], pass: ['pass', 'passed'] } as const;

/** Problems first; rules that hold are only counted until asked for. */
export function validationSection({ validation }: Result): Markup | null {
  if (validation.length === 0) return null;
  const bad = validation.filter(({ outcome }) => outcome !== 'pass');
  const good = validation.filter(({ outcome }) => outcome === 'pass');
  const row = (rule: RuleResult): Markup =>
    el(
      'tr',
      {},
      el(
        'td',
        { class: 'name' },
        el('b', { class: `word ${RULE_WORDS[rule.outcome][0]}` }, RULE_WORDS[rule.outcome][1]),
      ),
      el('th', { scope: 'row', class: 'name' }, el('bdi', {}, printable(rule.rule))),
      el('td', { class: 'number' }, count(rule.badRows)),
      el(
        'td',
        { class: 'name text' },
        el('bdi', {}, printable(rule.message)),
        rule.artifact === null
          ? null
          : el(
              'small',
              {},
              'the first bad rows, as Parquet in the artifact store: ',
              el('code', {}, printable(artifactPath(rule.artifact))),
            ),
      ),
    );
  const heads = [
    ['outcome', 'name'],
    ['rule', 'name'],
    ['bad rows', 'number'],
    ['finding', 'name'],
  ] as const;
  const holds = `${count(good.length)} ${good.length === 1 ? 'rule holds' : 'rules hold'}`;
  return el(
    'section',
    { 'aria-labelledby': 'validation' },
    el('h2', { id: 'validation' }, 'Validation of the data'),
    bad.length === 0 ? null : table('Rules that the data break', heads, bad.map(row)),
    good.length === 0
      ? null
      : el('details', {}, el('summary', {}, holds), table('Rules that hold', heads, good.map(row))),
  );
}

export function discoveredSection({ discovered }: Result): Markup | null {
  if (discovered.length === 0) return null;
  const row = (found: DiscoveredSegment): Markup =>
    el(
      'tr',
      {},
      el('th', { scope: 'row', class: 'name' }, el('bdi', {}, printable(found.rule))),
      el('td', { class: 'number' }, count(found.rows)),
      el('td', { class: 'number' }, count(found.errors)),
      cell(found.holdout.baseline, false),
      cell(found.holdout.candidate, false),
      cell(found.holdout.difference, true),
    );
  return el(
    'section',
    { 'aria-labelledby': 'discovered' },
    el('h2', { id: 'discovered' }, 'Weak spots that nobody declared'),
    table(
      'Found on one half of the rows; the numbers are from the other half',
      [
        ['rule', 'name'],
        ['rows', 'number'],
        ['errors', 'number'],
        ['baseline', 'number'],
        ['candidate', 'number'],
        ['change', 'number'],
      ],
      discovered.map(row),
    ),
  );
}

export function manifestSection(result: Result): Markup {
  const { manifest } = result;
  const { data, models, versions } = manifest;
  const code = (text: string): Markup => el('code', {}, printable(text));
  const facts: readonly (readonly [string, Child])[] = [
    ['result digest', code(result.digest)],
    ['pipeline', [el('bdi', {}, printable(manifest.pipeline.name)), ' ', code(manifest.pipeline.digest)]],
    ['task', manifest.task],
    [
      'candidate',
      [model(models.candidate), ' ', models.candidate.kind === 'registry' ? code(models.candidate.sha256) : null],
    ],
    [
      'baseline',
      models.baseline === null
        ? 'none'
        : [model(models.baseline), ' ', models.baseline.kind === 'registry' ? code(models.baseline.sha256) : null],
    ],
    ['data source', [el('bdi', {}, printable(data.source)), ' ', code(data.sourceDigest)]],
    ['data snapshot', code(data.snapshot)],
    ['rows', count(data.rows)],
    ['seed', String(manifest.seed)],
    ['acts', manifest.act ? 'yes' : 'no (decides only)'],
    ['versions', `Segmentry ${versions.segmentry}, DuckDB ${versions.duckdb}, ONNX Runtime ${versions.onnxruntime}`],
  ];
  const columns = data.columns.map(({ name, type }) =>
    el('li', {}, el('bdi', {}, el('code', {}, printable(name))), ' ', el('span', { class: 'quiet' }, printable(type))),
  );
  const timings = Object.entries(result.timings);
  return el(
    'section',
    { 'aria-labelledby': 'manifest', class: 'manifest' },
    el('h2', { id: 'manifest' }, 'Manifest'),
    el(
      'p',
      { class: 'quiet' },
      'Everything that this result depends on: the same manifest gives the same numbers, to the last bit.',
    ),
    el('dl', {}, ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])),
    columns.length === 0
      ? null
      : el(
          'details',
          {},
          el('summary', {}, `${count(columns.length)} columns`),
          el('ul', { class: 'columns' }, ...columns),
        ),
    timings.length === 0
      ? null
      : el(
          'details',
          {},
          el('summary', {}, 'Time per stage, and throughput'),
          el(
            'dl',
            { class: 'timings' },
            ...timings.flatMap(([stage, took]) => [el('dt', {}, stage), el('dd', {}, timing(stage, took))]),
          ),
        ),
  );
}

/** Timings are seconds, of stages and of batches, and rates, whose names say so. */
function timing(name: string, value: number): string {
  if (name.includes(' per ')) return value < 100 ? value.toPrecision(2) : count(Math.round(value));
  return name.startsWith('batch ') ? `${fixed(1_000 * value, 1)} ms` : seconds(value);
}
