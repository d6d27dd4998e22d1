/** How inference is cut into tasks: even ones, called by their segments, as many as the work needs. */

import { shortened } from './shortened.js';

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
  /** No task has more rows: a segment that has more is split into even parts. */
  readonly maxRows: number;
  /** A segment of this many rows, at most half of {@link maxRows}, shares its tasks with no other. */
  readonly ownRows: number;
  /** Smaller segments are packed together until a task has this many rows, at most {@link maxRows}, or the next would make it too large. */
  readonly packedRows: number;
}

/**
 * A task costs about 50 ms of a core whatever it does, with the service and the worker, and a model scores some hundred thousand rows a second:
 * at 10,000 rows the cost of asking stays below the work, at 100,000 it is little beside it, at 400,000 a lost worker loses about a second of it.
 */
const TASK_ROWS = { fewest: 10_000, most: 400_000 };

/** Packed tasks that data should come to: several times as many as a machine has cores, so that all end at about the same time. */
const EVEN_TASKS = 12;

/** Tasks that large segments come to together: several times as many as cores, so that few of them wait for the last one. */
const FEWEST_TASKS = 8;

/** Rows of which a task is not made smaller for that: a light model scores them in a tenth of a second. */
const WORTH_SPLITTING = 50_000;

/** However heavy the models are: below this a task is little more than asking for it. */
const SMALLEST_TASK = 4_000;

export interface ModelSize {
  /** Of its file. */
  readonly bytes: number;
  /** Its rows go through a small part of it; those of any other model through all of it. */
  readonly isTreeEnsemble: boolean;
}

/**
 * Trees of so many bytes score some hundred thousand rows a second; larger ones about as many fewer as they are larger, for that is
 * about how much of them each row goes through.
 */
const LIGHT_TREES_BYTES = 4_000_000;

/**
 * A network multiplies each of its numbers, of 4 bytes, with something of each row. A core does that 20 to 40 thousand million times a
 * second (measured: 2e10 with AVX2, 4e10 with AVX-512): a network of so many bytes takes one to two seconds for the largest task.
 */
const LIGHT_NETWORK_BYTES = (4 * 4e10) / TASK_ROWS.most;

/** How much of a second or two the model takes for {@link TASK_ROWS.most} rows. */
function weightOf({ bytes, isTreeEnsemble }: ModelSize): number {
  return bytes / (isTreeEnsemble ? LIGHT_TREES_BYTES : LIGHT_NETWORK_BYTES);
}

/**
 * Few rows are cut finely enough for every core; of many rows each task has so many that asking for it costs nothing. For heavier
 * models all of it is smaller, so that a task takes a second or two of whatever model.
 *
 * @param models that go through a task, one after the other
 */
export function taskSizeFor(rows: number, models: readonly ModelSize[] = []): TaskSize {
  const weight = models.reduce((sum, model) => sum + weightOf(model), 0);
  const timely = TASK_ROWS.most / Math.max(1, weight);
  const maxRows = Math.max(SMALLEST_TASK, Math.ceil(Math.min(timely, Math.max(WORTH_SPLITTING, rows / FEWEST_TASKS))));
  const packedRows = Math.min(maxRows, Math.max(TASK_ROWS.fewest, Math.ceil(rows / EVEN_TASKS)));
  return { maxRows, ownRows: Math.min(packedRows, Math.floor(maxRows / 2)), packedRows };
}

/** Segments that a packed task is named after, before "and N more". */
const NAMED_SEGMENTS = 2;

/** Of a segment's name in a task's: names come from the data, and Temporal takes summaries of up to 400 bytes. */
const NAME_LENGTH = 60;

/**
 * @param title of the partition, before the segments' names in those of the tasks; empty for none
 * @param segments in the layout's order; their rows lie one segment after the other from position 0
 * @returns tasks that cover every row exactly once, in order; none for no rows
 */
export function planTasks(title: string, segments: readonly PlannedSegment[], size: TaskSize): readonly InferTask[] {
  const prefix = title === '' ? '' : `${shortened(title, NAME_LENGTH)}: `;
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
    if (segment.rows >= size.ownRows) {
      // What was being packed before it stays small rather than joining it.
      finish();
      const parts = Math.ceil(segment.rows / size.maxRows);
      for (let part = 0; part < parts; part++) {
        const end = to + Math.floor(((part + 1) * segment.rows) / parts);
        const short = shortened(segment.name, NAME_LENGTH);
        const name = parts === 1 ? short : `${short} (${part + 1} of ${parts})`;
        tasks.push({ index: tasks.length, name: prefix + name, from, to: end });
        from = end;
      }
      to += segment.rows;
    } else {
      if (to - from + segment.rows > size.maxRows) finish();
      packed.push(segment);
      to += segment.rows;
      if (to - from >= size.packedRows) finish();
    }
  }
  finish();
  return tasks;
}

function packedName(segments: readonly PlannedSegment[]): string {
  const names = segments.slice(0, NAMED_SEGMENTS).map((segment) => shortened(segment.name, NAME_LENGTH));
  const more = segments.length - names.length;
  return more > 0 ? `${names.join(', ')} and ${more} more` : names.join(', ');
}

/** As they are best begun: what begins last ends last, and others have nothing to do meanwhile, so that is to be a small one. */
export function largestFirst(tasks: readonly InferTask[]): readonly InferTask[] {
  return [...tasks].sort((a, b) => b.to - b.from - (a.to - a.from) || a.index - b.index);
}

/** Rows of one segment that a task has. */
export interface TaskPiece {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Where there is no partition a task is cut into pieces of this many rows: 400 in the largest task, found in 9 halvings. */
export const PIECE_ROWS = 1_000;

/**
 * The pieces of which a task is made: the segments that it packs, or its part of a large one.
 *
 * @param segments in the layout's order, or null where the layout is the snapshot's own
 * @returns pieces that cover the task's rows exactly once, in order
 */
export function piecesOf(
  { from, to, name }: Pick<InferTask, 'from' | 'to' | 'name'>,
  segments: readonly PlannedSegment[] | null,
): readonly TaskPiece[] {
  const pieces: TaskPiece[] = [];
  if (segments === null) {
    for (let at = from; at < to; at += PIECE_ROWS) pieces.push({ name, from: at, to: Math.min(to, at + PIECE_ROWS) });
    return pieces;
  }
  let at = 0;
  for (const segment of segments) {
    const piece = { name: segment.name, from: Math.max(from, at), to: Math.min(to, at + segment.rows) };
    if (piece.from < piece.to) pieces.push(piece);
    at += segment.rows;
    if (at >= to) break;
  }
  return pieces;
}
