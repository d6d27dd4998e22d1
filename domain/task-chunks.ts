/** How many tasks are cut into lists that a workflow can carry. */
import { jsonBytes } from './json-bytes.js';
import type { InferTask } from './plan.js';

export interface ChunkSize {
  /** At most so many tasks. */
  readonly tasks: number;
  /** At most so many bytes as JSON in UTF-8, unless one task alone has more. */
  readonly bytes: number;
}

/** @returns the tasks in order, in as few lists as there can be; none for no tasks */
export function chunksOf(tasks: readonly InferTask[], size: ChunkSize): readonly (readonly InferTask[])[] {
  const chunks: InferTask[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const task of tasks) {
    const own = jsonBytes(task);
    const last = chunks.at(-1);
    if (last !== undefined && last.length < size.tasks && bytes + SEPARATOR + own <= size.bytes) {
      last.push(task);
      bytes += SEPARATOR + own;
    } else {
      chunks.push([task]);
      bytes = BRACKETS + own;
    }
  }
  return chunks;
}

/** Bytes of the comma before an entry, and of the brackets around all. */
const SEPARATOR = 1;
const BRACKETS = 2;
