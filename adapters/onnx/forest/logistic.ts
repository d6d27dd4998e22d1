/**
 * The logistic function as ONNX Runtime computes it behind trees: with the exponential function of the C library, of whose last bit
 * JavaScript knows nothing (4 of 100,000 numbers differ). So a model is asked that does nothing else, a linear one with the coefficient 1,
 * which puts its sum through the same code.
 */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { SESSION_OPTIONS } from '../session.js';
import type { Scores } from './forest-scorer.js';

/** LinearClassifier (ai.onnx.ml 1): coefficients [1], intercepts [0], classlabels_ints [0, 1], post_transform LOGISTIC. A test writes it once more. */
export const LOGISTIC_MODEL =
  'CAg6/wEKpAEKBHN1bXMSBWxhYmVsEg1wcm9iYWJpbGl0aWVzIhBMaW5lYXJDbGFzc2lmaWVyKhcKDGNvZWZmaWNpZW50czoEAACAP6ABBioVCgppbnRlcmNl' +
  'cHRzOgQAAAAAoAEGKhkKEGNsYXNzbGFiZWxzX2ludHNAAEABoAEHKh0KDnBvc3RfdHJhbnNmb3JtIghMT0dJU1RJQ6ABAzoKYWkub25ueC5tbBIFZ3JhcGha' +
  'FwoEc3VtcxIPCg0IARIJCgMSAU4KAggBYhQKBWxhYmVsEgsKCQgHEgUKAxIBTmIgCg1wcm9iYWJpbGl0aWVzEg8KDQgBEgkKAxIBTgoCCAJCBAoAEBFCDgoK' +
  'YWkub25ueC5tbBAB';

const INPUT = 'sums';
const OUTPUT = 'probabilities';

let opened: Promise<InferenceSession> | null = null;

/** @param sums of each row; @returns of each row 1 - p and p */
export async function logistic(sums: Scores): Promise<Scores> {
  opened ??= InferenceSession.create(Buffer.from(LOGISTIC_MODEL, 'base64'), SESSION_OPTIONS);
  const session = await opened;
  const { [OUTPUT]: output } = await session.run({ [INPUT]: new Tensor('float32', sums.data, sums.dims) }, [OUTPUT]);
  return { data: output!.data as Float32Array, dims: output!.dims };
}
