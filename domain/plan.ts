/** How inference is cut into tasks: even ones, called by their segments, as many as the work needs. */

/** One inference task: the rows `from` <= position < `to` of the layout. */
export interface InferTask {
  readonly index: number;
  /** What the Temporal UI calls it: "origin: EWR", "origin: EWR (2 of 3)", "carrier: HA, OO and 3 more". */
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

export interface PlannedSegment {
  readonly name: string;
  readonly rows: number;
}

export interface TaskSize {
  /** Segments are packed together until a task has this many rows. */
  readonly minRows: number;
  /** A segment with more rows is split into even parts of at most this many. */
  readonly maxRows: number;
}

/**
 * A task costs about 15 ms of Temporal's time whatever it does, and a model scores some hundred thousand rows a second: at
 * 10,000 rows the cost of asking stays below the work, at 200,000 a lost worker loses about a second of it.
 */
export const TASK_SIZE: TaskSize = { minRows: 10_000, maxRows: 200_000 };

/** Segments that a packed task is named after, before "and N more". */
const NAMED_SEGMENTS = 2;

/**
 * @param title of the partition, before the segments' names in those of the tasks; empty for none
 * @param segments in the layout's order; their rows lie one segment after the other from position 0
 * @returns tasks that cover every row exactly once, in order; none for no rows
 */
export function planTasks(
  title: string,
  segments: readonly PlannedSegment[],
  size: TaskSize = TASK_SIZE,
): readonly InferTask[] {
  const prefix = title === '' ? '' : `${title}: `;
  const tasks: InferTask[] = [];
  let packed: PlannedSegment[] = [];
  let from = 0;
  let to = 0;
  const finish = (): void => {
    if (to > from) tasks.push({ index: tasks.length, name: prefix + packedName(packed), from, to });
    packed = [];
    from = to;
  };
  for (const segment of segments) {
    if (segment.rows === 0) continue;
    if (segment.rows >= size.minRows) {
      // A big segment is judged alone: what was being packed before it stays small rather than joining it.
      finish();
      const parts = Math.ceil(segment.rows / size.maxRows);
      for (let part = 0; part < parts; part++) {
        const end = to + Math.floor(((part + 1) * segment.rows) / parts);
        const name = parts === 1 ? segment.name : `${segment.name} (${part + 1} of ${parts})`;
        tasks.push({ index: tasks.length, name: prefix + name, from, to: end });
        from = end;
      }
      to += segment.rows;
    } else {
      packed.push(segment);
      to += segment.rows;
      if (to - from >= size.minRows) finish();
    }
  }
  finish();
  return tasks;
}

function packedName(segments: readonly PlannedSegment[]): string {
  const names = segments.slice(0, NAMED_SEGMENTS).map((segment) => segment.name);
  const more = segments.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}
