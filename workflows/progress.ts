/** How far a run is: asked for by the CLI, and shown in the Temporal UI. */
import { defineQuery, isCancellation, setCurrentDetails } from '@temporalio/workflow';
import type { RunProgress, StageProgress } from '../activities/contract.js';
import type { Timings } from '../domain/result.js';
import { STAGES, type Stage } from '../domain/stages.js';

export const progressQuery = defineQuery<RunProgress>('progress');

/** Keeps the progress of one run. Time is workflow time, so a replay tells the same. */
export class Progress {
  private readonly stages = new Map<Stage, StageProgress>(
    STAGES.map((stage) => [
      stage,
      { stage, state: 'waiting', done: null, total: null, unit: null, note: null, seconds: null },
    ]),
  );

  constructor(private readonly title: string) {
    this.show();
  }

  /** Runs a stage, and keeps when it began, how it ended and what `note` says of its result. */
  async during<T>(stage: Stage, work: () => Promise<T>, note: (result: T) => string): Promise<T> {
    const started = Date.now();
    this.set(stage, { state: 'running' });
    try {
      const result = await work();
      this.set(stage, { state: 'done', note: note(result), seconds: (Date.now() - started) / 1_000 });
      return result;
    } catch (error) {
      const state = isCancellation(error) ? 'cancelled' : 'failed';
      this.set(stage, { state, seconds: (Date.now() - started) / 1_000 });
      throw error;
    }
  }

  count(stage: Stage, done: number, total: number, unit: string): void {
    this.set(stage, { done, total, unit });
  }

  skip(stage: Stage, note: string): void {
    this.set(stage, { state: 'skipped', note });
  }

  get timings(): Timings {
    const entries = [...this.stages.values()].flatMap(({ stage, seconds }) =>
      seconds === null ? [] : [[stage, seconds]],
    );
    return Object.fromEntries(entries) as Timings;
  }

  get snapshot(): RunProgress {
    return { title: this.title, stages: [...this.stages.values()] };
  }

  private set(stage: Stage, change: Partial<StageProgress>): void {
    const before = this.stages.get(stage);
    if (before !== undefined) this.stages.set(stage, { ...before, ...change });
    this.show();
  }

  /** The stage table of the Temporal UI. */
  private show(): void {
    const rows = [...this.stages.values()].map(({ stage, state, done, total, unit, note, seconds }) => {
      const parts = total === null || state === 'done' ? '' : `${String(done)} of ${total} ${unit ?? ''}`;
      const time = seconds === null ? '' : `${seconds.toFixed(1)} s`;
      return `| ${stage} | ${state} | ${escapeCell(note ?? parts)} | ${time} |`;
    });
    setCurrentDetails(['| stage | state | | time |', '|---|---|---|---|', ...rows].join('\n'));
  }
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
