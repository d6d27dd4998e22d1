/**
 * One inference task, whatever happens on the way: it is done in parts, so that another worker goes on where a dead one ended,
 * and rows that end the process they are inferred in are found and left out.
 */
import { rm } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { BatchRefused, ProcessDied } from '../adapters/compute-errors.js';
import type { RowRange } from '../adapters/onnx/feature-rows.js';
import type { InferJob, InferModel, InferStatistics } from '../adapters/onnx/infer-rows.js';
import type { UnpredictedRange } from '../adapters/onnx/join-predictions.js';
import type { ArtifactRef } from '../domain/artifact.js';
import { isolate } from '../domain/isolate.js';
import { type LatencyCounts, countLatencies } from '../domain/latency.js';
import type { TaskPiece } from '../domain/plan.js';
import { shortened } from '../domain/shortened.js';
import type { Unpredicted } from './contract.js';
import type { ActivityDependencies } from './dependencies.js';
import { isWhole } from './remembered.js';
import { withTemporaryFile } from './temporary-file.js';

/**
 * How long one part of a task takes at most, in milliseconds. A task takes a second or two and is one part; of a slow model's a
 * killed worker loses this much. Shorter parts would read the layout more often for little.
 */
export const PART_MS = 10_000;

/**
 * The attempt from which on a task whose process died is taken apart. Before that it is simply tried again: what ended the
 * process may have been the machine's memory or somebody with a shell, and mostly is.
 */
export const ISOLATED_FROM = 3;

/**
 * How many trials may fail per task and model while it is taken apart. Each costs about half a second for a new process, and
 * finding a broken segment among a thousand takes eleven at most.
 */
export const MAX_FAILURES = 32;

/** Reasons longer than this many characters are cut: a model's author writes them. */
const LONGEST_REASON = 300;

/** Of a segment's name in a task's result; the whole is in `result.json`. */
const LONGEST_NAME = 60;

/** Broken pieces that a task's result names; all of them are counted, and reported by segment. */
const NAMED_BROKEN = 20;

/** What tasks leave is put together within the run, and made again where it is lost: waiting for the disk would take longer than inference. */
const PART = { move: true, flush: 'never' } as const;

export const ROLES = ['candidate', 'baseline'] as const;
export type Role = (typeof ROLES)[number];
export type ByRole<T> = Readonly<Partial<Record<Role, T>>>;

export interface TaskWork {
  readonly deps: Pick<ActivityDependencies, 'store' | 'compute' | 'telemetry' | 'partMs'>;
  readonly source: Pick<InferJob, 'task' | 'source'>;
  readonly from: number;
  readonly to: number;
  readonly models: ByRole<Omit<InferModel, 'output'>>;
  /** What the task is made of; asked for only when it has to be taken apart. */
  readonly pieces: () => Promise<readonly TaskPiece[]>;
  /** From 1. */
  readonly attempt: number;
  /** What an earlier attempt remembered; anything, or undefined. */
  readonly before: unknown;
  readonly remember: (progress: TaskProgress) => void;
  readonly signal: AbortSignal;
}

/** Heartbeat details: small, however many parts there are. */
export interface TaskProgress {
  /** The task's begin and the rows of it that are done, the first that come. */
  readonly to: number;
  /** {@link Part}[] */
  readonly parts: ArtifactRef;
  /** {@link ROW_ORDER} of whoever made them: in another order the rows that are done are others. */
  readonly order: number;
}

/** Counts the orders in which versions of this program let a task's rows come. */
export const ROW_ORDER = 2;

type Part = ByRole<ArtifactRef>;

export interface InferredRows {
  readonly files: ByRole<ArtifactRef>;
  readonly latency: LatencyCounts;
  /** Rows that have no prediction, by piece and model; empty as a rule. */
  readonly broken: readonly Unpredicted[];
}

export async function inferTask(given: TaskWork): Promise<InferredRows> {
  const work: MeasuredWork = { ...given, batchMilliseconds: [] };
  const latency = (): LatencyCounts => countLatencies(work.batchMilliseconds);
  try {
    return { files: await inParts(work), broken: [], latency: latency() };
  } catch (error) {
    work.signal.throwIfAborted();
    // What a model refuses once it always refuses; a process may have died of anything.
    const takenApart = error instanceof BatchRefused || (error instanceof ProcessDied && work.attempt >= ISOLATED_FROM);
    if (!takenApart) throw error;
    return { ...(await isolated(work)), latency: latency() };
  }
}

interface MeasuredWork extends TaskWork {
  /** Of every batch that was scored. */
  readonly batchMilliseconds: number[];
}

async function inParts(work: MeasuredWork): Promise<ByRole<ArtifactRef>> {
  const { deps, from, to } = work;
  const { parts, from: resumed } = await resume(work);
  for (let at = resumed; at < to;) {
    const { statistics, files } = await inferRange(work, ROLES, { from, to, skip: at - from }, deps.partMs ?? PART_MS);
    const part: Record<string, ArtifactRef> = {};
    for (const [role, file] of Object.entries(files)) part[role] = await deps.store.putFile(file, PART);
    parts.push(part);
    at += statistics.rows;
    if (at < to) work.remember({ to: at, parts: await deps.store.putJson(parts), order: ROW_ORDER });
  }
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  return forEachModel(work, async (role) => {
    const files: string[] = [];
    for (const part of parts) files.push(await deps.store.localPath(part[role]!));
    return join(work, files, [], to - from);
  });
}

/** What an earlier attempt has done, if it is all still there and whole. */
async function resume({ deps, from, to, models, before }: TaskWork): Promise<{ from: number; parts: Part[] }> {
  const anew = { from, parts: [] };
  if (!isProgress(before) || before.to <= from || before.to >= to) return anew;
  if (!(await isWhole(deps.store, before.parts))) return anew;
  const parts = await deps.store.readJson<Part[]>(before.parts);
  for (const role of ROLES) {
    if (models[role] === undefined) continue;
    for (const { [role]: part } of parts) if (part === undefined || !(await isWhole(deps.store, part))) return anew;
  }
  return { from: before.to, parts: [...parts] };
}

function isProgress(value: unknown): value is TaskProgress {
  if (typeof value !== 'object' || value === null) return false;
  const { to, parts, order } = value as Partial<TaskProgress>;
  return order === ROW_ORDER && Number.isSafeInteger(to) && typeof parts?.sha256 === 'string';
}

/**
 * Finds the pieces that a model cannot infer, each model for itself, and infers the others. Always begins at the task's begin
 * and knows no time: which rows are left out depends on the rows and the model alone.
 */
async function isolated(work: MeasuredWork): Promise<Omit<InferredRows, 'latency'>> {
  const pieces = await work.pieces();
  const broken: Unpredicted[] = [];
  const files = await forEachModel(work, async (role, { title }) => {
    const parts: string[] = [];
    try {
      const search = isolate(pieces.length, MAX_FAILURES);
      let next = search.next();
      while (next.done !== true) {
        const { from, to } = next.value;
        next = search.next(await tryPieces(work, role, pieces.slice(from, to), parts));
      }
      const ranges = next.value.map(
        ({ from, to, reason }): UnpredictedRange & { readonly pieces: readonly TaskPiece[] } => ({
          from: pieces[from]!.from,
          to: pieces[to - 1]!.to,
          reason: shortened(
            reason ?? `${title} was not tried on them: ${MAX_FAILURES} trials had failed in their task`,
            LONGEST_REASON,
          ),
          pieces: pieces.slice(from, to),
        }),
      );
      for (const { reason, pieces: lost } of ranges)
        for (const { name, from, to } of lost)
          broken.push({ segment: shortened(name, LONGEST_NAME), rows: to - from, role, reason });
      return await join(work, parts, ranges, work.to - work.from);
    } finally {
      // Put together they are the task's file; after a failure the next attempt makes them anew.
      for (const part of parts) await rm(part, { force: true }).catch(() => undefined);
    }
  });
  return { files, broken: broken.slice(0, NAMED_BROKEN) };
}

/** @returns why the model cannot infer these pieces together, or null when it has, into one more file of `parts` */
async function tryPieces(
  work: MeasuredWork,
  role: Role,
  pieces: readonly TaskPiece[],
  parts: string[],
): Promise<string | null> {
  const { title } = work.models[role]!;
  try {
    const { files } = await inferRange(work, [role], { from: pieces[0]!.from, to: pieces.at(-1)!.to, skip: 0 });
    parts.push(files[role]!);
    return null;
  } catch (error) {
    work.signal.throwIfAborted();
    if (error instanceof BatchRefused) return error.message;
    if (!(error instanceof ProcessDied)) throw error;
    return `${title} ended its process on them${error.how === null ? '' : ` (${error.how})`}`;
  }
}

async function inferRange(
  { deps, source, models, signal, batchMilliseconds }: MeasuredWork,
  roles: readonly Role[],
  range: RowRange,
  budgetMilliseconds?: number,
): Promise<{ readonly statistics: InferStatistics; readonly files: ByRole<string> }> {
  const files: Partial<Record<Role, string>> = {};
  const asked: InferModel[] = [];
  for (const role of roles) {
    const model = models[role];
    if (model === undefined) continue;
    const output = (files[role] = deps.store.temporaryPath('.arrow'));
    asked.push({ ...model, output });
  }
  const started = performance.now();
  try {
    const budget = budgetMilliseconds === undefined ? {} : { budgetMilliseconds };
    const statistics = await deps.compute.inferRows({ ...source, ...range, models: asked, ...budget }, signal);
    deps.telemetry.inferred(statistics.rows, (performance.now() - started) / 1_000, statistics.batchMilliseconds);
    for (const time of statistics.batchMilliseconds) batchMilliseconds.push(time);
    return { statistics, files };
  } catch (error) {
    // What a process left that ended while it wrote.
    for (const file of Object.values(files)) await rm(file, { force: true });
    throw error;
  }
}

async function forEachModel(
  { models }: TaskWork,
  work: (role: Role, model: Omit<InferModel, 'output'>) => Promise<ArtifactRef>,
): Promise<ByRole<ArtifactRef>> {
  const files: Partial<Record<Role, ArtifactRef>> = {};
  for (const role of ROLES) {
    const model = models[role];
    if (model !== undefined) files[role] = await work(role, model);
  }
  return files;
}

async function join(
  { deps, source, signal }: TaskWork,
  parts: readonly string[],
  unpredicted: readonly UnpredictedRange[],
  rows: number,
): Promise<ArtifactRef> {
  const [only] = parts;
  // A model that took all pieces at once has written the task's file already.
  if (parts.length === 1 && unpredicted.length === 0 && only !== undefined) return deps.store.putFile(only, PART);
  const job = {
    parts,
    unpredicted: unpredicted.map(({ from, to, reason }) => ({ from, to, reason })),
    source: source.source,
    rows,
  };
  return withTemporaryFile(deps.store, 'predictions.arrow', async (output) => {
    await deps.compute.joinPredictions({ ...job, output }, signal);
    return deps.store.putFile(output, PART);
  });
}
