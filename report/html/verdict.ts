/** The head of the page: the verdict as a word, a sign and a colour, why, and what was done about it. */
import type { Result, Verdict } from '../../domain/result.js';
import { ACTION_WORDS, moveText, nothingDone } from '../actions.js';
import { outcomeCounts } from '../findings.js';
import { count, OUTCOME_WORDS, printable } from '../format.client.js';
import { mark } from './forest.client.js';
import { el } from './markup.js';
import type { Markup } from './markup.js';

/** Each with a shape of its own: no entry sign, tick, question mark, warning triangle. */
const SIGNS: Readonly<Record<Verdict, readonly [outline: string, sign: string]>> = {
  FAIL: ['M17 4h14l13 13v14L31 44H17L4 31V17Z', 'M17 17 31 31M31 17 17 31'],
  PASS: ['M24 4a20 20 0 1 0 0 40a20 20 0 1 0 0-40Z', 'M15 25 21.5 31.5 34 18'],
  INCONCLUSIVE: ['M8 4h32q4 0 4 4v32q0 4-4 4H8q-4 0-4-4V8q0-4 4-4Z', 'M18 19q0-6 6-6t6 5.5q0 4-6 7v3M24 34v1'],
  ERROR: ['M24 4 46 43H2Z', 'M24 18v12M24 35.5v1'],
};

function meaningOf({ verdict, checks }: Result): string {
  const blocking = checks.filter(({ severity }) => severity === 'block');
  switch (verdict) {
    case 'FAIL':
      return blocking.some(({ outcome }) => outcome === 'fail')
        ? 'The candidate breaks a check that blocks.'
        : 'A check that blocks could not be settled, which this pipeline treats as a failure.';
    case 'PASS':
      return blocking.every(({ outcome }) => outcome === 'pass')
        ? 'The candidate keeps every check that blocks.'
        : 'The candidate breaks no check that blocks. Those that could not be settled this pipeline lets pass.';
    case 'INCONCLUSIVE':
      return 'The data do not prove it either way. That is no reason to roll back, and none to promote.';
    case 'ERROR':
      return 'The evaluation could not be completed. That says nothing about the model.';
  }
}

export function verdictSection(result: Result): Markup {
  const [outline, sign] = SIGNS[result.verdict];
  return el(
    'header',
    { class: `verdict ${result.verdict}` },
    el(
      'p',
      { class: 'run' },
      el('span', { class: 'product' }, 'Segmentry'),
      el('bdi', {}, printable(result.pipeline)),
      el('bdi', { class: 'id' }, `run ${printable(result.run)}`),
    ),
    el(
      'h1',
      {},
      el(
        'svg',
        { viewBox: '0 0 48 48', width: 48, height: 48, 'aria-hidden': 'true' },
        el('path', { class: 'outline', d: outline }),
        el('path', { class: 'sign', d: sign }),
      ),
      el('span', {}, result.verdict),
    ),
    el('p', { class: 'meaning' }, meaningOf(result)),
    reasons(result.reasons),
    result.checks.length === 0 ? null : tally(result),
    actions(result),
  );
}

/** The reasons stand as they are; past the tenth they fold away. */
function reasons(all: readonly string[]): Markup | null {
  if (all.length === 0) return null;
  const item = (reason: string): Markup => el('li', {}, el('bdi', {}, printable(reason)));
  const shown = 10;
  const rest = all.slice(shown);
  return el(
    'div',
    { class: 'reasons' },
    el(all.length === 1 ? 'ul' : 'ol', {}, ...all.slice(0, shown).map(item)),
    rest.length === 0
      ? null
      : el(
          'details',
          {},
          el('summary', {}, `${count(rest.length)} more`),
          el('ol', { start: shown + 1 }, ...rest.map(item)),
        ),
  );
}

function tally(result: Result): Markup {
  const counts = outcomeCounts(result.checks);
  const order = ['fail', 'undefined', 'inconclusive', 'pass'] as const;
  return el(
    'ul',
    { class: 'tally', 'aria-label': 'checks on segments, by outcome' },
    ...order.map((outcome) =>
      el(
        'li',
        { class: outcome },
        mark(el, outcome),
        el('b', {}, count(counts[outcome])),
        ` ${OUTCOME_WORDS[outcome]}`,
      ),
    ),
    el('li', { class: 'total' }, `of ${count(result.checks.length)} checks on segments`),
  );
}

function actions(result: Result): Markup {
  const heading = el('h2', {}, 'What was done');
  if (result.actions.length === 0) return el('div', { class: 'actions' }, heading, el('p', {}, nothingDone(result)));
  const items = result.actions.map((action) =>
    el(
      'li',
      { class: action.outcome },
      el('b', {}, `${action.action}: ${ACTION_WORDS[action.outcome]}`),
      moveText(action) === '' ? null : el('span', {}, moveText(action)),
      action.reason === '' ? null : el('bdi', {}, printable(action.reason)),
    ),
  );
  return el('div', { class: 'actions' }, heading, el('ul', {}, ...items));
}
