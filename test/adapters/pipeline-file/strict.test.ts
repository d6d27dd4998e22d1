import { describe, expect, it } from 'vitest';
import { parsePipeline } from '../../../adapters/pipeline-file/parse.js';

const pipeline = (rest: string): string => `
pipeline: p
data: { source: a.parquet, label: y }
model: { task: binary, name: m, candidate: "2", baseline: "1" }
segments: { by: [{ columns: [a] }] }
${rest}
`;

describe('what an inconclusive check does by default', () => {
  it('fails under strict evidence, said for the file or for the check', () => {
    const forFile = parsePipeline(pipeline('evidence: strict\nchecks: [{ metric: auc, maxDrop: 0.02 }]'), 'p.yaml');
    expect(forFile.checks[0]?.onInconclusive).toEqual({ overall: 'fail', segments: 'fail' });
    expect(forFile.onInconclusive).toEqual({ overall: 'fail', segments: 'fail' });
    const forCheck = parsePipeline(
      pipeline('checks: [{ metric: auc, maxDrop: 0.02, evidence: strict }, { metric: f1, maxDrop: 0.02 }]'),
      'p.yaml',
    );
    expect(forCheck.checks[0]?.onInconclusive).toEqual({ overall: 'fail', segments: 'fail' });
    expect(forCheck.checks[1]?.onInconclusive).toEqual({ overall: 'inconclusive', segments: 'pass' });
  });

  it('does what the file says, strict or not', () => {
    const said = parsePipeline(
      pipeline('evidence: strict\nonInconclusive: { segments: pass }\nchecks: [{ metric: auc, maxDrop: 0.02 }]'),
      'p.yaml',
    );
    expect(said.checks[0]?.onInconclusive).toEqual({ overall: 'fail', segments: 'pass' });
  });
});
