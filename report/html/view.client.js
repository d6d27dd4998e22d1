/**
 * From the page's data to what is drawn: the rows of the picture and of the table. Node uses it for what is in the file,
 * the browser for what the reader then asks for, so both show the same. Types in `view.client.d.ts`.
 */
import {
  OUTCOME_WORDS,
  count,
  estimate,
  plain,
  printable,
  probability,
  share,
  unpredictedText,
} from '../format.client.js';
import { mark } from './forest.client.js';

const OVERALL = 'overall';

/** A name that would push everything else out of the row; the tooltip and the table have it whole. */
const LONGEST_NAME = 80;

function shortened(name) {
  const characters = Array.from(name);
  return characters.length <= LONGEST_NAME ? name : `${characters.slice(0, LONGEST_NAME - 1).join('')}…`;
}

const intervalOf = ([value, low, high]) => ({ value, low, high });

/** `{ value, low, high }`, or the reason why there is none, or null where it was not asked for. */
function unpack(packed) {
  if (packed === 0) return null;
  return typeof packed === 'string' ? packed : { ...intervalOf(packed), n: packed[3], method: packed[4] };
}

function estimatesOf(data, metric, at) {
  const packed = data.estimates[metric][at];
  if (packed === 0) return { candidate: null, baseline: null, difference: null };
  const [candidate, baseline, difference] = packed.map(unpack);
  return { candidate, baseline, difference };
}

/** Every row that a view can draw, in the order "worst first" (without a check: the largest change first). */
function viewRows(data, view) {
  if (view.rule >= 0) {
    return data.findings
      .filter((finding) => finding[1] === view.rule)
      .map(([at, , , shown, observed, reason, p]) => {
        return { at, shown, value: observed === 0 ? null : intervalOf(observed), reason, p };
      });
  }
  const rows = data.segments.map((_, at) => {
    const { difference } = estimatesOf(data, view.metric, at);
    const defined = difference !== null && typeof difference !== 'string';
    const reason = defined ? '' : (difference ?? 'not measured');
    return { at, shown: defined ? 'unchecked' : 'undefined', value: defined ? difference : null, reason, p: null };
  });
  const size = (row) => (row.value === null ? -1 : Math.abs(row.value.value));
  return rows.sort((a, b) => size(b) - size(a) || a.at - b.at);
}

function titleOf(data, view, row, name) {
  const [, , rule, , , unlabelled, groups, ...unpredicted] = data.segments[row.at];
  const { candidate, baseline } = estimatesOf(data, view.metric, row.at);
  const parts = [printable(name)];
  if (rule !== '') parts.push(printable(rule));
  if (baseline !== null && candidate !== null && typeof baseline !== 'string' && typeof candidate !== 'string') {
    parts.push(`${data.metrics[view.metric]}: ${estimate(baseline).value} → ${estimate(candidate).value}`);
  }
  if (groups !== null) parts.push(`${count(groups)} ${groups === 1 ? 'group' : 'groups'}`);
  if (unlabelled > 0) parts.push(`${count(unlabelled)} rows without a label`);
  const lacking = unpredictedText(...unpredicted);
  if (lacking !== '') parts.push(lacking.replace(' ', ' rows '));
  if (row.p !== null) parts.push(`p = ${probability(row.p)}`.replace('= <', '<'));
  if (row.reason !== '') parts.push(printable(row.reason));
  return parts.join('\n');
}

function forestRow(data, view, row) {
  const [segmentation, name, , rows, , , groups] = data.segments[row.at];
  const interval = row.value ?? { value: 0, low: 0, high: 0 };
  return {
    label: shortened(printable(name)),
    title: titleOf(data, view, row, name),
    // Of a ranking a group is one observation, however many rows it has.
    rows: count(groups ?? rows),
    shown: row.shown,
    word: OUTCOME_WORDS[row.shown],
    overall: data.segmentations[segmentation] === OVERALL,
    ...interval,
    value: row.value === null ? null : interval.value,
    text: estimate(interval, { signed: view.signed, unit: view.unit, digits: view.digits }),
    reason: printable(row.reason),
  };
}

/**
 * The groups of the picture: one per segmentation, `overall` first as the yardstick. With `order` "worst", the group that
 * holds the worst segment comes next and its worst segment first; with "result", all is in the order of result.json.
 * At most `limit` segments are drawn; which ones are left out follows the same order.
 */
export function picture(data, view, { order, segmentation, limit }) {
  const candidates = viewRows(data, view).filter((row) => {
    const own = data.segments[row.at][0];
    return segmentation === null || own === segmentation || data.segmentations[own] === OVERALL;
  });
  if (order === 'result') candidates.sort((a, b) => a.at - b.at);
  const isOverall = (row) => data.segmentations[data.segments[row.at][0]] === OVERALL;
  const sorted = [...candidates.filter(isOverall), ...candidates.filter((row) => !isOverall(row))];

  const totals = new Map();
  for (const row of sorted) totals.set(data.segments[row.at][0], (totals.get(data.segments[row.at][0]) ?? 0) + 1);
  const drawn = new Map();
  for (const row of sorted.slice(0, limit)) {
    const own = data.segments[row.at][0];
    drawn.set(own, [...(drawn.get(own) ?? []), row]);
  }
  const groups = [...drawn].map(([own, rows]) => {
    const name = data.segmentations[own];
    const alone = totals.get(own) === 1 && data.segments[rows[0].at][1] === name;
    const left = totals.get(own) - rows.length;
    return {
      label: alone ? null : shortened(printable(name)),
      note: left === 0 ? '' : `${count(rows.length)} of ${count(totals.get(own))} segments drawn`,
      rows: rows.map((row) => forestRow(data, view, row)),
    };
  });
  return { groups, drawn: Math.min(limit, sorted.length), total: sorted.length };
}

/** A row of the table, decoded: also what the browser sorts and filters by. */
export function tableEntry(data, index) {
  const [at, rule, metric, shown, observed, reason, p, other] = data.findings[index];
  const [segmentation, segment, sql, rows, part, unlabelled, groups, ...unpredicted] = data.segments[at];
  const { candidate, baseline, difference } = estimatesOf(data, metric, at);
  return {
    index,
    at,
    metric,
    rule: rule < 0 ? null : data.rules[rule],
    segmentation,
    segment,
    sql,
    rows,
    share: part,
    unlabelled,
    groups,
    unpredicted,
    shown,
    observed: observed === 0 ? null : intervalOf(observed),
    reason,
    p,
    other,
    candidate,
    baseline,
    difference,
  };
}

/** Heading, what it sorts by (a key of `sortValue`), class, whether its numbers have intervals. */
export const COLUMNS = [
  { key: 'segmentation', title: 'segmentation', className: 'name' },
  { key: 'segment', title: 'segment', className: 'name' },
  { key: 'rows', title: 'rows', className: 'number' },
  { key: 'metric', title: 'metric, check', className: 'name' },
  { key: 'baseline', title: 'baseline', className: 'number', interval: true },
  { key: 'candidate', title: 'candidate', className: 'number', interval: true },
  { key: 'difference', title: 'change', className: 'number', interval: true },
  { key: 'outcome', title: 'outcome', className: 'name' },
];

function estimateCell(el, value, signed) {
  if (value === null) return el('td', { class: 'number absent' }, '–');
  if (typeof value === 'string') return el('td', { class: 'number reason' }, printable(value));
  const text = estimate(value, { signed });
  return el(
    'td',
    { class: 'number' },
    el('span', { class: 'value' }, text.value),
    ' ',
    el('span', { class: 'interval' }, text.interval),
  );
}

/** Why the outcome is what it is, unless a cell beside it has said so already; the p-value where something is claimed. */
function explanation(entry) {
  if (entry.reason === '' || [entry.candidate, entry.baseline, entry.difference].includes(entry.reason)) return '';
  if (entry.shown !== 'fail' || entry.p === null) return printable(entry.reason);
  const p = probability(entry.p);
  return `${printable(entry.reason)} (p\u00a0${p.startsWith('<') ? '' : '=\u00a0'}${p.replace(' ', '\u00a0')})`;
}

/** What the check looked at and no column shows: a relative change, the value of other rows. The reason says the rest. */
function observedNote({ rule, observed, other }) {
  if (rule === null || observed === null) return '';
  if (rule.unit === '%') return `changed by ${plain(observed.value, '%')}`;
  if (rule.against === null || other === null) return '';
  return `${rule.against}: ${estimate({ value: other, low: other, high: other }).value}`;
}

/** Under the number of rows: which part they are of all, and what they are of. */
function rowsNotes({ share: part, unlabelled, groups, unpredicted }) {
  const lacking = unpredictedText(...unpredicted);
  return [
    share(part),
    ...(groups === null ? [] : [`${count(groups)} ${groups === 1 ? 'group' : 'groups'}`]),
    ...(unlabelled === 0 ? [] : [`${count(unlabelled)} unlabelled`]),
    ...(lacking === '' ? [] : [lacking]),
  ];
}

/** One row of the table: a check on a segment, or a metric of a segment that no check looks at. */
export function tableRow(el, data, entry) {
  const note = observedNote(entry);
  const word = OUTCOME_WORDS[entry.shown];
  const severity = entry.rule !== null && entry.rule.severity !== 'block' ? `, ${entry.rule.severity} only` : '';
  const check = entry.rule === null ? data.metrics[entry.metric] : entry.rule.title;
  return el(
    'tr',
    { class: entry.shown },
    el('td', { class: 'name' }, el('bdi', {}, printable(data.segmentations[entry.segmentation]))),
    el(
      'th',
      { scope: 'row', class: 'name' },
      el('bdi', {}, printable(entry.segment)),
      ...(entry.sql === '' || entry.sql === 'true' ? [] : [el('small', {}, el('bdi', {}, printable(entry.sql)))]),
    ),
    el('td', { class: 'number' }, count(entry.rows), ...rowsNotes(entry).map((text) => el('small', {}, text))),
    el(
      'td',
      { class: 'name check' }, // A line that ends with the sign would hide what it belongs to.
      check.replace(/([≤≥×]) /g, '$1\u00a0'),
      ...(note === '' ? [] : [el('small', {}, note)]),
    ),
    estimateCell(el, entry.baseline, false),
    estimateCell(el, entry.candidate, false),
    estimateCell(el, entry.difference, true),
    el(
      'td',
      { class: 'name outcome' },
      el('span', { class: `word ${entry.shown}` }, mark(el, entry.shown), ' ', word + severity),
      ...(explanation(entry) === '' ? [] : [el('small', {}, el('bdi', {}, explanation(entry)))]),
    ),
  );
}
