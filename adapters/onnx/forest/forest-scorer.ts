/** Scores rows with a forest, in WebAssembly: three to nine times as fast as ONNX Runtime, and the same bits. */
import { type KernelMemory, openKernel } from '../../../domain/kernel.js';
import type { ModelSignature } from '../signature.js';
import { KERNEL_BASE64, ROWS_AT_ONCE } from './kernel-bytes.js';
import { type Answer, type Forest, LEAF_FEATURE } from './read-forest.js';

/** As much of a tensor as is read of one: `dims` is [rows, outputs]. */
export interface Scores {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

interface Walks {
  readonly sumOne: Walk;
  readonly sumMany: Walk;
}

/** Addresses and sizes are in bytes; see `scripts/forest-kernel.js`. */
type Walk = (
  rows: number,
  rowBytes: number,
  groups: number,
  trees: number,
  treeCount: number,
  sums: number,
  sumBytes: number,
) => void;

const WORD = 4;
const NODE_BYTES = 4 * WORD;
const TREE_BYTES = 2 * WORD;

/** Of a forest with its rows: beyond, what it is made from takes too much memory besides, and ONNX Runtime has it too. */
const MAX_BYTES = 512 * 1024 * 1024;

/** Where the kernel's memory begins with pairs of a root's address and a depth. */
const TREES_AT = 0;

export class ForestScorer {
  private constructor(
    /** Without its nodes, which are in the kernel's memory. */
    private readonly forest: Pick<Forest, 'roots' | 'sums' | 'answer' | 'input' | 'outputs' | 'isLostWithNaN'>,
    private readonly kernel: Walks & KernelMemory,
    private readonly features: number,
    /** In the kernel's memory, as many as a batch may have. */
    private readonly rows: Float32Array,
    private readonly sums: Float32Array,
  ) {}

  /**
   * @param features numbers a row has
   * @param capacity rows a batch at most
   * @returns null: the forest asks for features that a row does not have, or is too large
   */
  static open(forest: Forest, features: number, capacity: number): ForestScorer | null {
    const { roots, sums, answer, input, outputs, isLostWithNaN } = forest;
    const nodes = forest.features.length;
    const firstNode = TREES_AT + aligned(roots.length * TREE_BYTES);
    // A tree's root stands alone; its descendants come in pairs.
    const leaves = firstNode + nodes * NODE_BYTES;
    const rowsAt = aligned(leaves + (sums === 1 ? 0 : nodes * sums * WORD));
    const padded = Math.ceil(capacity / ROWS_AT_ONCE) * ROWS_AT_ONCE;
    const sumsAt = rowsAt + aligned(padded * features * WORD);
    const bytes = sumsAt + padded * sums * WORD;
    if (forest.width > features || bytes > MAX_BYTES) return null;

    const kernel = openKernel(KERNEL_BASE64, bytes) as Walks & KernelMemory;
    const { buffer } = kernel.memory;
    layOut(forest, buffer, { firstNode, leaves });
    return new ForestScorer(
      { roots, sums, answer, input, outputs, isLostWithNaN },
      kernel,
      features,
      new Float32Array(buffer, rowsAt, padded * features),
      new Float32Array(buffer, sumsAt, padded * sums),
    );
  }

  /** Whether what it is fed and what it gives are what the model is asked for: a model may take rows of any width, and have other outputs. */
  isFor({ input, features, output }: Pick<ModelSignature, 'input' | 'features' | 'output'>): boolean {
    const { forest } = this;
    return features.length === this.features && forest.input === input && forest.outputs.has(output.name);
  }

  /** Whether {@link score} may be asked for these rows. */
  takes(matrix: Float32Array, rows: number): boolean {
    return !this.forest.isLostWithNaN || !hasNaN(matrix, rows * this.features);
  }

  /** Whether what it gives has to go through the logistic function still. */
  get isLogistic(): boolean {
    return this.forest.answer.kind === 'logistic';
  }

  /** @param matrix `rows` times as many numbers as there are features, row by row; at most as many rows as it was opened for */
  score(matrix: Float32Array, rows: number): Scores {
    const { features, kernel } = this;
    const { roots, sums, answer } = this.forest;
    const capacity = this.rows.length / features;
    if (rows > capacity) throw new RangeError(`${rows} rows are more than ${capacity}`);
    this.rows.set(matrix.subarray(0, rows * features));
    this.sums.fill(0);
    const walk = sums === 1 ? kernel.sumOne : kernel.sumMany;
    const groups = Math.ceil(rows / ROWS_AT_ONCE);
    walk(this.rows.byteOffset, features * WORD, groups, TREES_AT, roots.length, this.sums.byteOffset, sums * WORD);
    return answered(this.sums.subarray(0, rows * sums), answer, { rows, sums, trees: roots.length });
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / NODE_BYTES) * NODE_BYTES;

/** Level by level, so that the two children of a node are side by side, and the nodes that all rows visit as well. */
function layOut(
  forest: Forest,
  buffer: ArrayBuffer,
  at: { readonly firstNode: number; readonly leaves: number },
): void {
  const { features, thresholds, lower, higher, leaves, sums } = forest;
  const ints = new Int32Array(buffer);
  const floats = new Float32Array(buffer);
  floats.set(sums === 1 ? [] : leaves, at.leaves / WORD);
  let free = at.firstNode;
  forest.roots.forEach((root, tree) => {
    let level: (readonly [node: number, address: number])[] = [[root, free]];
    let depth = 0;
    ints.set([free], (TREES_AT + tree * TREE_BYTES) / WORD);
    free += NODE_BYTES;
    for (;;) {
      const below: (readonly [number, number])[] = [];
      for (const [node, address] of level) {
        const word = address / WORD;
        if (features[node] === LEAF_FEATURE) {
          ints[word] = 0;
          floats[word + 1] = NaN;
          ints[word + 2] = address - NODE_BYTES;
          if (sums === 1) floats[word + 3] = leaves[node]!;
          else ints[word + 3] = at.leaves + node * sums * WORD;
          continue;
        }
        ints[word] = features[node]! * WORD;
        floats[word + 1] = thresholds[node]!;
        ints[word + 2] = free;
        below.push([lower[node]!, free], [higher[node]!, free + NODE_BYTES]);
        free += 2 * NODE_BYTES;
      }
      if (below.length === 0) break;
      level = below;
      depth++;
    }
    // A tree of one leaf goes down to itself once.
    ints[(TREES_AT + tree * TREE_BYTES) / WORD + 1] = Math.max(1, depth);
  });
}

function hasNaN(values: Float32Array, length: number): boolean {
  for (let index = 0; index < length; index++) if (values[index] !== values[index]) return true;
  return false;
}

/** In float32 as ONNX Runtime computes: each of these operations, done in float64 and rounded, gives what float32 gives. */
function answered(
  sums: Float32Array,
  answer: Answer,
  of: { readonly rows: number; readonly sums: number; readonly trees: number },
): Scores {
  const { rows } = of;
  switch (answer.kind) {
    case 'sums':
      return { data: sums.slice(), dims: [rows, of.sums] };
    case 'value': {
      const values = answer.isMean ? sums.map((sum) => sum / of.trees) : sums;
      return { data: values.map((value) => value + answer.offset), dims: [rows, 1] };
    }
    case 'logistic':
      return { data: sums.map((sum) => sum + answer.offset), dims: [rows, 1] };
    case 'complement':
    case 'opposite': {
      const data = new Float32Array(rows * 2);
      for (let row = 0; row < rows; row++) {
        data[2 * row] = answer.kind === 'complement' ? 1 - sums[row]! : -sums[row]!;
        data[2 * row + 1] = sums[row]!;
      }
      return { data, dims: [rows, 2] };
    }
  }
}
