/** Places the rows of one set of labels, by the scores of any number of models: many rows in the kernel, others row by row. Both give the same bits. */
import { type Placements, type Variance, aucDifferenceVariance, placements } from './delong.js';
import { PlacementKernel } from './placement-kernel.js';
import { suitsKernel } from './placement-sums.js';

export class Placer {
  #kernel: PlacementKernel | null = null;

  /** @param labels n times 0 or 1, both of them present */
  constructor(private readonly labels: Uint8Array) {}

  /** @param scores n finite scores, higher means more likely positive */
  placements(scores: Float64Array | Float32Array): Placements {
    const kernel = scores instanceof Float32Array ? this.kernel : null;
    return kernel?.placements(scores as Float32Array) ?? placements(scores, this.labels);
  }

  /** DeLong's variance of the difference of two AUCs on these rows, covariance included. */
  differenceVariance(first: Placements, second: Placements): Variance {
    return this.kernel?.differenceVariance(first, second) ?? aucDifferenceVariance(first, second);
  }

  private get kernel(): PlacementKernel | null {
    if (!suitsKernel(this.labels.length)) return null;
    this.#kernel ??= new PlacementKernel(this.labels);
    return this.#kernel;
  }
}
