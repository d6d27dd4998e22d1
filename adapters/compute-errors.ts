/** How a compute job ends without a result of its own making. */
import { SegmentryError } from '../domain/errors.js';

/** The job was stopped because nobody wants its result any more. */
export class JobStopped extends Error {
  override readonly name = 'AbortError';

  constructor() {
    super('The job was stopped: its result is no longer wanted');
  }
}

/** The process that did the job is gone: native code crashed, memory ran out, or somebody killed it. */
export class ProcessDied extends SegmentryError {
  /** @param how "SIGSEGV", "exit code 1", or null when nothing says how */
  constructor(
    job: string,
    readonly how: string | null,
  ) {
    super(`the compute process died in ${job}${how === null ? '' : ` (${how})`}`, 'infrastructure');
  }
}

/** A model did not take some rows: ONNX Runtime refused a batch. Other rows may be fine, trying the same again is not. */
export class BatchRefused extends SegmentryError {
  constructor(message: string) {
    super(message, 'data');
  }
}
