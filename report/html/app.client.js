/**
 * What the page does when JavaScript runs: other views and orders of the picture, and the whole table with sorting,
 * filters and pages. Everything goes into the document as text, never as markup. Nothing here is fetched.
 */
import { OUTCOME_WORDS, count, printable } from '../format.client.js';
import { forest } from './forest.client.js';
import { COLUMNS, picture, tableEntry, tableRow } from './view.client.js';

/* global document, addEventListener */

const SVG = 'http://www.w3.org/2000/svg';
const SVG_TAGS = new Set(['svg', 'path', 'line', 'rect', 'text']);
const PAGE = 50;
const MORE = 100;

function el(tag, attributes, ...children) {
  const node = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

const byId = (id) => document.getElementById(id);

function fill(select, options) {
  for (const [value, text] of options) select.append(el('option', { value }, text));
}

/** Text, numbers and undefined ends in one order; what has no value always comes last. */
function compare(a, b, falling) {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = typeof a === 'string' ? a.localeCompare(b, 'en', { numeric: true }) : a - b;
  return falling ? -order : order;
}

const numberOf = (estimate) => (estimate === null || typeof estimate === 'string' ? null : estimate.value);

function startPicture(data) {
  const view = byId('view');
  const order = byId('order');
  const segmentation = byId('picture-segmentation');
  const more = byId('more');
  const first = Number(byId('picture').dataset.limit);
  let limit = first;
  fill(
    view,
    data.views.map((one, index) => [index, one.label]),
  );
  fill(segmentation, [['', 'all segmentations'], ...data.segmentations.map((name, index) => [index, printable(name)])]);

  const draw = () => {
    const chosen = data.views[Number(view.value)];
    const drawn = picture(data, chosen, {
      order: order.value,
      segmentation: segmentation.value === '' ? null : Number(segmentation.value),
      limit,
    });
    byId('picture').replaceChildren(forest(el, chosen.scale, drawn.groups));
    byId('how').textContent = chosen.how;
    const left = drawn.total - drawn.drawn;
    byId('left').textContent =
      left === 0 ? '' : `${count(left)} more segments are not drawn; the table below has them all. `;
    more.hidden = left === 0;
    more.textContent = `Draw ${count(Math.min(MORE, left))} more`;
  };
  for (const control of [view, order, segmentation]) {
    control.addEventListener('change', () => {
      limit = first;
      draw();
    });
  }
  more.addEventListener('click', () => {
    limit += MORE;
    draw();
  });
  draw();
}

function startTable(data) {
  const entries = data.findings.map((_, index) => tableEntry(data, index));
  const sortValue = {
    segmentation: (entry) => entry.segmentation,
    segment: (entry) => entry.segment,
    rows: (entry) => entry.rows,
    metric: (entry) => data.metrics[entry.metric] + (entry.rule === null ? '' : ` ${entry.rule.title}`),
    baseline: (entry) => numberOf(entry.baseline),
    candidate: (entry) => numberOf(entry.candidate),
    difference: (entry) => numberOf(entry.difference),
    // The findings are worst first already.
    outcome: (entry) => entry.index,
  };
  for (const entry of entries) {
    const words = [
      data.segmentations[entry.segmentation],
      entry.segment,
      entry.sql,
      data.metrics[entry.metric],
      entry.reason,
    ];
    entry.words = words.join(' ').toLowerCase();
  }
  const controls = {
    text: byId('filter'),
    segmentation: byId('filter-segmentation'),
    metric: byId('filter-metric'),
    outcome: byId('filter-outcome'),
  };
  fill(controls.segmentation, [['', 'all'], ...data.segmentations.map((name, index) => [index, printable(name)])]);
  fill(controls.metric, [['', 'all'], ...data.metrics.map((name, index) => [index, name])]);
  const shown = Object.keys(OUTCOME_WORDS).filter((outcome) => entries.some((entry) => entry.shown === outcome));
  fill(controls.outcome, [['', 'all'], ...shown.map((outcome) => [outcome, OUTCOME_WORDS[outcome]])]);

  let sort = { key: 'outcome', falling: false };
  let page = 0;
  let rows = entries;

  const drawPage = () => {
    const pages = Math.max(1, Math.ceil(rows.length / PAGE));
    page = Math.min(page, pages - 1);
    const visible = rows.slice(page * PAGE, (page + 1) * PAGE);
    byId('findings').replaceChildren(...visible.map((entry) => tableRow(el, data, entry)));
    const range = rows.length === 0 ? 'none' : `${count(page * PAGE + 1)}–${count(page * PAGE + visible.length)}`;
    const all = rows.length === entries.length ? '' : ` (${count(entries.length)} without filters)`;
    byId('range').textContent = `${range} of ${count(rows.length)}${all}`;
    byId('previous').disabled = page === 0;
    byId('next').disabled = page >= pages - 1;
  };
  const select = () => {
    const words = controls.text.value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '');
    const { segmentation, metric, outcome } = controls;
    rows = entries.filter((entry) => {
      if (segmentation.value !== '' && entry.segmentation !== Number(segmentation.value)) return false;
      if (metric.value !== '' && entry.metric !== Number(metric.value)) return false;
      if (outcome.value !== '' && entry.shown !== outcome.value) return false;
      return words.every((word) => entry.words.includes(word));
    });
    const value = sortValue[sort.key];
    rows.sort((a, b) => compare(value(a), value(b), sort.falling) || a.index - b.index);
    page = 0;
    drawPage();
  };
  for (const control of Object.values(controls)) control.addEventListener('input', select);

  const heads = new Map(COLUMNS.map(({ key }) => [key, byId(`by-${key}`)]));
  const showSort = () => {
    for (const [key, head] of heads) {
      head.setAttribute('aria-sort', key !== sort.key ? 'none' : sort.falling ? 'descending' : 'ascending');
    }
  };
  for (const [key, head] of heads) {
    const note = head.querySelector('small');
    const button = el('button', { type: 'button' }, head.firstChild.textContent);
    button.addEventListener('click', () => {
      // A first click on numbers of rows shows the largest; on changes and values the smallest, which is rarely good news.
      sort = { key, falling: key === sort.key ? !sort.falling : key === 'rows' };
      showSort();
      select();
    });
    head.replaceChildren(button, ...(note === null ? [] : [note]));
  }
  byId('previous').addEventListener('click', () => {
    page -= 1;
    drawPage();
  });
  byId('next').addEventListener('click', () => {
    page += 1;
    drawPage();
  });
  showSort();
  drawPage();
}

const source = byId('data');
if (source !== null) {
  const data = JSON.parse(source.textContent);
  if (data.views.length > 0) startPicture(data);
  if (data.findings.length > 0) startTable(data);
  for (const controls of document.querySelectorAll('[data-needs-script]')) controls.hidden = false;
}

// Paper shows what is folded away on the screen.
addEventListener('beforeprint', () => {
  for (const details of document.querySelectorAll('details')) details.open = true;
});
