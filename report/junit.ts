/**
 * JUnit XML, which every CI system shows: one test case for the verdict, one suite with a test case per rule of the data, then one
 * suite per check with one test case per segment. CI systems turn red for a `<failure>` or an `<error>`, so there is one exactly where
 * the exit code of a run would stop the job: FAIL is a `<failure>`, with the checks that failed; ERROR, which no model can be blamed
 * for, is an `<error>`, with the data rules that caused it. What could not be settled is `<skipped>`, whatever the pipeline makes of
 * it, and so is what only warns.
 */
import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import type { CheckResult, Result, RuleResult, Verdict } from '../domain/result.js';
import { costsOf } from './costs.js';
import { estimationFacts, intervalName } from './estimation.js';
import { againstText, boundText, findingsOf, observedBy, rulesOf, ruleKey, segmentTitle } from './findings.js';
import type { Finding } from './findings.js';
import { printable, probability } from './format.client.js';
import { groupsText, rowsText, unlabelledText, unpredictedRows } from './rows.js';

/** What XML 1.0 cannot hold, not even escaped: most control characters, lone surrogates, two non-characters. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/**
 * On one line, as in the other reports: a parser makes blanks of the line ends in an attribute, and then two segments may have one name.
 * What cannot be there becomes its escape in letters for the same reason.
 */
function line(text: string): string {
  return printable(text).replace(
    FORBIDDEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function renderJunit(result: Result): string {
  const findings = findingsOf(result).flatMap(({ check, ...rest }) => (check === null ? [] : [{ ...rest, check }]));
  const suites = rulesOf(result.checks).map((rule) => {
    const key = ruleKey(rule);
    return { name: boundText(rule), findings: findings.filter(({ check }) => ruleKey(check) === key) };
  });
  const kinds = result.checks.map(kindOf);
  const verdict = VERDICT_KINDS[result.verdict];
  const root = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', {
    name: line(`segmentry ${result.pipeline}`),
    ...totals([verdict, ...result.validation.map(({ outcome }) => RULE_KINDS[outcome]), ...kinds]),
  });
  addVerdict(root.ele('testsuite', { name: 'segmentry', ...totals([verdict]) }), result);
  if (result.validation.length > 0) addRules(root, result);
  const properties = propertiesOf(result);
  for (const { name, findings } of suites) {
    const suite = root.ele('testsuite', {
      name: line(name),
      ...totals(findings.map(({ check }) => kindOf(check))),
    });
    const list = suite.ele('properties');
    for (const [property, value] of properties) list.ele('property', { name: property, value: line(value) });
    for (const finding of findings) addCase(suite, name, result, finding);
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

/** What holds for every number of the run. */
function propertiesOf(result: Result): readonly (readonly [string, string])[] {
  const [overall] = costsOf(result);
  const cost = overall && { baseline: overall.baseline, candidate: overall.candidate, change: overall.difference };
  return [
    ['data', rowsText(result)],
    ['intervals', [intervalName(result.manifest), ...estimationFacts(result.manifest)].join(', ')],
    ...Object.entries(cost ?? {}).flatMap(([name, total]) =>
      total === null ? [] : [[`cost in total, ${name}`, `${total.value} [${total.low}, ${total.high}]`] as const],
    ),
  ];
}

type Kind = 'failure' | 'error' | 'skipped' | null;

const VERDICT_KINDS: Readonly<Record<Verdict, Kind>> = {
  PASS: null,
  FAIL: 'failure',
  INCONCLUSIVE: 'skipped',
  ERROR: 'error',
};

/** A broken rule that blocks has ended the run as ERROR. */
const RULE_KINDS: Readonly<Record<RuleResult['outcome'], Kind>> = { pass: null, warn: 'skipped', fail: 'error' };

function kindOf({ outcome, severity }: CheckResult): Kind {
  if (outcome === 'pass') return null;
  return outcome === 'fail' && severity === 'block' ? 'failure' : 'skipped';
}

function totals(kinds: readonly Kind[]): Record<string, string> {
  const of = (wanted: Kind): string => String(kinds.filter((kind) => kind === wanted).length);
  return { tests: String(kinds.length), failures: of('failure'), errors: of('error'), skipped: of('skipped') };
}

/** Also where no single check failed: a pipeline may fail for what cannot be settled. */
function addVerdict(suite: XMLBuilder, { pipeline, verdict, reasons }: Result): void {
  const testcase = suite.ele('testcase', { classname: line(pipeline), name: 'verdict' });
  const [first = verdict, ...rest] = reasons.map(line);
  const kind = VERDICT_KINDS[verdict];
  if (kind === 'skipped') testcase.ele('skipped', { message: first });
  else if (kind !== null) testcase.ele(kind, { message: first, type: verdict });
  const more = kind === null ? [first, ...rest] : rest;
  if (more.length > 0) testcase.ele('system-out').txt(more.join('\n'));
}

function addRules(root: XMLBuilder, { pipeline, validation }: Result): void {
  const suite = root.ele('testsuite', {
    name: 'validation',
    ...totals(validation.map(({ outcome }) => RULE_KINDS[outcome])),
  });
  for (const { rule, outcome, message } of validation) {
    const testcase = suite.ele('testcase', { classname: line(`${pipeline}.validation`), name: line(rule) });
    if (outcome === 'warn') testcase.ele('skipped', { message: line(`broken (warn only): ${message}`) });
    else if (outcome === 'fail') testcase.ele('error', { message: line(message), type: outcome });
  }
}

type Checked = Finding & { readonly check: CheckResult };

function addCase(suite: XMLBuilder, rule: string, result: Result, finding: Checked): void {
  const { check } = finding;
  const { segmentation, segment } = check;
  const testcase = suite.ele('testcase', {
    classname: line(`${result.pipeline}.${segmentation}`),
    name: line(`${rule}: ${segmentTitle(printable(segmentation), printable(segment))}`),
  });
  addOutcome(testcase, check, details(result, finding));
  const missing = [unlabelledText(finding.segment), unpredictedRows(finding.segment)].filter(Boolean).join(', ');
  // Beside every outcome: nobody may take such a segment's numbers for those of all its rows.
  if (missing !== '') testcase.ele('system-out').txt(`${finding.segment.rows} rows, ${missing}`);
}

function addOutcome(testcase: XMLBuilder, check: CheckResult, text: string): void {
  const { outcome, severity, reason } = check;
  const kind = kindOf(check);
  if (kind === null) return;
  const message = severity === 'block' ? reason : `${outcome} (${severity} only): ${reason}`;
  if (kind === 'skipped') testcase.ele('skipped', { message: line(message) });
  else testcase.ele(kind, { message: line(message), type: outcome }).txt(text);
}

/** In words where the bound is on a comparison with other rows; the numbers are whole. */
function details({ manifest }: Result, { check, segment, other }: Checked): string {
  const { observed, bound, margin, p, pAdjusted, detectable } = check;
  const against = againstText(check);
  const kind = {
    value: '',
    change: ' (change)',
    gap: ` (difference from ${against})`,
    ratio: ` (multiple of ${against})`,
  };
  const facts: readonly (readonly [string, string | null])[] = [
    [
      'rows',
      [String(segment.rows), unlabelledText(segment), unpredictedRows(segment), groupsText(segment)]
        .filter(Boolean)
        .join(', '),
    ],
    [
      `observed${kind[observedBy(check)]}`,
      observed === null ? null : `${observed.value} [${observed.low}, ${observed.high}] (${intervalName(manifest)})`,
    ],
    [`${check.metric} of ${against}`, other === null || 'undefined' in other ? null : String(other.value)],
    ['bound', against === null ? `${bound.kind} ${bound.value}` : boundText(check)],
    ['margin', margin === null ? null : String(margin)],
    ['p', p === null ? null : probability(p)],
    ['p, adjusted', pAdjusted === null ? null : probability(pAdjusted)],
    ['detectable', detectable === null ? null : String(detectable)],
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [line(`${name}: ${value}`)])).join('\n');
}
