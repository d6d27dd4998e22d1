/** Whether a model is an ensemble of trees: its rows go through a small part of it, where those of a network go through all. */
import { open } from 'node:fs/promises';

/** In the names of all operators for them: TreeEnsembleClassifier, TreeEnsembleRegressor, and TreeEnsemble of ai.onnx.ml 5. */
export const OPERATOR = 'TreeEnsemble';

/** Where the name is in a model of trees, in bytes from its beginning: operators come before the numbers that belong to them. */
const SEARCHED_BYTES = 1024 * 1024;

export async function isTreeEnsemble(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const beginning = Buffer.alloc(SEARCHED_BYTES);
    const { bytesRead } = await file.read(beginning, 0, SEARCHED_BYTES, 0);
    return beginning.subarray(0, bytesRead).includes(OPERATOR, 0, 'latin1');
  } finally {
    await file.close();
  }
}
