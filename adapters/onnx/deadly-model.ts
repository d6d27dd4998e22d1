/** A model that ends the process that runs it is told from a process that died of something else: it does so again. */
import { SegmentryError } from '../../domain/errors.js';
import { ProcessDied } from '../compute-errors.js';

/**
 * At which death of its process a model is blamed. The first may have been the machine's memory or somebody with a shell; more than two
 * would only make whoever waits for the answer wait longer.
 */
export const DEATHS = 2;

/**
 * @param work runs the model in a compute process
 * @param what happened to whom: "late-flight version 2: the process that loaded model.onnx"
 * @throws SegmentryError (data) when the process died each time
 */
export async function blamingTheModel<T>(work: () => Promise<T>, what: string): Promise<T> {
  for (let deaths = 1; ; deaths++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ProcessDied)) throw error;
      if (deaths < DEATHS) continue;
      const how = error.how === null ? '' : ` (${error.how})`;
      throw new SegmentryError(
        `${what} died${how}, ${DEATHS} times of ${DEATHS}; is it a complete ONNX model, and is there memory for it?`,
        'data',
      );
    }
  }
}
