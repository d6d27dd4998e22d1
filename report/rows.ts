/** What stands beside a number of rows: those without a label or a prediction, which enter no metric, and the groups of a ranking. */
import { OVERALL } from '../domain/pipeline.js';
import type { Result, SegmentResult } from '../domain/result.js';
import { count, unpredictedText } from './format.client.js';

/** "12 without a label"; nothing where every row has one. */
export function unlabelledText({ unlabelled }: Pick<SegmentResult, 'unlabelled'>): string {
  return unlabelled === 0 ? '' : `${count(unlabelled)} without a label`;
}

/** "12 without a prediction of the candidate"; nothing where every row has its predictions. */
export function unpredictedRows({ unpredicted }: Pick<SegmentResult, 'unpredicted'>): string {
  return unpredicted === undefined ? '' : unpredictedText(unpredicted.candidate, unpredicted.baseline);
}

/** "312 groups", only of a ranking. */
export function groupsText({ groups }: Pick<SegmentResult, 'groups'>): string {
  return groups === undefined ? '' : `${count(groups)} ${groups === 1 ? 'group' : 'groups'}`;
}

/** "130,016 rows, 12 without a label": the data of the run. */
export function rowsText({ manifest, segments }: Result): string {
  const overall = segments.find(({ segmentation }) => segmentation === OVERALL);
  const more = overall === undefined ? [] : [unlabelledText(overall), unpredictedRows(overall), groupsText(overall)];
  return [`${count(manifest.data.rows)} rows`, ...more].filter((part) => part !== '').join(', ');
}

/** Whether a column of its own is worth its place. */
export const anyUnlabelled = ({ segments }: Result): boolean => segments.some(({ unlabelled }) => unlabelled > 0);
export const anyUnpredicted = ({ segments }: Result): boolean =>
  segments.some(({ unpredicted }) => unpredicted !== undefined);
export const anyGroups = ({ segments }: Result): boolean => segments.some(({ groups }) => groups !== undefined);

/** In a column: "12" of the candidate, "12, baseline 3", "baseline 3", "0". */
export function unpredictedCell({ unpredicted }: Pick<SegmentResult, 'unpredicted'>): string {
  const { candidate, baseline } = unpredicted ?? { candidate: 0, baseline: 0 };
  const own = candidate > 0 || baseline === 0 ? [count(candidate)] : [];
  return [...own, ...(baseline > 0 ? [`baseline ${count(baseline)}`] : [])].join(', ');
}
