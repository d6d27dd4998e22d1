/**
 * JUnit XML, which every CI system shows: one suite per check, one test case per segment. A check that fails is a
 * `<failure>`; what the model cannot be blamed for (a metric that is undefined, a run without a verdict) is an `<error>`;
 * too little evidence is `<skipped>`. Checks that only warn or shadow never turn a build red: they are `<skipped>` too.
 */
import { create } from 'xmlbuilder2';
import type { XMLBuilder } from 'xmlbuilder2/lib/interfaces.js';
import type { CheckResult, Result } from '../domain/result.js';
import { boundText, rulesOf, ruleKey, segmentTitle } from './findings.js';
import { probability } from './format.client.js';

/** What XML 1.0 cannot hold, not even escaped: most control characters, lone surrogates, two non-characters. */
const FORBIDDEN = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Such a character becomes its escape in letters, so that two segments never become one. */
function xmlText(text: string): string {
  return text.replace(FORBIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

export function renderJunit(result: Result): string {
  const suites = rulesOf(result.checks).map((rule) => {
    const key = ruleKey(rule);
    return {
      name: boundText(rule.metric, rule.bound),
      checks: result.checks.filter((check) => ruleKey(check) === key),
    };
  });
  const withoutVerdict = result.verdict === 'ERROR' ? 1 : 0;
  const root = create({ version: '1.0', encoding: 'UTF-8' }).ele('testsuites', {
    name: xmlText(`segmentry ${result.pipeline}`),
    ...totals(result.checks, withoutVerdict),
  });
  if (result.verdict === 'ERROR') {
    const suite = root.ele('testsuite', { name: 'segmentry', ...totals([], 1) });
    const testcase = suite.ele('testcase', { classname: xmlText(result.pipeline), name: 'evaluation' });
    const [first, ...rest] = result.reasons;
    const error = testcase.ele('error', { message: xmlText(first ?? 'no verdict'), type: 'ERROR' });
    if (rest.length > 0) error.txt(xmlText(rest.join('\n')));
  }
  for (const { name, checks } of suites) {
    const suite = root.ele('testsuite', { name: xmlText(name), ...totals(checks, 0) });
    for (const check of checks) addCase(suite, name, result, check);
  }
  return `${root.end({ prettyPrint: true })}\n`;
}

type Kind = 'failure' | 'error' | 'skipped' | null;

function kindOf({ outcome, severity }: CheckResult): Kind {
  if (outcome === 'pass') return null;
  if (severity !== 'block' || outcome === 'inconclusive') return 'skipped';
  return outcome === 'fail' ? 'failure' : 'error';
}

function totals(checks: readonly CheckResult[], more: number): Record<string, string> {
  const of = (kind: Kind): number => checks.filter((check) => kindOf(check) === kind).length;
  return {
    tests: String(checks.length + more),
    failures: String(of('failure')),
    errors: String(of('error') + more),
    skipped: String(of('skipped')),
  };
}

function addCase(suite: XMLBuilder, rule: string, { pipeline }: Result, check: CheckResult): void {
  const { segmentation, segment, outcome, severity, reason } = check;
  const testcase = suite.ele('testcase', {
    classname: xmlText(`${pipeline}.${segmentation}`),
    name: xmlText(`${rule}: ${segmentTitle(segmentation, segment)}`),
  });
  const kind = kindOf(check);
  if (kind === null) return;
  const message = severity === 'block' ? reason : `${outcome} (${severity} only): ${reason}`;
  if (kind === 'skipped') testcase.ele('skipped', { message: xmlText(message) });
  else testcase.ele(kind, { message: xmlText(message), type: outcome }).txt(xmlText(details(check)));
}

function details({ observed, bound, margin, p, pAdjusted, detectable }: CheckResult): string {
  const facts: readonly (readonly [string, string | null])[] = [
    ['observed', observed === null ? null : `${observed.value} [${observed.low}, ${observed.high}]`],
    ['bound', `${bound.kind} ${bound.value}`],
    ['margin', margin === null ? null : String(margin)],
    ['p', p === null ? null : probability(p)],
    ['p, adjusted', pAdjusted === null ? null : probability(pAdjusted)],
    ['detectable', detectable === null ? null : String(detectable)],
  ];
  return facts.flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}`])).join('\n');
}
