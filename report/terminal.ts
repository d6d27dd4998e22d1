/** What `segmentry run` prints at its end: the verdict, why, the worst segments, what was done, where to read on. */
import picocolors from 'picocolors';
import type { Colors } from 'picocolors/types.js';
import wrapAnsi from 'wrap-ansi';
import { artifactPath } from '../domain/artifact.js';
import type { Result, Verdict } from '../domain/result.js';
import type { PinnedModel } from '../domain/manifest.js';
import { ACTION_WORDS, moveText, nothingDone } from './actions.js';
import { ruleText, WARNED_RULES_TITLE, warnedRules } from './broken-rules.js';
import { costsOf } from './costs.js';
import { estimationFacts } from './estimation.js';
import { segmentTitle } from './findings.js';
import { count, estimate, printable } from './format.client.js';
import type { Interval } from './format.client.js';
import { rowsText } from './rows.js';
import { segmentsTable } from './terminal-table.js';

export interface TerminalOptions {
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  readonly links?: TerminalLinks;
}

/** Where to read on: paths or addresses, printed as they are. */
export interface TerminalLinks {
  readonly report?: string;
  readonly result?: string;
  readonly ui?: string;
}

const MOST_REASONS = 5;
/** Broken data rules that only warn. */
const MOST_RULES = 5;
/** Segments whose costs are named. */
const MOST_COSTS = 5;
/** Narrower than this a table helps nobody. */
const LEAST_WIDTH = 40;

export function renderTerminal(result: Result, { color, width, links = {} }: TerminalOptions): string {
  const colors = picocolors.createColors(color);
  const columns = Math.max(LEAST_WIDTH, width);
  const parts = [
    [headline(result, colors, columns), estimation(result, colors, columns)].filter((line) => line !== '').join('\n'),
    [reasons(result, colors, columns), badRows(result, colors, columns)].filter((part) => part !== '').join('\n'),
    dataWarnings(result, colors, columns),
    segmentsTable(result, colors, columns),
    costs(result, columns),
    actions(result, colors, columns),
    linkLines(links, colors),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const SIGNS: Readonly<Record<Verdict, string>> = { FAIL: '✖', PASS: '✔', INCONCLUSIVE: '?', ERROR: '!' };

function tone(verdict: Verdict, colors: Colors): (text: string) => string {
  if (verdict === 'FAIL') return colors.red;
  if (verdict === 'PASS') return colors.green;
  return verdict === 'INCONCLUSIVE' ? colors.yellow : colors.magenta;
}

function headline(result: Result, colors: Colors, width: number): string {
  const { models } = result.manifest;
  const paint = tone(result.verdict, colors);
  const against = models.baseline === null ? '' : ` against ${modelName(models.baseline)}`;
  const what = `${printable(result.pipeline)}: ${modelName(models.candidate)}${against}, ${rowsText(result)}`;
  return wrap(`${colors.bold(paint(`${SIGNS[result.verdict]} ${result.verdict}`))}  ${what}`, width, 2);
}

/** What does not go without saying about the numbers. */
function estimation({ manifest }: Result, colors: Colors, width: number): string {
  const facts = estimationFacts(manifest);
  return facts.length === 0 ? '' : colors.dim(`  ${wrap(facts.join(' · '), width - 2, 2)}`);
}

/** What the mistakes cost in total, and where most of it is lost. */
function costs(result: Result, width: number): string {
  const [overall, ...segments] = costsOf(result);
  if (overall === undefined) return '';
  const compared = result.manifest.models.baseline !== null;
  const total = (value: Interval | null, signed = false): string =>
    value === null ? 'undefined' : estimate(value, { signed }).value;
  const within = (value: Interval | null): string =>
    value === null ? '' : ` ${estimate(value, { signed: compared }).interval}`;
  const all = compared
    ? `${total(overall.baseline)} → ${total(overall.candidate)}, ${total(overall.difference, true)}${within(overall.difference)}`
    : `${total(overall.candidate)}${within(overall.candidate)}`;
  const worst = segments.flatMap(({ segment: { segmentation, segment }, candidate, difference }) => {
    const lost = compared ? difference : candidate;
    const name = printable(segmentTitle(segmentation, segment));
    return lost === null || lost.value <= 0 ? [] : [`${name} ${total(lost, compared)}`];
  });
  const most = worst.length === 0 ? '' : `; most in ${worst.slice(0, MOST_COSTS).join(', ')}`;
  return wrap(`Cost in total ${all}${most}`, width, 2);
}

function modelName(model: PinnedModel): string {
  return model.kind === 'column'
    ? `column ${printable(model.column)}`
    : `${printable(model.name)} ${printable(model.version)}`;
}

/** Lines after the first are indented, so that one thought looks like one. */
function wrap(text: string, width: number, indent: number): string {
  return wrapAnsi(text, width - indent, { hard: true }).replaceAll('\n', `\n${' '.repeat(indent)}`);
}

function reasons(result: Result, colors: Colors, width: number): string {
  return bullets(result.reasons, MOST_REASONS, colors, width);
}

function bullets(all: readonly string[], most: number, colors: Colors, width: number): string {
  const shown = all.slice(0, most).map((one) => `  • ${wrap(printable(one), width - 2, 4)}`);
  const left = all.length - shown.length;
  return [...shown, ...(left > 0 ? [colors.dim(`  and ${count(left)} more`)] : [])].join('\n');
}

/** What is wrong with the data without stopping the run: nothing else here tells of it. */
function dataWarnings(result: Result, colors: Colors, width: number): string {
  const rules = warnedRules(result);
  if (rules.length === 0) return '';
  return `${colors.yellow(WARNED_RULES_TITLE)}\n${bullets(rules.map(ruleText), MOST_RULES, colors, width)}`;
}

/** Where the rows are that the data were refused for: a message names the first ones only. */
function badRows({ validation }: Result, colors: Colors, width: number): string {
  const kept = validation.flatMap(({ rule, outcome, artifact }) =>
    outcome === 'fail' && artifact !== null ? [{ rule, path: artifactPath(artifact) }] : [],
  );
  return kept
    .slice(0, MOST_REASONS)
    .map(({ rule, path }) =>
      colors.dim(
        `    ${wrap(`bad rows of "${printable(rule)}", as Parquet in the artifact store: ${path}`, width, 4)}`,
      ),
    )
    .join('\n');
}

function actions(result: Result, colors: Colors, width: number): string {
  if (result.actions.length === 0) return colors.dim(nothingDone(result));
  return result.actions
    .map((action) => {
      const move = moveText(action) === '' ? '' : ` (${moveText(action)})`;
      const why = action.reason === '' ? '' : `: ${printable(action.reason)}`;
      const paint = action.outcome === 'failed' || action.outcome === 'conflict' ? colors.red : colors.bold;
      return wrap(`${paint(action.action)} ${ACTION_WORDS[action.outcome]}${move}${why}`, width, 2);
    })
    .join('\n');
}

function linkLines(links: TerminalLinks, colors: Colors): string {
  const named = [
    ['report', links.report],
    ['result', links.result],
    ['temporal', links.ui],
  ] as const;
  return named
    .filter(([, where]) => where !== undefined)
    .map(([name, where]) => `${colors.dim(name.padEnd(9))} ${where ?? ''}`)
    .join('\n');
}
