/** What `segments.by` must keep beyond its shape, and its complete form. */
import { OVERALL, type Segmentation } from '../../../domain/pipeline.js';
import { type Path, type Report, show } from '../problems.js';
import type { SegmentationDraft } from '../schema/segments.js';
import { type Item, refuseRepeatedNames } from './items.js';
import { repeatedAt } from './repeated.js';

const KINDS = ['columns', 'where', 'clusters'] as const;

export function completeSegmentations(
  drafts: readonly Item<SegmentationDraft>[],
  report: Report,
): readonly Segmentation[] {
  const made = drafts.flatMap(({ path, draft }) => {
    const segmentation = complete(draft, path, report);
    return segmentation === null ? [] : [{ path, name: segmentation.name, segmentation }];
  });
  for (const { path, name } of made) {
    if (name === OVERALL) {
      report(
        [...path, 'name'],
        `${JSON.stringify(OVERALL)} is always there (all rows); give this segmentation another name`,
      );
    }
  }
  refuseRepeatedNames(made, 'segmentation', report);
  return made.map(({ segmentation }) => segmentation);
}

function complete(draft: SegmentationDraft, path: Path, report: Report): Segmentation | null {
  const kinds = KINDS.filter((kind) => draft[kind] !== undefined);
  const [kind, second] = kinds;
  if (kind === undefined) {
    report(path, `a segmentation needs one of ${KINDS.join(', ')}`);
    return null;
  }
  if (second !== undefined) {
    report(
      [...path, second],
      `a segmentation is one of ${KINDS.join(', ')}; this has ${kinds.join(' and ')}: make two of it`,
      'key',
    );
    return null;
  }
  if (draft.columns !== undefined) {
    refuseRepeated(draft.columns, [...path, 'columns'], report);
    return { kind: 'columns', name: draft.name ?? draft.columns.join(' x '), columns: draft.columns };
  }
  if (draft.name === undefined) {
    report(
      path,
      `missing key "name": a segmentation by ${kind} needs a name, such as ${kind === 'where' ? '"low visibility"' : '"weather"'}`,
    );
    return null;
  }
  if (draft.where !== undefined) return { kind: 'where', name: draft.name, where: draft.where };
  if (draft.clusters !== undefined) {
    refuseRepeated(draft.clusters.features, [...path, 'clusters', 'features'], report);
    return { kind: 'clusters', name: draft.name, features: draft.clusters.features, k: draft.clusters.k };
  }
  return null;
}

function refuseRepeated(columns: readonly string[], path: Path, report: Report): void {
  const at = repeatedAt(columns);
  if (at !== null) report([...path, at], `the column ${show(columns[at])} is there twice`);
}
