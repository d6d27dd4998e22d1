/** Errors keep their kind on the way out of a thread: a structured clone keeps message and stack only. */
import { SegmentryError } from '../domain/errors.js';

export interface Failed {
  readonly failed: { readonly message: string; readonly kind: SegmentryError['kind'] };
}

/** Wraps a job so that an explained error is returned as data. */
export function portable<J, R>(job: (input: J) => R | Promise<R>): (input: J) => Promise<R | Failed> {
  return async (input) => {
    try {
      return await job(input);
    } catch (error) {
      if (error instanceof SegmentryError) return { failed: { message: error.message, kind: error.kind } };
      throw error;
    }
  };
}

/** The job's result, or its error thrown again. */
export function unwrap<R>(result: R | Failed): R {
  if (typeof result === 'object' && result !== null && 'failed' in result) {
    throw new SegmentryError(result.failed.message, result.failed.kind);
  }
  return result;
}
