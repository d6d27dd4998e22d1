/**
 * A summary for a CI job's page or a pull request. GitHub throws a summary over 1 MiB away as a whole, so this one ends
 * long before: worst first, and what is left out is counted.
 */
import type { Estimate, Result, Verdict } from '../domain/result.js';
import type { PinnedModel } from '../domain/manifest.js';
import { ACTION_WORDS, moveText, nothingDone } from './actions.js';
import { boundText, findingsOf, outcomeCounts, unitOf, worstFirst } from './findings.js';
import type { Finding } from './findings.js';
import { count, estimate, OUTCOME_WORDS, printable } from './format.client.js';
import type { Shown } from './format.client.js';

const MOST_REASONS = 20;
const MOST_ROWS = 100;
/** Per name or reason: a hundred rows of this stay far under the cap. */
const LONGEST_TEXT = 300;

const SIGNS: Readonly<Record<Verdict, string>> = { FAIL: '❌', PASS: '✅', INCONCLUSIVE: '❔', ERROR: '⚠️' };
const OUTCOME_SIGNS: Readonly<Record<Shown, string>> = {
  fail: '❌',
  undefined: '∅',
  inconclusive: '❔',
  pass: '✅',
  unchecked: '·',
};

export function renderMarkdown(result: Result): string {
  const { models, data } = result.manifest;
  const against = models.baseline === null ? '' : ` against ${modelText(models.baseline)}`;
  const parts = [
    `## ${SIGNS[result.verdict]} ${result.verdict}: ${inline(result.pipeline)}`,
    `${modelText(models.candidate)}${against}, ${count(data.rows)} rows, run ${inline(result.run)}`,
    list(result.reasons, MOST_REASONS),
    findingsTable(result),
    result.actions.length === 0
      ? nothingDone(result)
      : list(
          result.actions.map((action) => {
            const move = moveText(action) === '' ? '' : ` (${moveText(action)})`;
            return `${action.action} ${ACTION_WORDS[action.outcome]}${move}${action.reason === '' ? '' : `: ${action.reason}`}`;
          }),
          MOST_REASONS,
        ),
    `<sub>Segmentry ${inline(result.manifest.versions.segmentry)} · result ${inline(result.digest)}</sub>`,
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/**
 * Text out of somebody's data, on one line and without any markup: Markdown's own signs, HTML, mentions of people and
 * the autolinks of GitHub (which need a word before the colon or the dots) all read as they are written.
 */
function inline(text: string): string {
  const characters = Array.from(printable(text));
  const short =
    characters.length <= LONGEST_TEXT ? characters.join('') : `${characters.slice(0, LONGEST_TEXT - 1).join('')}…`;
  return short
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]#|~!]/g, (sign) => `&#${sign.charCodeAt(0)};`)
    .replace(/@/g, '&#64;')
    .replace(/:\/\//g, '&#58;//')
    .replace(/\bwww\./gi, (word) => `${word.slice(0, 3)}&#46;`);
}

function modelText(model: PinnedModel): string {
  if (model.kind === 'column') return `column ${inline(model.column)}`;
  return `${inline(model.name)} **${inline(model.version)}**`;
}

function list(items: readonly string[], most: number): string {
  const lines = items.slice(0, most).map((item) => `- ${inline(item)}`);
  if (items.length > most) lines.push(`- and ${count(items.length - most)} more`);
  return lines.join('\n');
}

function findingsTable(result: Result): string {
  const checked = worstFirst(findingsOf(result)).filter(({ check }) => check !== null);
  if (checked.length === 0) return '';
  const compared = result.manifest.models.baseline !== null;
  const heads = [
    '',
    'segmentation',
    'segment',
    'rows',
    'check',
    ...(compared ? ['baseline'] : []),
    'candidate',
    'observed [interval]',
  ];
  const aligns = ['---', '---', '---', '--:', '---', ...(compared ? ['--:'] : []), '--:', '--:'];
  const rows = checked.slice(0, MOST_ROWS).map((finding) => row(finding, compared));
  const counts = outcomeCounts(result.checks);
  const tally = (['fail', 'undefined', 'inconclusive', 'pass'] as const).map(
    (one) => `${count(counts[one])} ${OUTCOME_WORDS[one]}`,
  );
  const left = checked.length - rows.length;
  return [
    [heads, aligns, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n'),
    `${left > 0 ? `${count(left)} more, worst first. ` : ''}${count(checked.length)} checks on segments: ${tally.join(', ')}.`,
  ].join('\n\n');
}

function row({ segment, check, metric, shown, estimates }: Finding, compared: boolean): readonly string[] {
  const severity = check === null || check.severity === 'block' ? '' : ` (${check.severity})`;
  return [
    `${OUTCOME_SIGNS[shown]} ${OUTCOME_WORDS[shown]}`,
    inline(segment.segmentation),
    inline(segment.segment),
    count(segment.rows),
    check === null ? metric : `${inline(boundText(metric, check.bound))}${severity}`,
    ...(compared ? [valueText(estimates?.baseline)] : []),
    valueText(estimates?.candidate),
    observedText(check),
  ];
}

function valueText(value: Estimate | undefined): string {
  if (value === undefined) return '–';
  return 'undefined' in value ? inline(value.undefined) : estimate(value).value;
}

function observedText(check: Finding['check']): string {
  if (check === null) return '';
  if (check.observed === null) return inline(check.reason);
  const text = estimate(check.observed, { signed: check.versus !== null, unit: unitOf(check.bound) });
  return `${text.value} ${text.interval}`;
}
