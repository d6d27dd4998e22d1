/**
 * The picture of the report, a forest plot: a table whose rows are segments, each with one small SVG of its interval.
 * The positions are percentages of the column's width, so the picture fits any screen, also without JavaScript.
 *
 * Node draws it into the file (`segments.ts`), the browser again when the reader chooses another check: both call this
 * with their own `el(tag, attributes, ...children)`. Plain JavaScript without imports; types in `forest.client.d.ts`.
 */

const ROW = 26;
const MARKS = {
  fail: 'M0-6.5 6.5 0 0 6.5-6.5 0Z',
  inconclusive: 'M-4.5-4.5h9v9h-9Z',
  pass: 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0Z',
  unchecked: 'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0Z',
  undefined: 'M-4-4 4 4M-4 4 4-4',
};

/** The mark of an outcome: its shape says the same as its colour. */
export function mark(el, shown) {
  return el(
    'svg',
    { class: `mark ${shown}`, width: 15, height: 15, viewBox: '-7.5 -7.5 15 15', 'aria-hidden': 'true' },
    el('path', { d: MARKS[shown] }),
  );
}

/** Where a value lies in the column, in percent. */
function position(scale, value) {
  return ((value - scale.domain[0]) / (scale.domain[1] - scale.domain[0])) * 100;
}

const percent = (place) => `${Math.round(Math.min(100, Math.max(0, place)) * 100) / 100}%`;

function line(el, className, x1, x2, y1, y2) {
  return el('line', { class: className, x1, x2, y1, y2 });
}

/** Behind every row: the side of the bound that is not allowed, grid lines, the line of no difference, the bound. Together they are whole lines. */
function background(el, scale) {
  const parts = [];
  if (scale.bound !== null) {
    const at = Math.min(100, Math.max(0, position(scale, scale.bound.at)));
    const below = scale.bound.side === 'below';
    const width = below ? at : 100 - at;
    parts.push(
      el('rect', { class: 'beyond', x: below ? 0 : percent(at), y: 0, width: percent(width), height: '100%' }),
    );
  }
  for (const tick of scale.ticks) {
    const x = percent(position(scale, tick.at));
    parts.push(line(el, 'grid', x, x, 0, '100%'));
  }
  if (scale.neutral !== null) {
    const x = percent(position(scale, scale.neutral));
    parts.push(line(el, 'zero', x, x, 0, '100%'));
  }
  if (scale.bound !== null) {
    const x = percent(position(scale, scale.bound.at));
    parts.push(line(el, 'bound', x, x, 0, '100%'));
  }
  return parts;
}

/** A shape of fixed size at a relative place: percentages are not allowed inside a path. */
function placed(el, className, x, d) {
  return el('svg', { class: className, x, y: '50%', overflow: 'visible' }, el('path', { d }));
}

function interval(el, scale, row) {
  const low = position(scale, row.low);
  const high = position(scale, row.high);
  const parts = [line(el, `whisker ${row.shown}`, percent(low), percent(high), '50%', '50%')];
  // What does not fit ends in an arrow: the numbers beside it are whole.
  if (low < 0) parts.push(placed(el, `arrow ${row.shown}`, '0%', 'M8-5 1 0 8 5Z'));
  if (high > 100) parts.push(placed(el, `arrow ${row.shown}`, '100%', 'M-8-5-1 0-8 5Z'));
  const value = position(scale, row.value);
  if (value >= 0 && value <= 100) parts.push(placed(el, `mark ${row.shown}`, percent(value), MARKS[row.shown]));
  return parts;
}

function chart(el, scale, row) {
  const size = { class: 'chart', width: '100%', height: ROW, 'aria-hidden': 'true', focusable: 'false' };
  return el('svg', size, ...background(el, scale), ...(row.value === null ? [] : interval(el, scale, row)));
}

const anchorAt = (place) => (place < 3 ? 'start' : place > 97 ? 'end' : 'middle');

/** Ticks above the first and below the last row; the bound's own number stands below. */
function axis(el, scale, where) {
  const labels = scale.ticks.map((tick, index) => {
    const at = position(scale, tick.at);
    const className = index % 2 === scale.keep ? 'tick' : 'tick spare';
    return el('text', { class: className, x: percent(at), y: 15, 'text-anchor': anchorAt(at) }, tick.label);
  });
  if (where === 'bottom' && scale.bound !== null) {
    const at = position(scale, scale.bound.at);
    const attributes = { class: 'bound-label', x: percent(at), y: 33, 'text-anchor': anchorAt(at) };
    labels.push(el('text', attributes, scale.bound.label));
  }
  const size = { class: `axis ${where}`, width: '100%', height: where === 'top' ? 20 : 38 };
  return el('svg', { ...size, 'aria-hidden': 'true', focusable: 'false' }, ...labels);
}

function segmentRow(el, scale, row) {
  const numbers =
    row.value === null
      ? [el('span', { class: 'reason' }, row.reason)]
      : [el('span', { class: 'value' }, row.text.value), ' ', el('span', { class: 'interval' }, row.text.interval)];
  return el(
    'tr',
    { class: `segment ${row.shown}${row.overall ? ' overall' : ''}`, title: row.title },
    el('th', { scope: 'row', class: 'name' }, el('bdi', {}, row.label)),
    el('td', { class: 'chart-cell' }, chart(el, scale, row)),
    el('td', { class: 'numbers' }, ...numbers),
    el('td', { class: 'rows' }, row.rows),
    el('td', { class: 'outcome' }, mark(el, row.shown), ' ', row.word),
  );
}

function groupRow(el, scale, group) {
  return el(
    'tr',
    { class: 'group' },
    el('th', { scope: 'rowgroup' }, el('bdi', {}, group.label)),
    el('td', { class: 'chart-cell' }, chart(el, scale, { value: null })),
    el('td', { class: 'note', colspan: 3 }, group.note),
  );
}

/** The whole picture of one view: its groups of segments under one scale. */
export function forest(el, scale, groups) {
  const head = el(
    'thead',
    {},
    el(
      'tr',
      {},
      el('th', { scope: 'col', class: 'name' }, 'segment'),
      el(
        'th',
        { scope: 'col', class: 'chart-cell' },
        el('span', { class: 'axis-title' }, scale.axis),
        axis(el, scale, 'top'),
      ),
      el('th', { scope: 'col', class: 'numbers' }, scale.column),
      el('th', { scope: 'col', class: 'rows' }, scale.units),
      el('th', { scope: 'col', class: 'outcome' }, 'outcome'),
    ),
  );
  const bodies = groups.map((group) =>
    el(
      'tbody',
      group.label === null ? { class: 'alone' } : {},
      ...(group.label === null ? [] : [groupRow(el, scale, group)]),
      ...group.rows.map((row) => segmentRow(el, scale, row)),
    ),
  );
  const foot = el(
    'tfoot',
    { 'aria-hidden': 'true' },
    el('tr', {}, el('td', {}), el('td', { class: 'chart-cell' }, axis(el, scale, 'bottom')), el('td', { colspan: 3 })),
  );
  return el('table', { class: 'forest' }, el('caption', {}, scale.caption), head, ...bodies, foot);
}
