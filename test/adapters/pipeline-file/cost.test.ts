import { expect, it } from 'vitest';
import { parsePipeline } from '../../../adapters/pipeline-file/parse.js';

it('the metric cost is refused at its place, as long as a pipeline cannot say what a mistake costs', () => {
  const text = `pipeline: p
data: { source: a.parquet, label: y }
model: { task: binary, name: m, candidate: "2", baseline: "1" }
segments: { by: [{ columns: [a] }] }
metrics: [auc, cost]
checks: [{ metric: auc, maxDrop: 0.02 }]
`;
  expect(() => parsePipeline(text, 'p.yaml')).toThrow(/^p\.yaml:5:16 .*cost is not available yet/);
});
