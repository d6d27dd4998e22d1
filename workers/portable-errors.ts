/** What goes in and out of a thread. Errors keep their kind on the way: a structured clone keeps message and stack only. */
import { JobStopped, StopFlag, whileStoppable } from '../adapters/stop-flag.js';
import { SegmentryError } from '../domain/errors.js';

export interface PortableJob<J> {
  readonly input: J;
  /** {@link StopFlag} */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

export interface Failed {
  readonly failed: { readonly message: string; readonly kind: SegmentryError['kind'] | 'stopped' };
}

/** Wraps a job so that it can be stopped, and so that an explained error is returned as data. */
export function portable<J, R>(job: (input: J) => R | Promise<R>): (job: PortableJob<J>) => Promise<R | Failed> {
  return async ({ input, stop }) => {
    try {
      return await whileStoppable(new StopFlag(stop), () => job(input));
    } catch (error) {
      if (error instanceof SegmentryError) return { failed: { message: error.message, kind: error.kind } };
      if (error instanceof JobStopped) return { failed: { message: error.message, kind: 'stopped' } };
      throw error;
    }
  };
}

/** The job's result, or its error thrown again. */
export function unwrap<R>(result: R | Failed): R {
  if (typeof result === 'object' && result !== null && 'failed' in result) {
    const { message, kind } = result.failed;
    throw kind === 'stopped' ? new JobStopped() : new SegmentryError(message, kind);
  }
  return result;
}
