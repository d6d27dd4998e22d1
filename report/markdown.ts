/**
 * A summary for a CI job's page or a pull request. GitHub throws a summary over 1 MiB away as a whole, so this one ends
 * long before: worst first, and what is left out is counted.
 */
import type { Estimate, Result, Verdict } from '../domain/result.js';
import type { PinnedModel } from '../domain/manifest.js';
import { ACTION_WORDS, moveText, nothingDone } from './actions.js';
import { ruleText, WARNED_RULES_TITLE, warnedRules } from './broken-rules.js';
import { costsOf } from './costs.js';
import { estimationFacts, intervalName } from './estimation.js';
import {
  againstText,
  boundText,
  findingsOf,
  isSigned,
  observedBy,
  outcomeCounts,
  unitOf,
  worstFirst,
} from './findings.js';
import type { Finding } from './findings.js';
import { comparison, count, estimate, OUTCOME_WORDS, printable } from './format.client.js';
import type { Interval, Shown } from './format.client.js';
import { anyGroups, anyUnlabelled, anyUnpredicted, rowsText, unpredictedCell } from './rows.js';

const MOST_REASONS = 20;
const MOST_RULES = 20;
const MOST_ROWS = 100;
const MOST_COSTS = 20;
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
  const { models } = result.manifest;
  const against = models.baseline === null ? '' : ` against ${modelText(models.baseline)}`;
  const parts = [
    `## ${SIGNS[result.verdict]} ${result.verdict}: ${inline(result.pipeline)}`,
    `${modelText(models.candidate)}${against}, ${rowsText(result)}, run ${inline(result.run)}`,
    estimationFacts(result.manifest).map(inline).join(' · '),
    list(result.reasons, MOST_REASONS),
    dataWarnings(result),
    findingsTable(result),
    costsTable(result),
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

function dataWarnings(result: Result): string {
  const rules = warnedRules(result);
  return rules.length === 0 ? '' : `${WARNED_RULES_TITLE}\n\n${list(rules.map(ruleText), MOST_RULES)}`;
}

function findingsTable(result: Result): string {
  const checked = worstFirst(findingsOf(result)).filter(({ check }) => check !== null);
  if (checked.length === 0) return '';
  const compared = result.manifest.models.baseline !== null;
  const unlabelled = anyUnlabelled(result);
  const unpredicted = anyUnpredicted(result);
  const groups = anyGroups(result);
  const heads = [
    '',
    'segmentation',
    'segment',
    'rows',
    ...(unlabelled ? ['unlabelled'] : []),
    ...(unpredicted ? ['unpredicted'] : []),
    ...(groups ? ['groups'] : []),
    'check',
    ...(compared ? ['baseline'] : []),
    'candidate',
    `observed [${intervalName(result.manifest)}]`,
  ];
  const aligns = heads.map((head) => (TEXT_HEADS.has(head) ? '---' : '--:'));
  const rows = checked
    .slice(0, MOST_ROWS)
    .map((finding) => row(finding, { compared, unlabelled, unpredicted, groups }));
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

/** The other columns are numbers. */
const TEXT_HEADS: ReadonlySet<string> = new Set(['', 'segmentation', 'segment', 'check']);

interface Columns {
  readonly compared: boolean;
  readonly unlabelled: boolean;
  readonly unpredicted: boolean;
  readonly groups: boolean;
}

function row(finding: Finding, { compared, unlabelled, unpredicted, groups }: Columns): readonly string[] {
  const { segment, check, metric, shown, estimates } = finding;
  const severity = check === null || check.severity === 'block' ? '' : ` (${check.severity})`;
  return [
    `${OUTCOME_SIGNS[shown]} ${OUTCOME_WORDS[shown]}`,
    inline(segment.segmentation),
    inline(segment.segment),
    count(segment.rows),
    ...(unlabelled ? [count(segment.unlabelled)] : []),
    ...(unpredicted ? [unpredictedCell(segment)] : []),
    ...(groups ? [count(segment.groups ?? 0)] : []),
    check === null ? metric : `${inline(boundText(check))}${severity}`,
    ...(compared ? [valueText(estimates?.baseline)] : []),
    valueText(estimates?.candidate),
    observedText(finding),
  ];
}

function valueText(value: Estimate | undefined): string {
  if (value === undefined) return '–';
  return 'undefined' in value ? inline(value.undefined) : estimate(value).value;
}

function observedText({ check, other }: Finding): string {
  if (check === null) return '';
  if (check.observed === null) return inline(check.reason);
  const observed = observedBy(check);
  if (observed === 'gap' || observed === 'ratio') {
    const beside = other === null || 'undefined' in other ? '' : ` (${estimate(other).value})`;
    return inline(`${comparison(check.observed, observed, againstText(check) ?? '')}${beside}`);
  }
  const text = estimate(check.observed, { signed: isSigned(observed), unit: unitOf(check.bound) });
  return `${text.value} ${text.interval}`;
}

/** What the mistakes cost in total: all rows, then where most is lost. */
function costsTable(result: Result): string {
  const all = costsOf(result);
  if (all.length === 0) return '';
  const compared = result.manifest.models.baseline !== null;
  const total = (value: Interval | null, signed: boolean): string => {
    if (value === null) return 'undefined';
    const text = estimate(value, { signed });
    return `${text.value} ${text.interval}`;
  };
  const heads = [
    'segmentation',
    'segment',
    ...(compared ? ['baseline'] : []),
    'candidate',
    ...(compared ? ['change'] : []),
  ];
  const rows = all
    .slice(0, MOST_COSTS)
    .map(({ segment, baseline, candidate, difference }) => [
      inline(segment.segmentation),
      inline(segment.segment),
      ...(compared ? [total(baseline, false)] : []),
      total(candidate, false),
      ...(compared ? [total(difference, true)] : []),
    ]);
  const aligns = heads.map((head) => (TEXT_HEADS.has(head) ? '---' : '--:'));
  const left = all.length - rows.length;
  return [
    `Cost in total [${intervalName(result.manifest)}], ${compared ? 'the largest loss' : 'the most expensive'} first:`,
    [heads, aligns, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n'),
    ...(left > 0 ? [`${count(left)} more segments.`] : []),
  ].join('\n\n');
}
