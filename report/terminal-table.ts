/** The table that the terminal shows: `overall` as the yardstick, then what needs a look, worst first. */
import cliTruncate from 'cli-truncate';
import Table from 'cli-table3';
import type { Colors } from 'picocolors/types.js';
import { OVERALL } from '../domain/pipeline.js';
import type { CheckResult, Estimate, Result } from '../domain/result.js';
import { intervalName } from './estimation.js';
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
import { count, estimate, OUTCOME_WORDS, printable } from './format.client.js';
import type { Observed, Shown } from './format.client.js';
import { anyGroups, anyUnlabelled, anyUnpredicted, unpredictedCell } from './rows.js';

const MOST_FAILED = 8;
/** Of what is undefined or inconclusive: enough to know that there is such a thing. */
const MOST_OTHERS = 3;
/** A segment's name gets at least this much; where that does not fit, columns go first. */
const LEAST_NAME = 16;
const GAP = 2;

interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  /** Where the terminal is narrow, columns go in this order; null stays. */
  readonly leaves: 1 | 2 | null;
  readonly cell: (finding: Finding) => string;
}

export function segmentsTable(result: Result, colors: Colors, width: number): string {
  const { rows, left } = worstFindings(result);
  if (rows.length === 0) return '';
  const all = columnsOf(result, rows, width);
  const space = (columns: readonly Column[]): number =>
    width - columns.reduce((sum, column) => sum + GAP + widthOf(column, rows), 0) - GAP;
  const roomy = space(all) >= LEAST_NAME;
  const tight = all.filter(({ leaves }) => leaves !== 1);
  const columns = roomy ? all : space(tight) >= LEAST_NAME ? tight : tight.filter(({ leaves }) => leaves === null);
  const nameWidth = Math.max(LEAST_NAME, space(columns));
  const name = ({ segment: { segmentation, segment } }: Finding): string =>
    cliTruncate(printable(roomy || segmentation === segment ? segment : `${segmentation}: ${segment}`), nameWidth);

  const [first, others] = roomy ? [columns.slice(0, 1), columns.slice(1)] : [[], columns];
  const outcome = ({ shown }: Finding): string => outcomeText(shown, colors);
  const table = new Table({
    head: [...first.map(({ head }) => head), 'segment', ...others.map(({ head }) => head), 'outcome'].map((head) =>
      colors.dim(head),
    ),
    colAligns: [...first.map(({ align }) => align), 'left', ...others.map(({ align }) => align), 'left'],
    chars: NO_LINES,
    // cli-table3 paints heads red and lines grey unless told not to, with colour switched off as well.
    style: { head: [], border: [], 'padding-left': GAP, 'padding-right': 0 },
  });
  for (const row of rows) {
    table.push([
      ...first.map(({ cell }) => cell(row)),
      name(row),
      ...others.map(({ cell }) => cell(row)),
      outcome(row),
    ]);
  }
  const counts = outcomeCounts(result.checks);
  const tally = (['fail', 'undefined', 'inconclusive', 'pass'] as const).map(
    (one) => `${count(counts[one])} ${OUTCOME_WORDS[one]}`,
  );
  const lines = [
    ...(left > 0 ? [`  and ${count(left)} more that did not pass`] : []),
    `  ${count(result.checks.length)} checks on segments: ${tally.join(', ')}`,
  ];
  return [table.toString().replace(/ +$/gm, ''), ...lines.map((line) => colors.dim(line))].join('\n');
}

function worstFindings(result: Result): { readonly rows: readonly Finding[]; readonly left: number } {
  const all = worstFirst(findingsOf(result)).filter(({ check }) => check !== null);
  const overall = all.find(({ segment }) => segment.segmentation === OVERALL);
  const troubled = all.filter((finding) => finding !== overall && finding.shown !== 'pass');
  const failed = troubled.filter(({ shown }) => shown === 'fail').slice(0, MOST_FAILED);
  // A segment without positive labels is undefined for every check: once is enough.
  const met = new Set<number>();
  const others = troubled
    .filter(({ shown, at }) => shown !== 'fail' && !met.has(at) && met.add(at))
    .slice(0, Math.min(MOST_OTHERS, MOST_FAILED - failed.length));
  const rows = [...(overall === undefined ? [] : [overall]), ...failed, ...others];
  return { rows, left: troubled.length - failed.length - others.length };
}

/** Heading of what the checks compared with their bounds, where all of them compared the same. */
const OBSERVED_HEADS: Readonly<Record<Observed, string>> = {
  value: 'value',
  change: 'change',
  gap: 'difference',
  ratio: 'ratio',
};

function columnsOf(result: Result, rows: readonly Finding[], width: number): readonly Column[] {
  const compared = result.manifest.models.baseline !== null;
  const kinds = new Set(rows.flatMap(({ check }) => (check === null ? [] : [observedBy(check)])));
  const [kind] = kinds;
  const observed = kinds.size === 1 && kind !== undefined ? OBSERVED_HEADS[kind] : 'observed';
  const numbers = (head: string, cell: Column['cell']): Column => ({ head, align: 'right', leaves: 2, cell });
  return [
    {
      head: 'segmentation',
      align: 'left',
      leaves: 1,
      cell: ({ segment }) => cliTruncate(printable(segment.segmentation), 20),
    },
    { head: 'rows', align: 'right', leaves: null, cell: ({ segment }) => count(segment.rows) },
    ...(anyUnlabelled(result) ? [numbers('unlabelled', ({ segment }) => count(segment.unlabelled))] : []),
    ...(anyUnpredicted(result) ? [numbers('unpredicted', ({ segment }) => unpredictedCell(segment))] : []),
    ...(anyGroups(result) ? [numbers('groups', ({ segment }) => count(segment.groups ?? 0))] : []),
    {
      head: 'check',
      align: 'left',
      leaves: 2,
      cell: ({ check, metric }) => (check === null ? metric : boundText(check)),
    },
    {
      head: compared && (kinds.has('change') || kinds.has('value')) ? 'baseline → candidate' : 'candidate',
      align: 'right',
      leaves: 1,
      cell: ({ check, estimates, other }) => {
        // Such a check does not look at the baseline.
        const against = check === null ? null : againstText(check);
        if (against !== null)
          return `${valueText(estimates?.candidate)} (${against}: ${valueText(other ?? undefined)})`;
        return compared
          ? `${valueText(estimates?.baseline)} → ${valueText(estimates?.candidate)}`
          : valueText(estimates?.candidate);
      },
    },
    {
      head: `${observed} [${intervalName(result.manifest)}]`,
      align: 'right',
      leaves: null,
      cell: (finding) => observedText(finding, width),
    },
  ];
}

/** In columns of a terminal, near enough: only a segmentation's name could hold wide characters. */
function widthOf({ head, cell }: Column, rows: readonly Finding[]): number {
  const outcome = head.endsWith('interval]')
    ? GAP + Math.max(...Object.values(OUTCOME_WORDS).map((word) => word.length))
    : 0;
  return outcome + Math.max(head.length, ...rows.map((row) => cell(row).length));
}

function outcomeText(shown: Shown, colors: Colors): string {
  const { red, green, yellow, magenta, dim } = colors;
  return { fail: red, pass: green, inconclusive: yellow, undefined: magenta, unchecked: dim }[shown](
    OUTCOME_WORDS[shown],
  );
}

function valueText(value: Estimate | undefined): string {
  if (value === undefined) return '–';
  return 'undefined' in value ? 'undefined' : estimate(value).value;
}

/** What was compared with the bound; where nothing was, the reason. */
function observedText({ check }: Finding, width: number): string {
  if (check === null) return '';
  if (check.observed === null) return cliTruncate(printable(causeOf(check)), width < WIDE ? 32 : 44);
  const observed = observedBy(check);
  const text = estimate(check.observed, { signed: isSigned(observed), unit: unitOf(check.bound) });
  return `${observed === 'ratio' ? '× ' : ''}${text.value} ${text.interval}`;
}

/** Columns of a terminal from which on "199 rows are fewer than the 200 of minRows" is shown whole; narrower it would push others out. */
const WIDE = 100;

/** Metric and segment have columns of their own; before the cause they would take all the room there is, and it would be cut off. */
function causeOf({ metric, segmentation, segment, reason }: CheckResult): string {
  const beginnings = [`${metric} could not be judged on `, `${metric} is undefined on `];
  const beginning = beginnings.find((one) => reason.startsWith(one));
  if (beginning === undefined) return reason;
  const rest = reason.slice(beginning.length);
  // Behind the names, which may hold a colon themselves.
  const names = [`${segmentation} ${segment}`, segment].find((name) => rest.startsWith(name)) ?? '';
  const colon = rest.indexOf(': ', names.length);
  return colon === -1 ? reason : rest.slice(colon + 2);
}

const NO_LINES = Object.fromEntries(
  ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
    .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
    .map((place) => [place, '']),
);
