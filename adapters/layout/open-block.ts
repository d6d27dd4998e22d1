/** Rows of one block of a layout on their way to their places in it. */
import { OUTSIDE } from '../../domain/slices/segment-table.js';
import { type LayoutWriter, type Section, type SectionItems, allocateItems } from './layout-file.js';

export class OpenBlock {
  filled = 0;
  private readonly starts: Int32Array;
  /** By row, from the block's first: its place in the block. */
  private readonly places: Int32Array;
  private readonly sorted: Int32Array;
  /** Of the rows that are filled in, by column in the sections' order, as they came. */
  private readonly columns: readonly SectionItems[];
  /** By section: what is written. */
  private readonly items: readonly SectionItems[];

  constructor(
    /** Of the block's rows. */
    readonly capacity: number,
    private readonly segments: number,
    private readonly sections: readonly Section[],
  ) {
    this.starts = new Int32Array(segments + 1);
    this.places = new Int32Array(capacity);
    this.sorted = new Int32Array(capacity);
    this.columns = sections.flatMap(({ element, columns }) => columns.map(() => allocateItems(element, capacity)));
    this.items = sections.map(({ element, columns }) => allocateItems(element, capacity * columns.length));
  }

  /** As many of the rows `from` <= row < `to` as there is room for. @returns the first that is left */
  fill(columns: readonly SectionItems[], from: number, to: number): number {
    const end = Math.min(to, from + this.capacity - this.filled);
    for (const [index, column] of this.columns.entries()) copyItems(columns[index]!, column, from, end, this.filled);
    this.filled += end - from;
    return end;
  }

  /**
   * Writes the rows by segment, each segment's in their order, and is empty again.
   *
   * @param first number of the first row
   * @param codes segment of each row, from the first
   */
  writeTo(writer: LayoutWriter, first: number, codes: Int32Array): void {
    const { filled, starts, places, sorted, columns } = this;
    this.sort(first, codes);
    for (let row = 0; row < filled; row++) sorted[places[row]!] = first + row;
    let column = 0;
    const items = this.sections.map(({ columns: names }, section) => {
      const sources = columns.slice(column, (column += names.length));
      const target = this.items[section]!;
      interleave(sources, target, places, filled);
      return target.slice === Array.prototype.slice
        ? (target as string[]).slice(0, filled)
        : (target as Float32Array).subarray(0, filled * names.length);
    });
    writer.add(sorted.subarray(0, filled), starts, items);
    this.filled = 0;
  }

  /** A counting sort. */
  private sort(first: number, codes: Int32Array): void {
    const { starts, places, segments, filled } = this;
    starts.fill(0);
    for (let row = 0; row < filled; row++) {
      const code = codes[row]!;
      if (code <= OUTSIDE || code >= segments)
        throw new Error(`row ${first + row} is in no segment (${code} of ${segments})`);
      starts[code + 1]!++;
    }
    for (let segment = 0; segment < segments; segment++) starts[segment + 1]! += starts[segment]!;
    const next = starts.slice(0, segments);
    for (let row = 0; row < filled; row++) places[row] = next[codes[row]!]!++;
  }
}

function copyItems(source: SectionItems, target: SectionItems, from: number, to: number, at: number): void {
  if (Array.isArray(source)) for (let row = from; row < to; row++) target[at + row - from] = source[row]!;
  // Of one element type, or doubles that are rounded to float32 here; the types do not say so.
  else (target as Float32Array).set((source as Float32Array).subarray(from, to), at);
}

/** Columns side by side, row by row, each row in its place. A function of its own, so that it is compiled for each kind of array by itself. */
function interleave(sources: readonly SectionItems[], target: SectionItems, places: Int32Array, rows: number): void {
  const width = sources.length;
  for (let row = 0; row < rows; row++) {
    const at = places[row]! * width;
    for (let column = 0; column < width; column++) target[at + column] = sources[column]![row]!;
  }
}
