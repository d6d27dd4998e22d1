/** Scores rows with a forest, in WebAssembly: three to nine times as fast as ONNX Runtime, and the same bits. */
import { type KernelMemory, openKernel } from '../../../domain/kernel.js';
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

export class ForestScorer {
  private constructor(
    /** Without its nodes, which are in the kernel's memory. */
    private readonly forest: Pick<Forest, 'roots' | 'sums' | 'answer' | 'isLostWithNaN'>,
    private readonly kernel: Walks & KernelMemory,
    private readonly features: number,
    private readonly capacity: number,
    /** Addresses of the trees, of the rows and of their sums. */
    private readonly at: { readonly trees: number; readonly rows: number; readonly sums: number },
  ) {}

  /**
   * @param features numbers a row has
   * @param capacity rows a batch at most
   * @returns null: the forest asks for features that a row does not have, or is too large
   */
  static open(forest: Forest, features: number, capacity: number): ForestScorer | null {
    const { roots, sums, answer, isLostWithNaN } = forest;
    const nodes = forest.features.length;
    const trees = 0;
    const firstNode = trees + aligned(roots.length * TREE_BYTES);
    // A tree's root stands alone; its descendants come in pairs.
    const leaves = firstNode + nodes * NODE_BYTES;
    const rows = aligned(leaves + (sums === 1 ? 0 : nodes * sums * WORD));
    const padded = Math.ceil(capacity / ROWS_AT_ONCE) * ROWS_AT_ONCE;
    const sumsAt = rows + aligned(padded * features * WORD);
    const bytes = sumsAt + padded * sums * WORD;
    if (forest.width > features || bytes > MAX_BYTES) return null;

    const kernel = openKernel(KERNEL_BASE64, bytes) as Walks & KernelMemory;
    layOut(forest, kernel.memory, { trees, firstNode, leaves });
    const rest = { roots, sums, answer, isLostWithNaN };
    return new ForestScorer(rest, kernel, features, padded, { trees, rows, sums: sumsAt });
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
    const { features, kernel, at } = this;
    const { roots, sums } = this.forest;
    if (rows > this.capacity) throw new RangeError(`${rows} rows are more than ${this.capacity}`);
    const words = new Float32Array(kernel.memory.buffer);
    words.set(matrix.subarray(0, rows * features), at.rows / WORD);
    const groups = Math.ceil(rows / ROWS_AT_ONCE);
    words.fill(0, at.sums / WORD, at.sums / WORD + groups * ROWS_AT_ONCE * sums);
    const walk = sums === 1 ? kernel.sumOne : kernel.sumMany;
    walk(at.rows, features * WORD, groups, at.trees, roots.length, at.sums, sums * WORD);
    const found = words.subarray(at.sums / WORD, at.sums / WORD + rows * sums);
    return answered(found, this.forest.answer, rows, sums);
  }
}

const aligned = (bytes: number): number => Math.ceil(bytes / NODE_BYTES) * NODE_BYTES;

/** Level by level, so that the two children of a node are side by side, and the nodes that all rows visit as well. */
function layOut(
  forest: Forest,
  { buffer }: KernelMemory['memory'],
  at: { readonly trees: number; readonly firstNode: number; readonly leaves: number },
): void {
  const { features, thresholds, lower, higher, leaves, sums } = forest;
  const ints = new Int32Array(buffer);
  const floats = new Float32Array(buffer);
  floats.set(sums === 1 ? [] : leaves, at.leaves / WORD);
  let free = at.firstNode;
  forest.roots.forEach((root, tree) => {
    let level: (readonly [node: number, address: number])[] = [[root, free]];
    let depth = 0;
    ints.set([free], (at.trees + tree * TREE_BYTES) / WORD);
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
    ints[(at.trees + tree * TREE_BYTES) / WORD + 1] = Math.max(1, depth);
  });
}

function hasNaN(values: Float32Array, length: number): boolean {
  for (let index = 0; index < length; index++) if (values[index] !== values[index]) return true;
  return false;
}

/** In float32 as ONNX Runtime computes: each of these operations, done in float64 and rounded, gives what float32 gives. */
function answered(sums: Float32Array, answer: Answer, rows: number, width: number): Scores {
  switch (answer.kind) {
    case 'sums':
      return { data: sums.slice(), dims: [rows, width] };
    case 'value': {
      const { divisor, offset } = answer;
      const mean = divisor === null ? sums : sums.map((sum) => sum / divisor);
      return { data: mean.map((value) => value + offset), dims: [rows, 1] };
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
