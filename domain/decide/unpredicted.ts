/** Rows that the candidate gave no prediction for: whatever the checks allow, a run that has some proves nothing good. */
import { OVERALL } from '../pipeline.js';
import type { SegmentResult } from '../result.js';

export function lacksPredictions(segment: SegmentResult | null): boolean {
  return (segment?.unpredicted?.candidate ?? 0) > 0;
}

/** Why the run cannot pass, of all rows; null where every row has a prediction of the candidate. */
export function unpredictedReason(segments: readonly SegmentResult[]): string | null {
  const lacking = segments.filter(lacksPredictions);
  const overall = lacking.find(({ segmentation }) => segmentation === OVERALL);
  return (overall ?? lacking[0])?.unpredicted?.reason ?? null;
}
