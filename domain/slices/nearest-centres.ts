/** Many rows into their clusters at once: what `nearestCentre` says of each, from columns and without an object per row. */
import type { ClusterModel } from './clusters.js';

export type FloatColumn = Float32Array | Float64Array;

/** Rows whose standardised features are in memory at once: with a dozen features they fit into the first-level cache. */
const PIECE_ROWS = 256;

/**
 * Works through a piece of rows feature by feature: sums of neighbouring rows do not wait for each other, as those of one row's
 * features would. Each row's own sum goes through its features in their order, so it has the bits that it has by itself.
 */
export class NearestCentres {
  /** The code of rows that miss a feature: the first after the clusters'. */
  readonly missing: number;
  private readonly features: number;
  /** Centre by centre. */
  private readonly centres: Float64Array;
  private readonly mean: Float64Array;
  private readonly scale: Float64Array;
  /** Feature by feature, {@link PIECE_ROWS} each. */
  private readonly points: Float64Array;
  /** Of each row to the centre at hand, and to the nearest one so far. */
  private readonly distances = new Float64Array(PIECE_ROWS);
  private readonly nearest = new Float64Array(PIECE_ROWS);

  constructor({ centres, mean, scale }: ClusterModel) {
    this.missing = centres.length;
    this.features = mean.length;
    this.centres = Float64Array.from(centres.flat());
    this.mean = Float64Array.from(mean);
    this.scale = Float64Array.from(scale);
    this.points = new Float64Array(PIECE_ROWS * mean.length);
  }

  /**
   * @param columns by feature of the model; rows `from` <= row < `to` of them count. What is not finite is missing
   * @param codes gets the rows' clusters, the first one at `at`
   */
  assign(columns: readonly FloatColumn[], from: number, to: number, codes: Int32Array, at: number): void {
    for (let begin = from; begin < to; begin += PIECE_ROWS) {
      const end = Math.min(to, begin + PIECE_ROWS);
      const place = at + begin - from;
      for (const [feature, column] of columns.entries()) {
        // Two calls, so that each kind of array has a loop that is compiled for it.
        if (column instanceof Float32Array) this.standardiseSingles(column, feature, begin, end);
        else this.standardise(column, feature, begin, end);
      }
      this.findNearest(end - begin, codes, place);
      for (let row = begin; row < end; row++) {
        // Numbers so large that their squares are not: as near to one centre as to any other.
        if (codes[place + row - begin] === this.missing && isComplete(columns, row)) codes[place + row - begin] = 0;
      }
    }
  }

  private standardise(column: Float64Array, feature: number, begin: number, end: number): void {
    const { points } = this;
    const [mean, scale] = [this.mean[feature]!, this.scale[feature]!];
    for (let row = begin, place = feature * PIECE_ROWS; row < end; row++, place++)
      points[place] = (column[row]! - mean) / scale;
  }

  private standardiseSingles(column: Float32Array, feature: number, begin: number, end: number): void {
    const { points } = this;
    const [mean, scale] = [this.mean[feature]!, this.scale[feature]!];
    for (let row = begin, place = feature * PIECE_ROWS; row < end; row++, place++)
      points[place] = (column[row]! - mean) / scale;
  }

  private findNearest(rows: number, codes: Int32Array, at: number): void {
    const { features, missing, distances, nearest } = this;
    nearest.fill(Infinity, 0, rows);
    codes.fill(missing, at, at + rows);
    for (let cluster = 0; cluster < missing; cluster++) {
      distances.fill(0, 0, rows);
      let feature = 0;
      for (; feature + 4 <= features; feature += 4) this.addFour(cluster, feature, rows);
      for (; feature < features; feature++) this.addOne(cluster, feature, rows);
      for (let row = 0; row < rows; row++) {
        const distance = distances[row]!;
        // Never true of NaN, nor of infinity: a row that misses a feature is near to no centre.
        if (distance < nearest[row]!) {
          nearest[row] = distance;
          codes[at + row] = cluster;
        }
      }
    }
  }

  /** Adds what a feature is apart from the centre, squared. */
  private addOne(cluster: number, feature: number, rows: number): void {
    const { points, distances } = this;
    const centre = this.centres[cluster * this.features + feature]!;
    const begin = feature * PIECE_ROWS;
    for (let row = 0; row < rows; row++) {
      const apart = points[begin + row]! - centre;
      distances[row]! += apart * apart;
    }
  }

  /** The same of this feature and the next three: the sums are loaded and stored once instead of four times. */
  private addFour(cluster: number, feature: number, rows: number): void {
    const { points, distances, centres } = this;
    const place = cluster * this.features + feature;
    const [first, second, third, fourth] = [
      centres[place]!,
      centres[place + 1]!,
      centres[place + 2]!,
      centres[place + 3]!,
    ];
    const begin = feature * PIECE_ROWS;
    for (let row = 0; row < rows; row++) {
      const one = points[begin + row]! - first;
      const two = points[begin + PIECE_ROWS + row]! - second;
      const three = points[begin + 2 * PIECE_ROWS + row]! - third;
      const four = points[begin + 3 * PIECE_ROWS + row]! - fourth;
      distances[row] = distances[row]! + one * one + two * two + three * three + four * four;
    }
  }
}

function isComplete(columns: readonly FloatColumn[], row: number): boolean {
  return columns.every((column) => Number.isFinite(column[row]));
}
