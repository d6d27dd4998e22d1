/** The pipeline that the tests break. Kept in lines, so that a test can say which line must be blamed. */
import { expect } from 'vitest';
import { parsePipeline } from '../../../adapters/pipeline-file/parse.js';
import { type Problem, PipelineFileError } from '../../../adapters/pipeline-file/problems.js';

export const EXAMPLE = `# A comment.
pipeline: flight-delays
data:
  source: flights.parquet
  id: flight_id
  label: late
  time: time_hour
  window: 30 days
  where: "month >= 7"
  reference: { where: "month < 7" }
model:
  task: binary
  registry: ./registry
  name: late-flight
  candidate: "@serving"
  baseline: "@previous"
  threshold: 0.5
  features: [month, visib]
  missing: nan
validate:
  - { column: temp, notNull: true, unique: true, between: [-30, 120], severity: warn }
  - { column: carrier, oneOf: [EV, UA] }
  - { name: one row per flight, sql: "select flight_id from data group by 1 having count(*) > 1" }
segments:
  minRows: 200
  by:
    - { columns: [origin] }
    - { columns: [carrier, origin] }
    - { name: low visibility, where: "visib < 3" }
    - name: weather
      clusters:
        features: [temp, wind_speed]
        k: auto
metrics: [auc, log_loss, recall]
checks:
  - { metric: auc, min: 0.65 }
  - { metric: auc, versus: baseline, maxDrop: 0.02, evidence: strict }
  - { metric: fpr, maxIncrease: 0.02, segments: [origin, overall], severity: warn, onInconclusive: fail }
confidence: 0.9
evidence: default
onInconclusive: { overall: fail, segments: pass }
onFail: [rollback]
onPass: [promote]
seed: 7
`;

/** The shortest pipeline that decides something. */
export const SHORTEST = `pipeline: p
data: { source: d.csv, label: y }
model: { task: binary, name: m, candidate: 3 }
checks: [{ metric: auc, min: 0.6 }]
`;

/** EXAMPLE (or `text`) with `from` replaced, which must be there. */
export function changed(from: string, to: string, text = EXAMPLE): string {
  expect(text).toContain(from);
  return text.replace(from, to);
}

/** Line and column (from 1) of `needle` in `text`. */
export function placeOf(needle: string, text: string): { line: number; column: number } {
  const at = text.indexOf(needle);
  expect(at, `"${needle}" in the file`).toBeGreaterThanOrEqual(0);
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

export function problemsIn(text: string): readonly Problem[] {
  try {
    parsePipeline(text, 'pipeline.yaml');
  } catch (error) {
    if (error instanceof PipelineFileError) return error.problems;
    throw error;
  }
  return [];
}
