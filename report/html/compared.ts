/** What was compared with what, and what a single number over all rows would have said. */
import { OVERALL } from '../../domain/pipeline.js';
import type { Manifest, PinnedModel } from '../../domain/manifest.js';
import type { Estimate, MetricEstimates, Result, SegmentResult } from '../../domain/result.js';
import { estimationFacts, intervalName } from '../estimation.js';
import { count, estimate, printable } from '../format.client.js';
import { groupsText, unlabelledText, unpredictedRows } from '../rows.js';
import { el } from './markup.js';
import type { Child, Markup } from './markup.js';

export function comparedSection(result: Result): Markup {
  const { manifest } = result;
  const overall = overallOf(result);
  const missing = overall === undefined ? '' : unlabelledText(overall);
  const unpredicted = overall === undefined ? '' : unpredictedRows(overall);
  const groups = overall === undefined ? '' : groupsText(overall);
  const estimation = estimationFacts(manifest);
  return el(
    'section',
    { class: 'compared', 'aria-labelledby': 'compared' },
    el('h2', { id: 'compared' }, 'What was compared'),
    el(
      'dl',
      {},
      ...fact('candidate', model(manifest.models.candidate)),
      ...fact(
        'baseline',
        manifest.models.baseline === null ? 'none: only absolute checks' : model(manifest.models.baseline),
      ),
      ...fact('serving at the start', manifest.serving === null ? 'nothing' : `version ${printable(manifest.serving)}`),
      ...fact(
        'rows',
        count(manifest.data.rows) + (manifest.models.baseline === null ? '' : ', the same for both models'),
      ),
      ...(missing === '' ? [] : fact('unlabelled', `${missing}: they enter no metric`)),
      ...(unpredicted === '' ? [] : fact('unpredicted', `${unpredicted}: what needs those predictions has no value`)),
      ...(groups === '' ? [] : fact('ranked', groups)),
      ...(estimation.length === 0 ? [] : fact('estimates', estimation.join('; '))),
      ...fact('data', el('bdi', {}, printable(manifest.data.source))),
      ...fact('window', windowOf(manifest)),
      ...fact('segments', count(result.segments.length)),
    ),
    overallTable(result),
  );
}

const fact = (name: string, value: Child): readonly Markup[] => [el('dt', {}, name), el('dd', {}, value)];

export function model(pinned: PinnedModel): Child {
  if (pinned.kind === 'column') return ['predictions in column ', el('code', {}, printable(pinned.column))];
  const as = pinned.ref === pinned.version ? null : el('span', { class: 'quiet' }, ` (${printable(pinned.ref)})`);
  return [el('bdi', {}, printable(pinned.name)), ' ', el('b', {}, `version ${printable(pinned.version)}`), as];
}

function windowOf({ data: { window } }: Manifest): string {
  if (window === null) return 'all rows of the source';
  return window.from === null ? `until ${window.until}` : `${window.from} until ${window.until}`;
}

const overallOf = ({ segments }: Result): SegmentResult | undefined =>
  segments.find(({ segmentation }) => segmentation === OVERALL);

/** The aggregate, beside which the segments must be read: a good one may hide a bad segment. */
function overallTable(result: Result): Markup | null {
  const overall = overallOf(result);
  if (overall === undefined) return null;
  const compared = result.manifest.models.baseline !== null;
  const rows = Object.entries<MetricEstimates>(overall.metrics).map(([metric, estimates]) =>
    el(
      'tr',
      {},
      el('th', { scope: 'row', class: 'name' }, metric),
      ...(compared ? [cell(estimates.baseline, false)] : []),
      cell(estimates.candidate, false),
      ...(compared ? [cell(estimates.difference, true)] : []),
    ),
  );
  if (rows.length === 0) return null;
  const heads = compared ? ['baseline', 'candidate', 'change'] : ['candidate'];
  return el(
    'div',
    { class: 'scroll' },
    el(
      'table',
      { class: 'numbers-table' },
      el('caption', {}, 'Over all rows: what an aggregate alone would tell'),
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          el('th', { scope: 'col', class: 'name' }, 'metric'),
          ...heads.map((head) =>
            el('th', { scope: 'col', class: 'number' }, head, el('small', {}, intervalName(result.manifest))),
          ),
        ),
      ),
      el('tbody', {}, ...rows),
    ),
  );
}

export function cell(value: Estimate | undefined, signed: boolean): Markup {
  if (value === undefined) return el('td', { class: 'number absent' }, '–');
  if ('undefined' in value) return el('td', { class: 'number reason' }, printable(value.undefined));
  const text = estimate(value, { signed });
  return el(
    'td',
    { class: 'number' },
    el('span', { class: 'value' }, text.value),
    ' ',
    el('span', { class: 'interval' }, text.interval),
  );
}
