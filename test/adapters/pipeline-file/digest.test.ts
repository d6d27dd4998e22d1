import { expect, it } from 'vitest';
import { digestOf } from '../../../adapters/pipeline-file/digest.js';
import { parsePipeline } from '../../../adapters/pipeline-file/parse.js';
import { changed, EXAMPLE, SHORTEST } from './example.js';

const digest = (text: string) => digestOf(parsePipeline(text, 'p.yaml'));

it('is a SHA-256', () => {
  expect(digest(EXAMPLE)).toMatch(/^[0-9a-f]{64}$/);
});

it('does not see comments, blank lines or quotes', () => {
  expect(
    digest(`\n\n# more\n${EXAMPLE.replace('seed: 7', 'seed:    7 # lucky').replace('late-flight', "'late-flight'")}`),
  ).toBe(digest(EXAMPLE));
});

it('does not see defaults that are spelled out', () => {
  const spelledOut = `pipeline: p
data: { source: d.csv, label: y }
model: { task: binary, name: m, candidate: "3", registry: ./registry, threshold: 0.5, missing: refuse }
validate: []
segments: { minRows: 100, by: [] }
metrics: [auc, log_loss, precision, recall, fpr]
checks:
  - metric: auc
    min: 0.60
    severity: block
    evidence: default
    onInconclusive: { overall: inconclusive, segments: pass }
confidence: 0.95
evidence: default
onInconclusive: { overall: inconclusive, segments: pass }
onFail: []
onPass: []
seed: 1
`;
  expect(digest(spelledOut)).toBe(digest(SHORTEST));
});

it.each([
  ['min: 0.65', 'min: 0.66'],
  ['seed: 7', 'seed: 8'],
  ['minRows: 200', 'minRows: 201'],
  ['[carrier, origin]', '[origin, carrier]'],
  ['"visib < 3"', '"visib < 4"'],
  ['onPass: [promote]', 'onPass: []'],
])('sees %s become %s', (from, to) => {
  expect(digest(changed(from, to))).not.toBe(digest(EXAMPLE));
});
