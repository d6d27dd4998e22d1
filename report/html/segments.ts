/**
 * The picture of every segment and the table of every check. What stands here is complete by itself; where JavaScript
 * runs, `app.client.js` takes over with other views, sorting, filters and pages.
 */
import type { Result } from '../../domain/result.js';
import { intervalName } from '../estimation.js';
import { count, printable } from '../format.client.js';
import { embeddedJson } from './data.js';
import type { ReportData } from './data.js';
import { forest } from './forest.client.js';
import { el, raw } from './markup.js';
import type { Markup } from './markup.js';
import { COLUMNS, picture, tableEntry, tableRow } from './view.client.js';

/** Segments in the picture before anybody asks for more: what a reader may still scroll through. */
const DRAWN = 100;

/** Without JavaScript, the table holds the failed checks up to this number, and at least the worst few. */
const MOST_ROWS = 200;
const LEAST_ROWS = 25;

const scriptOnly = { 'data-needs-script': '', hidden: true };

function select(id: string, label: string, ...options: readonly Markup[]): Markup {
  return el('label', {}, el('span', {}, label), el('select', { id }, ...options));
}

export function pictureSection(data: ReportData): Markup | null {
  const view = data.views[0];
  if (view === undefined) return null;
  const drawn = picture(data, view, { order: 'worst', segmentation: null, limit: DRAWN });
  const left = drawn.total - drawn.drawn;
  return el(
    'section',
    { 'aria-labelledby': 'segments' },
    el('h2', { id: 'segments' }, 'Every segment, with its uncertainty'),
    el(
      'div',
      { class: 'controls', ...scriptOnly },
      select('view', 'metric and check'),
      select(
        'order',
        'order',
        el('option', { value: 'worst' }, 'worst first'),
        el('option', { value: 'result' }, 'as in the pipeline'),
      ),
      select('picture-segmentation', 'segmentation'),
    ),
    el('div', { id: 'picture', 'data-limit': DRAWN }, forest(el, view.scale, drawn.groups)),
    el(
      'p',
      { class: 'left' },
      el('span', { id: 'left' }, left === 0 ? '' : `${count(left)} more segments are not drawn. `),
      el('button', { type: 'button', id: 'more', hidden: true }, 'Draw more'),
    ),
    el('p', { id: 'how', class: 'how', 'aria-live': 'polite' }, view.how),
  );
}

export function tableSection(result: Result, data: ReportData): Markup | null {
  if (data.findings.length === 0) return null;
  const failed = data.findings.findIndex(([, , , shown]) => shown !== 'fail');
  const rows = Math.min(
    MOST_ROWS,
    Math.max(LEAST_ROWS, failed === -1 ? data.findings.length : failed),
    data.findings.length,
  );
  const pick = (id: string, label: string): Markup => select(id, label);
  return el(
    'section',
    { 'aria-labelledby': 'table' },
    el('h2', { id: 'table' }, 'Every check and metric on every segment'),
    el(
      'div',
      { class: 'controls', role: 'search', ...scriptOnly },
      el(
        'label',
        {},
        el('span', {}, 'find'),
        el('input', { id: 'filter', type: 'search', placeholder: 'segment, rule, reason' }),
      ),
      pick('filter-segmentation', 'segmentation'),
      pick('filter-metric', 'metric'),
      pick('filter-outcome', 'outcome'),
    ),
    el(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'table of checks, scrolls sideways' },
      el(
        'table',
        { class: 'findings' },
        el(
          'caption',
          {},
          `Begins with the worst. In brackets: ${intervalName(result.manifest)}s. Change is candidate − baseline.`,
        ),
        el(
          'thead',
          {},
          el(
            'tr',
            {},
            ...COLUMNS.map(({ key, title, className, interval }) =>
              el(
                'th',
                { scope: 'col', id: `by-${key}`, class: className },
                title,
                interval === true ? el('small', {}, intervalName(result.manifest)) : null,
              ),
            ),
          ),
        ),
        el(
          'tbody',
          { id: 'findings' },
          ...Array.from({ length: rows }, (_, index) => tableRow(el, data, tableEntry(data, index))),
        ),
      ),
    ),
    el(
      'p',
      { class: 'pages' },
      el('span', { id: 'range', 'aria-live': 'polite' }, rest(result, data.findings.length - rows)),
      el(
        'span',
        { ...scriptOnly },
        el('button', { type: 'button', id: 'previous' }, '‹ previous'),
        el('button', { type: 'button', id: 'next' }, 'next ›'),
      ),
    ),
    el('script', { type: 'application/json', id: 'data' }, raw(embeddedJson(data))),
  );
}

function rest(result: Result, left: number): string {
  return left === 0 ? '' : `${count(left)} more in result.json of run ${printable(result.run)}.`;
}
