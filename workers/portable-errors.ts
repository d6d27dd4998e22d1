/** What comes back from a compute process. Errors keep their kind on the way: between processes only the message would be left. */
import { BatchRefused } from '../adapters/compute-errors.js';
import { SegmentryError } from '../domain/errors.js';

export interface Failed {
  readonly failed: {
    readonly message: string;
    readonly kind: SegmentryError['kind'];
    /** It was a {@link BatchRefused}. */
    readonly batch?: boolean;
  };
}

/** Wraps a job so that an explained error is returned as data. */
export function portable<J, R>(job: (input: J) => R | Promise<R>): (input: J) => Promise<R | Failed> {
  return async (input) => {
    try {
      return await job(input);
    } catch (error) {
      if (error instanceof BatchRefused) return { failed: { message: error.message, kind: error.kind, batch: true } };
      if (error instanceof SegmentryError) return { failed: { message: error.message, kind: error.kind } };
      throw error;
    }
  };
}

/** The job's result, or its error thrown again. */
export function unwrap<R>(result: R | Failed): R {
  if (typeof result === 'object' && result !== null && 'failed' in result) {
    const { message, kind, batch } = result.failed;
    throw batch === true ? new BatchRefused(message) : new SegmentryError(message, kind);
  }
  return result;
}
