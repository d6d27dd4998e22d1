/**
 * Predictions that come in several column files, and rows that have none. A row without a prediction holds NaN, or -1 for a
 * class, and in the column {@link UNPREDICTED} the number of the reason among the file's notes, from 1; 0 stands for a row
 * that has one. A file without the column has a prediction for every row.
 */
import { type NumericColumn, readColumnFile, readColumnNotes } from '../column-file.js';

export const UNPREDICTED = 'unpredicted';

/** Of a class that was not predicted; no class has this number. */
const NO_CLASS = -1;

/** Gathers parts into columns of one length, each row at the place that the caller gives it. */
export class PredictionParts {
  readonly columns: Record<string, NumericColumn> = {};
  readonly reasons: string[] = [];
  unpredicted = 0;

  constructor(private readonly rows: number) {}

  /**
   * @param placesOf from the snapshot's numbers of the part's rows to their places in the whole
   * @returns those places
   */
  add(path: string, placesOf: (rows: Int32Array) => Int32Array): Int32Array {
    const { row, [UNPREDICTED]: absent, ...columns } = readColumnFile(path);
    if (!(row instanceof Int32Array)) throw new Error(`${path} has no row numbers`);
    const places = placesOf(row);
    for (const [name, values] of Object.entries(columns)) {
      const target = (this.columns[name] ??= empty(values, this.rows));
      place(values, places, target);
    }
    if (absent !== undefined) this.addAbsent(absent, places, readColumnNotes(path));
    return places;
  }

  /** Rows that no model was asked for in vain: they keep what an empty column holds. */
  private addAbsent(absent: NumericColumn, places: Int32Array, notes: readonly string[]): void {
    const numbers = notes.map((note) => this.numberOf(note));
    const target = (this.columns[UNPREDICTED] ??= new Int32Array(this.rows));
    for (let index = 0; index < absent.length; index++) {
      if (absent[index] === 0) continue;
      const number = numbers[absent[index]! - 1];
      if (number === undefined) throw new Error(`a row without a prediction has no reason ${absent[index]!}`);
      target[places[index]!] = number;
      this.unpredicted++;
    }
  }

  private numberOf(reason: string): number {
    const known = this.reasons.indexOf(reason);
    return known < 0 ? this.reasons.push(reason) : known + 1;
  }
}

/** A function of its own, so that it is compiled for the kinds of columns. */
function place(values: NumericColumn, places: Int32Array, target: NumericColumn): void {
  const { length } = values;
  for (let index = 0; index < length; index++) target[places[index]!] = values[index]!;
}

/** A column in which no row has a prediction yet. */
function empty(like: NumericColumn, length: number): NumericColumn {
  if (like instanceof Float64Array) return new Float64Array(length).fill(Number.NaN);
  if (like instanceof Float32Array) return new Float32Array(length).fill(Number.NaN);
  if (like instanceof Int32Array) return new Int32Array(length).fill(NO_CLASS);
  return new Uint8Array(length);
}
