/** What the mistakes cost in total on every segment: where the money goes, the largest loss first. */
import type { Result } from '../../domain/result.js';
import { costsOf } from '../costs.js';
import type { SegmentCost } from '../costs.js';
import { intervalName } from '../estimation.js';
import { count, estimate, printable } from '../format.client.js';
import type { Interval } from '../format.client.js';
import { el } from './markup.js';
import type { Markup } from './markup.js';

/** Rows before anybody asks for more, and at most. */
const SHOWN = 15;
const MOST = 500;

export function costsSection(result: Result): Markup | null {
  const all = costsOf(result);
  if (all.length === 0) return null;
  const left = all.length - MOST;
  const folded = all.slice(SHOWN, MOST);
  return el(
    'section',
    { 'aria-labelledby': 'costs' },
    el('h2', { id: 'costs' }, 'What the mistakes cost'),
    table(result, all.slice(0, SHOWN)),
    folded.length === 0
      ? null
      : el('details', {}, el('summary', {}, `${count(folded.length)} more segments`), table(result, folded)),
    left > 0 ? el('p', { class: 'quiet' }, `${count(left)} more in result.json.`) : null,
  );
}

function table(result: Result, costs: readonly SegmentCost[]): Markup {
  const compared = result.manifest.models.baseline !== null;
  const interval = intervalName(result.manifest);
  const head = (title: string, note: string | null): Markup =>
    el(
      'th',
      { scope: 'col', class: note === null ? 'name' : 'number' },
      title,
      note === null ? null : el('small', {}, note),
    );
  const heads = [
    head('segmentation', null),
    head('segment', null),
    ...(compared ? [head('baseline', interval)] : []),
    head('candidate', interval),
    ...(compared ? [head('change', interval)] : []),
  ];
  const rows = costs.map(({ segment, baseline, candidate, difference }) =>
    el(
      'tr',
      {},
      el('td', { class: 'name' }, el('bdi', {}, printable(segment.segmentation))),
      el('th', { scope: 'row', class: 'name' }, el('bdi', {}, printable(segment.segment))),
      ...(compared ? [cell(baseline, false)] : []),
      cell(candidate, false),
      ...(compared ? [cell(difference, true)] : []),
    ),
  );
  const caption = `Sums over all labelled rows of a segment, in the unit of the pipeline’s cost; ${
    compared ? 'the largest loss first' : 'the most expensive first'
  }. Segments of different segmentations share rows.`;
  return el(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'table of costs, scrolls sideways' },
    el(
      'table',
      { class: 'numbers-table' },
      el('caption', {}, caption),
      el('thead', {}, el('tr', {}, ...heads)),
      el('tbody', {}, ...rows),
    ),
  );
}

function cell(total: Interval | null, signed: boolean): Markup {
  if (total === null) return el('td', { class: 'number reason' }, 'undefined');
  const text = estimate(total, { signed });
  return el(
    'td',
    { class: 'number' },
    el('span', { class: 'value' }, text.value),
    ' ',
    el('span', { class: 'interval' }, text.interval),
  );
}
