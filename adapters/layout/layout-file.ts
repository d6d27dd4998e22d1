/**
 * Features in the order in which tasks want them: a file of blocks, each with the rows of one piece of the snapshot sorted by segment. A task
 * of some segments reads one contiguous stretch of every block, straight into what the model is fed. One pass over the snapshot
 * writes it and no sort sees more than a block, so that memory does not grow with the rows, and several processes
 * can each write a file of a share of them.
 *
 * ```
 * for each block:
 *   row numbers     Int32 × rows
 *   each section    its columns row by row (row-major), or for a text column Int32 × (rows + 1) offsets and UTF-8 bytes
 * for each block    Int32 × (segments + 1): where each segment begins in it
 * footer            JSON
 * length of the footer as UInt32, and the mark
 * ```
 *
 * Bytes are in the machine's order (little-endian wherever ONNX Runtime and DuckDB run).
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { explainedSync } from '../artifact-store/io-errors.js';
import type { ArtifactRef } from '../../domain/artifact.js';
import type { ElementType, FeatureColumn } from '../onnx/signature.js';

const MARK = 'SEGLAY01';
const TAIL_BYTES = 4 + MARK.length;

/** Columns of one element type, which lie together; text columns each alone. */
export interface Section {
  readonly element: ElementType;
  readonly columns: readonly string[];
}

export type NumericItems = Float32Array | Float64Array | BigInt64Array | Int32Array | Int8Array;
export type SectionItems = NumericItems | string[];

export interface Block {
  readonly rows: number;
  /** Where it begins, and the length of the row numbers and of each section, in bytes. */
  readonly at: number;
  readonly bytes: readonly number[];
}

interface Footer {
  readonly segments: number;
  readonly sections: readonly Section[];
  readonly blocks: readonly Block[];
  /** Where the blocks' segment starts begin. */
  readonly starts: number;
}

/** The columns as sections, in the order of their first column. */
export function sectionsOf(columns: readonly FeatureColumn[]): readonly Section[] {
  const sections: { element: ElementType; columns: string[] }[] = [];
  for (const { column, element } of columns) {
    const known = element === 'string' ? undefined : sections.find((section) => section.element === element);
    if (known === undefined) sections.push({ element, columns: [column] });
    else if (!known.columns.includes(column)) known.columns.push(column);
  }
  return sections;
}

export function allocateItems(element: ElementType, length: number): SectionItems {
  switch (element) {
    case 'float32':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'bool':
      return new Int8Array(length);
    case 'string':
      return new Array<string>(length).fill('');
  }
}

/** What a layout file came to. */
export interface LaidOut {
  readonly digest: ArtifactRef;
  /** Rows by segment. */
  readonly sizes: readonly number[];
}

export class LayoutWriter {
  private readonly file: number;
  private readonly blocks: Block[] = [];
  private readonly starts: Int32Array[] = [];
  private readonly sizes: number[];
  private readonly hash = createHash('sha256');
  private at = 0;

  /** @param path must not exist */
  constructor(
    private readonly path: string,
    private readonly segments: number,
    private readonly sections: readonly Section[],
  ) {
    this.file = explainedSync('write', path, () => openSync(path, 'wx'));
    this.sizes = new Array<number>(segments).fill(0);
  }

  /**
   * @param starts where each segment begins in the block, and the block's rows at the end: `segments` + 1
   * @param items by section, as many rows as there are numbers
   */
  add(numbers: Int32Array, starts: Int32Array, items: readonly SectionItems[]): void {
    const { at } = this;
    const bytes = [this.write(numbers)];
    for (const section of items) bytes.push(Array.isArray(section) ? this.writeTexts(section) : this.write(section));
    this.blocks.push({ rows: numbers.length, at, bytes });
    this.starts.push(starts.slice());
    for (let segment = 0; segment < this.segments; segment++)
      this.sizes[segment]! += starts[segment + 1]! - starts[segment]!;
  }

  close(): LaidOut {
    const footer: Footer = {
      segments: this.segments,
      sections: this.sections,
      blocks: this.blocks,
      starts: this.at,
    };
    for (const starts of this.starts) this.write(starts);
    const text = Buffer.from(JSON.stringify(footer), 'utf8');
    const tail = Buffer.alloc(TAIL_BYTES);
    tail.writeUInt32LE(text.length);
    tail.write(MARK, 4, 'latin1');
    this.write(text);
    this.write(tail);
    closeSync(this.file);
    return { digest: { sha256: this.hash.digest('hex'), bytes: this.at }, sizes: this.sizes };
  }

  private writeTexts(texts: readonly string[]): number {
    const offsets = new Int32Array(texts.length + 1);
    const encoded = texts.map((text) => Buffer.from(text, 'utf8'));
    encoded.forEach(({ length }, index) => (offsets[index + 1] = offsets[index]! + length));
    return this.write(offsets) + this.write(Buffer.concat(encoded));
  }

  private write(items: NumericItems | Uint8Array): number {
    const bytes = new Uint8Array(items.buffer, items.byteOffset, items.byteLength);
    explainedSync('write', this.path, () => {
      for (let done = 0; done < bytes.length;) done += writeSync(this.file, bytes, done);
    });
    // Hashed on the way: whoever stores the file would have to read it for that.
    this.hash.update(bytes);
    this.at += bytes.length;
    return bytes.length;
  }
}

export class LayoutReader {
  private constructor(
    private readonly file: number,
    private readonly path: string,
    private readonly footer: Footer,
  ) {}

  /** @throws Error when it is no layout, or not a whole one */
  static open(path: string): LayoutReader {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const tail = Buffer.from(readBytes(file, path, Math.max(0, size - TAIL_BYTES), Math.min(size, TAIL_BYTES)));
      if (tail.subarray(4).toString('latin1') !== MARK) throw new Error(`${path} is not a layout`);
      const length = tail.readUInt32LE();
      const text = readBytes(file, path, size - TAIL_BYTES - length, length);
      return new LayoutReader(file, path, JSON.parse(Buffer.from(text).toString('utf8')) as Footer);
    } catch (error) {
      closeSync(file);
      throw error;
    }
  }

  get sections(): readonly Section[] {
    return this.footer.sections;
  }

  get blocks(): readonly Block[] {
    return this.footer.blocks;
  }

  /** Where a segment begins and ends in a block. */
  segmentIn(block: number, segment: number): readonly [number, number] {
    const { segments, starts } = this.footer;
    const at = starts + (block * (segments + 1) + segment) * Int32Array.BYTES_PER_ELEMENT;
    const [begin, end] = new Int32Array(readBytes(this.file, this.path, at, 2 * Int32Array.BYTES_PER_ELEMENT));
    return [begin!, end!];
  }

  /** The numbers of a block's rows `from` <= row < `to`. */
  numbers(block: number, from: number, to: number): Int32Array {
    const at = this.blocks[block]!.at + from * Int32Array.BYTES_PER_ELEMENT;
    return new Int32Array(readBytes(this.file, this.path, at, (to - from) * Int32Array.BYTES_PER_ELEMENT));
  }

  /** What a section holds of them, row by row. */
  items(block: number, section: number, from: number, to: number): SectionItems {
    const { at, bytes } = this.blocks[block]!;
    const begin = bytes.slice(0, section + 1).reduce((sum, length) => sum + length, at);
    const { element, columns } = this.sections[section]!;
    if (element === 'string') return this.texts(begin, this.blocks[block]!.rows, from, to);
    const width = columns.length * ELEMENT_BYTES[element];
    return typed(element, readBytes(this.file, this.path, begin + from * width, (to - from) * width));
  }

  close(): void {
    closeSync(this.file);
  }

  private texts(begin: number, rows: number, from: number, to: number): string[] {
    const size = Int32Array.BYTES_PER_ELEMENT;
    const offsets = new Int32Array(readBytes(this.file, this.path, begin + from * size, (to - from + 1) * size));
    const [first] = offsets;
    const heap = begin + (rows + 1) * size + first!;
    const bytes = Buffer.from(readBytes(this.file, this.path, heap, offsets.at(-1)! - first!));
    return Array.from({ length: to - from }, (_text, row) =>
      bytes.toString('utf8', offsets[row]! - first!, offsets[row + 1]! - first!),
    );
  }
}

const ELEMENT_BYTES = { float32: 4, float64: 8, int64: 8, int32: 4, bool: 1 } as const;

function typed(element: keyof typeof ELEMENT_BYTES, bytes: ArrayBuffer): NumericItems {
  switch (element) {
    case 'float32':
      return new Float32Array(bytes);
    case 'float64':
      return new Float64Array(bytes);
    case 'int64':
      return new BigInt64Array(bytes);
    case 'int32':
      return new Int32Array(bytes);
    case 'bool':
      return new Int8Array(bytes);
  }
}

function readBytes(file: number, path: string, at: number, length: number): ArrayBuffer {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const read = readSync(file, bytes, done, length - done, at + done);
    if (read === 0) throw new Error(`${path} ends before byte ${at + length}`);
    done += read;
  }
  return bytes.buffer;
}
