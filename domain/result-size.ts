/**
 * How large a result may be, and how large one will be. A result is one JSON text: what is larger than a JavaScript engine's longest text
 * could not be put together, and that would show when the report is made, after the registry was changed.
 */
import { SegmentryError } from './errors.js';
import { jsonBytes } from './json-bytes.js';
import type { Pipeline } from './pipeline.js';
import { OVERALL } from './pipeline.js';
import type { SegmentationTable } from './slices/segment-table.js';

/**
 * Bytes up to which a result is expected to be whole. V8's longest text has 537 million characters; the margin is for metrics whose
 * estimates are longer than the average, and for the reasons.
 */
export const EXPECTED_RESULT_BYTES = 450_000_000;

/** Bytes of segments and decision together, as they were measured, up to which there is a result: the rest of it is small. */
export const MOST_RESULT_BYTES = 520_000_000;

/**
 * Bytes of JSON, the average over all metrics of binary tasks. `ece` and `ks` with a baseline have 280: alone, they are what the margin of
 * {@link EXPECTED_RESULT_BYTES} is for, and where that is not enough the decision is refused.
 */
const ESTIMATE_BYTES = 205;

/** Of a check on a segment, without names: 510 in the list of checks, and its sentence once more among the reasons. */
const CHECK_BYTES = 620;

/** A check on a segment names both in itself and in its sentence, which is there twice. */
const NAMINGS = 3;

/** Of a segment without its name, its rule and any metric. */
const SEGMENT_BYTES = 110;

type Measured = Pick<Pipeline, 'metrics' | 'checks'> & { readonly model: Pick<Pipeline['model'], 'baseline'> };

/** Bytes of the `result.json` that these segments come to, about. */
export function expectedResultBytes(pipeline: Measured, tables: readonly SegmentationTable[]): number {
  const { metrics, checks, model } = pipeline;
  const compared = new Set(checks.flatMap(({ versus, metric }) => (versus === 'rest' ? [metric] : [])));
  // Candidate, baseline and difference; and the candidate on the rest, where a check asks for it.
  const estimates = metrics.length * (model.baseline === null ? 1 : 3) + compared.size;
  let bytes = 0;
  for (const { segmentation, segments } of tables) {
    const looking = checks.filter((check) => check.segments?.includes(segmentation) ?? true).length;
    const named = jsonBytes(segmentation);
    for (const { name, rule } of segments) {
      const names = named + jsonBytes(name);
      bytes += SEGMENT_BYTES + names + jsonBytes(rule) + estimates * ESTIMATE_BYTES;
      bytes += looking * (CHECK_BYTES + NAMINGS * names);
    }
  }
  return bytes;
}

/** Segmentations that a message lists, those with most segments first. */
const LISTED = 5;

/** @throws SegmentryError (data) where no result could hold what is to be measured */
export function requireResultFits(pipeline: Measured, tables: readonly SegmentationTable[]): void {
  const bytes = expectedResultBytes(pipeline, tables);
  if (bytes <= EXPECTED_RESULT_BYTES) return;
  const counts = tables
    .filter(({ segmentation }) => segmentation !== OVERALL)
    .map(({ segmentation, segments }) => ({ segmentation, count: segments.length }))
    .sort((a, b) => b.count - a.count);
  const listed = counts.slice(0, LISTED).map(({ segmentation, count }) => `"${segmentation}" ${count}`);
  const more = counts.length - listed.length;
  const list = [...listed, ...(more > 0 ? [`${more} more`] : [])].join(', ');
  throw new SegmentryError(
    `${counts.reduce((sum, { count }) => sum + count, 0)} segments (${list}) with ${pipeline.metrics.length} metrics and ` +
      `${pipeline.checks.length} checks come to a result of about ${megabytes(bytes)} MB; at most ${megabytes(EXPECTED_RESULT_BYTES)} MB can be ` +
      'put together and read. Segment by coarser columns, by conditions (where) or by clusters, leave metrics or checks out, ' +
      'or cut the pipeline into several',
    'data',
  );
}

/**
 * The same of what was measured, before anything follows from it.
 *
 * @param segments how many there are
 * @param bytes of all their measures and of the decision
 * @throws SegmentryError (data)
 */
export function requireMeasuresFit(segments: number, bytes: number): void {
  if (bytes <= MOST_RESULT_BYTES) return;
  throw new SegmentryError(
    `the measures of ${segments} segments and what the checks make of them take ${megabytes(bytes)} MB; at most ` +
      `${megabytes(MOST_RESULT_BYTES)} MB can be put together and read. Segment by coarser columns, leave metrics or checks out, or cut ` +
      'the pipeline into several',
    'data',
  );
}

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
