/** Measures as the artifact that they become: of thousands of segments, handing them to another process costs as much as measuring them. */
import { writeFile } from 'node:fs/promises';
import type { ArtifactRef } from '../../domain/artifact.js';
import { canonicalJson } from '../../domain/canonical-json.js';
import { sha256Of } from '../artifact-store/durable-files.js';
import { explained } from '../artifact-store/io-errors.js';
import { type MeasureJob, measureSegmentation } from './measure-segmentation.js';

export interface WriteMeasuresJob extends MeasureJob {
  /** File to write: SegmentResult[] as canonical JSON. Must not exist. */
  readonly output: string;
}

export interface WrittenMeasures {
  readonly digest: ArtifactRef;
  /** Segments. */
  readonly count: number;
}

export async function writeMeasures({ output, ...job }: WriteMeasuresJob): Promise<WrittenMeasures> {
  const segments = await measureSegmentation(job);
  const bytes = Buffer.from(canonicalJson(segments), 'utf8');
  await explained('write', output, () => writeFile(output, bytes, { flag: 'wx' }));
  return { digest: { sha256: sha256Of(bytes), bytes: bytes.length }, count: segments.length };
}
