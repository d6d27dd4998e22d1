/**
 * How a job in a compute thread learns that it is no longer wanted. A thread cannot be ended from outside while ONNX Runtime
 * or DuckDB is at work in it: that aborts the whole process. So the job looks at a flag between two pieces of work.
 */

/** The job was stopped because nobody wants its result any more. */
export class JobStopped extends Error {
  override readonly name = 'AbortError';

  constructor() {
    super('The job was stopped: its result is no longer wanted');
  }
}

/** Shared between the thread and whoever asked for the job. */
export class StopFlag {
  constructor(readonly shared = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))) {}

  stop(): void {
    Atomics.store(this.shared, 0, 1);
  }

  get stopped(): boolean {
    return Atomics.load(this.shared, 0) !== 0;
  }

  begin(): void {
    Atomics.store(this.shared, 1, 1);
  }

  get begun(): boolean {
    return Atomics.load(this.shared, 1) !== 0;
  }
}

/** Of the one job that this thread does. */
let current: StopFlag | null = null;

export async function whileStoppable<T>(flag: StopFlag, work: () => T | Promise<T>): Promise<T> {
  current = flag;
  flag.begin();
  try {
    throwIfStopped();
    return await work();
  } finally {
    current = null;
  }
}

/** Called by jobs between two pieces of work; does nothing outside a compute thread. */
export function throwIfStopped(): void {
  if (current?.stopped === true) throw new JobStopped();
}
