/** Many rows into their clusters at once: what `nearestCentre` says of each, from columns and without an object per row. */
import type { ClusterModel } from './clusters.js';

export type FloatColumn = Float32Array | Float64Array;

/** Rows whose standardised features are in memory at once: with a dozen features they stay in the first-level cache's reach. */
const PIECE_ROWS = 256;

export class NearestCentres {
  /** The code of rows that miss a feature: the first after the clusters'. */
  readonly missing: number;
  private readonly width: number;
  /** Centre by centre. */
  private readonly centres: Float64Array;
  private readonly mean: Float64Array;
  private readonly scale: Float64Array;
  /** Row by row. */
  private readonly points: Float64Array;

  constructor({ centres, mean, scale }: ClusterModel) {
    this.missing = centres.length;
    this.width = mean.length;
    this.centres = Float64Array.from(centres.flat());
    this.mean = Float64Array.from(mean);
    this.scale = Float64Array.from(scale);
    this.points = new Float64Array(PIECE_ROWS * this.width);
  }

  /**
   * @param columns by feature of the model; rows `from` <= row < `to` of them count. What is not finite is missing
   * @param codes gets the rows' clusters, the first one at `at`
   */
  assign(columns: readonly FloatColumn[], from: number, to: number, codes: Int32Array, at: number): void {
    for (let begin = from; begin < to; begin += PIECE_ROWS) {
      const end = Math.min(to, begin + PIECE_ROWS);
      for (const [feature, column] of columns.entries()) {
        // Two calls, so that each kind of array has a loop that is compiled for it.
        if (column instanceof Float32Array) this.standardiseSingles(column, feature, begin, end);
        else this.standardise(column, feature, begin, end);
      }
      const place = at + begin - from;
      this.nearest(end - begin, codes, place);
      for (let row = begin; row < end; row++) {
        // Numbers so large that their squares are not: as near to one centre as to any other.
        if (codes[place + row - begin] === this.missing && isComplete(columns, row)) codes[place + row - begin] = 0;
      }
    }
  }

  private standardise(column: Float64Array, feature: number, begin: number, end: number): void {
    const { points, width } = this;
    const [mean, scale] = [this.mean[feature]!, this.scale[feature]!];
    for (let row = begin, place = feature; row < end; row++, place += width)
      points[place] = (column[row]! - mean) / scale;
  }

  private standardiseSingles(column: Float32Array, feature: number, begin: number, end: number): void {
    const { points, width } = this;
    const [mean, scale] = [this.mean[feature]!, this.scale[feature]!];
    for (let row = begin, place = feature; row < end; row++, place += width)
      points[place] = (column[row]! - mean) / scale;
  }

  private nearest(rows: number, codes: Int32Array, at: number): void {
    const { points, centres, width, missing } = this;
    for (let row = 0, point = 0; row < rows; row++, point += width) {
      let best = missing;
      let bestDistance = Infinity;
      for (let cluster = 0, centre = 0; cluster < missing; cluster++, centre += width) {
        let distance = 0;
        for (let feature = 0; feature < width; feature++) {
          const apart = points[point + feature]! - centres[centre + feature]!;
          distance += apart * apart;
        }
        // Never true of NaN, nor of infinity: a row that misses a feature is near to no centre.
        if (distance < bestDistance) {
          bestDistance = distance;
          best = cluster;
        }
      }
      codes[at + row] = best;
    }
  }
}

function isComplete(columns: readonly FloatColumn[], row: number): boolean {
  return columns.every((column) => Number.isFinite(column[row]));
}
