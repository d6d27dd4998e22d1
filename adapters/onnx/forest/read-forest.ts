/**
 * Ensembles of trees whose answers can be computed here to the last bit as ONNX Runtime does: sums of float32 numbers, tree after tree.
 * That is forests of all kinds, boosted trees that give a number, and boosted classifiers of two classes.
 */
import { type TreeAttributes, readTreeAttributes } from './tree-attributes.js';

/** Nodes of all trees, in the order of the file. */
export interface Forest {
  readonly roots: Int32Array;
  /** By node; {@link LEAF_FEATURE}: it is a leaf. */
  readonly features: Int32Array;
  /** By node: the row goes to `lower` where its feature is at most this; NaN is not. */
  readonly thresholds: Float32Array;
  readonly lower: Int32Array;
  readonly higher: Int32Array;
  /** Numbers that a leaf gives: `leaves[node * sums + index]`. */
  readonly leaves: Float32Array;
  readonly sums: number;
  readonly answer: Answer;
  /** Name of the value with the rows' features. */
  readonly input: string;
  /** Names of the values that are the scores. */
  readonly outputs: ReadonlySet<string>;
  /** Features that a row must have. */
  readonly width: number;
  /** Whether NaN goes another way somewhere than where greater features go: rows that have one cannot be scored here. */
  readonly isLostWithNaN: boolean;
}

/**
 * What is made of the sums of a row:
 *
 * - `sums`: they are its scores
 * - `complement`, `opposite`: a classifier of two classes that keeps one number, s, gives [1 - s, s] where no leaf is negative, else [-s, s]
 * - `value`: divided by the number of trees, where it is a mean, and `offset` added
 * - `logistic`: `offset` added, and put through the logistic function
 */
export type Answer =
  | { readonly kind: 'sums' | 'complement' | 'opposite' }
  | { readonly kind: 'value'; readonly isMean: boolean; readonly offset: number }
  | { readonly kind: 'logistic'; readonly offset: number };

export const LEAF_FEATURE = -1;

/** No node. */
const NONE = -1;

const LEAF = 'LEAF';

/** What else a node may compare with goes to ONNX Runtime: GT and GTE send NaN another way, and nothing that exports forests writes them. */
const AT_MOST = 'BRANCH_LEQ';
const LESS = 'BRANCH_LT';

/** In the names of attributes with numbers of 64 bits: those sums are of another precision. */
const DOUBLE = '_as_tensor';

/** @returns null: its answers are left to ONNX Runtime */
export function readForest(model: Uint8Array): Forest | null {
  const attributes = readTreeAttributes(model);
  if (attributes === null) return null;
  if ([...attributes.names].some((name) => name.endsWith(DOUBLE))) return null;
  const given = answerOf(attributes);
  const trees = given === null ? null : readTrees(attributes);
  return given === null || trees === null ? null : gathered(attributes, trees, given);
}

interface Given {
  readonly answer: Answer;
  readonly output: string;
  /** The attributes that hold the leaves' numbers begin so. */
  readonly prefix: 'class' | 'target';
  readonly sums: number;
  /** Whether a leaf may leave out a sum, which it then adds nothing to. */
  readonly mayLeaveOut: boolean;
}

function answerOf(attributes: TreeAttributes): Given | null {
  const { operator, outputs, floats, ints, strings, texts, numbers } = attributes;
  const transform = texts.get('post_transform') ?? 'NONE';
  const base = floats.get('base_values') ?? new Float32Array();
  const [offset = 0] = base;
  if (base.length > 1) return null;
  if (operator === 'TreeEnsembleRegressor') {
    const [output] = outputs;
    const aggregate = texts.get('aggregate_function') ?? 'SUM';
    if (output === undefined || transform !== 'NONE' || (numbers.get('n_targets') ?? 1) !== 1) return null;
    if (aggregate !== 'SUM' && aggregate !== 'AVERAGE') return null;
    const answer = { kind: 'value', isMean: aggregate === 'AVERAGE', offset } as const;
    return { answer, output, prefix: 'target', sums: 1, mayLeaveOut: false };
  }
  if (operator !== 'TreeEnsembleClassifier') return null;
  const output = outputs[1];
  const classes = (ints.get('classlabels_int64s') ?? strings.get('classlabels_strings'))?.length ?? 0;
  const weights = floats.get('class_weights');
  const ids = ints.get('class_ids');
  if (output === undefined || classes < 2 || weights === undefined || ids === undefined) return null;
  const scored = { output, prefix: 'class' as const };
  const hasOneSum = classes === 2 && ids.every((id) => id === ids[0]);
  const isNegative = weights.some((weight) => weight < 0);
  if (transform === 'LOGISTIC' && hasOneSum && isNegative)
    return { ...scored, answer: { kind: 'logistic', offset }, sums: 1, mayLeaveOut: false };
  if (transform !== 'NONE' || base.length > 0) return null;
  if (hasOneSum)
    return { ...scored, answer: { kind: isNegative ? 'opposite' : 'complement' }, sums: 1, mayLeaveOut: false };
  // A row without a vote for the second of two classes gets an answer of another form, so each leaf must have both.
  return { ...scored, answer: { kind: 'sums' }, sums: classes, mayLeaveOut: classes > 2 };
}

interface Trees {
  readonly roots: Int32Array;
  readonly features: Int32Array;
  readonly thresholds: Float32Array;
  readonly lower: Int32Array;
  readonly higher: Int32Array;
  readonly nodeAt: (tree: number, id: number) => number;
}

/** Numbers of nodes in a tree are mostly 0, 1, 2 ... A tree whose highest is beyond this many times its nodes would take memory for nothing. */
const SPARSEST = 4;

/** By tree, in the order in which they come, and number of a node: its place, or {@link NONE}. null: numbers are there twice, or far apart. */
function indexOf(treeIds: Int32Array, ids: Int32Array): ReadonlyMap<number, Int32Array> | null {
  const sizes = new Map<number, { nodes: number; highest: number }>();
  for (let node = 0; node < ids.length; node++) {
    const id = ids[node]!;
    const size = sizes.get(treeIds[node]!);
    if (id < 0) return null;
    if (size === undefined) sizes.set(treeIds[node]!, { nodes: 1, highest: id });
    else {
      size.nodes++;
      size.highest = Math.max(size.highest, id);
    }
  }
  const index = new Map<number, Int32Array>();
  for (const [tree, { nodes, highest }] of sizes) {
    if (highest >= nodes * SPARSEST) return null;
    index.set(tree, new Int32Array(highest + 1).fill(NONE));
  }
  for (let node = 0; node < ids.length; node++) {
    const places = index.get(treeIds[node]!)!;
    if (places[ids[node]!] !== NONE) return null;
    places[ids[node]!] = node;
  }
  return index;
}

/** @returns null: what the attributes say are not trees */
function readTrees({ ints, floats, strings }: TreeAttributes): Trees | null {
  const treeIds = ints.get('nodes_treeids');
  const ids = ints.get('nodes_nodeids');
  const modes = strings.get('nodes_modes');
  const features = ints.get('nodes_featureids')?.slice();
  const values = floats.get('nodes_values');
  const trueIds = ints.get('nodes_truenodeids');
  const falseIds = ints.get('nodes_falsenodeids');
  if (!treeIds || !ids || !modes || !features || !values || !trueIds || !falseIds) return null;
  const count = treeIds.length;
  if ([ids, modes, features, values, trueIds, falseIds].some(({ length }) => length !== count)) return null;

  const index = indexOf(treeIds, ids);
  if (index === null) return null;
  const nodeAt = (tree: number, id: number): number => index.get(tree)?.[id] ?? NONE;

  const thresholds = values.slice();
  const lower = new Int32Array(count);
  const higher = new Int32Array(count);
  const parents = new Uint8Array(count);
  for (let node = 0; node < count; node++) {
    const mode = modes[node]!;
    if (mode === LEAF) {
      features[node] = LEAF_FEATURE;
      continue;
    }
    if (mode === LESS) {
      const below = nextBelow(values[node]!);
      if (below === null) return null;
      thresholds[node] = below;
    } else if (mode !== AT_MOST) return null;
    const children = [nodeAt(treeIds[node]!, trueIds[node]!), nodeAt(treeIds[node]!, falseIds[node]!)] as const;
    if (features[node]! < 0 || children[0] === children[1]) return null;
    for (const child of children) {
      if (child === NONE || parents[child] === 1) return null;
      parents[child] = 1;
    }
    [lower[node], higher[node]] = children;
  }
  // Trees count in the order in which they come.
  const roots: number[] = [];
  for (const nodes of index.values()) {
    const own = nodes.filter((node) => node !== NONE && parents[node] === 0);
    if (own.length !== 1) return null;
    roots.push(own[0]!);
  }
  // A circle has no way in from a root: each of its nodes has its one parent within it.
  if (countFrom(roots, features, lower, higher) !== count) return null;
  return { roots: Int32Array.from(roots), features, thresholds, lower, higher, nodeAt };
}

function countFrom(roots: readonly number[], features: Int32Array, lower: Int32Array, higher: Int32Array): number {
  const open = [...roots];
  let count = 0;
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    count++;
    if (features[node] !== LEAF_FEATURE) open.push(lower[node]!, higher[node]!);
  }
  return count;
}

function gathered(attributes: TreeAttributes, trees: Trees, given: Given): Forest | null {
  const { ints, floats, same, inputs } = attributes;
  const [input] = inputs;
  const { answer, prefix, sums, mayLeaveOut, output } = given;
  const { nodeAt, ...structure } = trees;
  const treeIds = ints.get(`${prefix}_treeids`);
  const nodeIds = ints.get(`${prefix}_nodeids`);
  const ids = ints.get(`${prefix}_ids`);
  const weights = floats.get(`${prefix}_weights`);
  if (!treeIds || !nodeIds || !ids || !weights || input === undefined) return null;
  if ([nodeIds, ids, weights].some(({ length }) => length !== treeIds.length)) return null;

  const leaves = new Float32Array(structure.features.length * sums);
  const has = new Uint8Array(leaves.length);
  for (let index = 0; index < weights.length; index++) {
    const node = nodeAt(treeIds[index]!, nodeIds[index]!);
    const sum = sums === 1 ? 0 : ids[index]!;
    if (node === NONE || structure.features[node] !== LEAF_FEATURE || sum < 0 || sum >= sums) return null;
    // Two numbers for one sum would have to be added in their order.
    if (has[node * sums + sum] === 1) return null;
    has[node * sums + sum] = 1;
    leaves[node * sums + sum] = weights[index]!;
  }
  if (!mayLeaveOut && structure.features.some((feature, node) => feature === LEAF_FEATURE && !isWhole(has, node, sums)))
    return null;
  const width = structure.features.reduce((most, feature) => Math.max(most, feature + 1), 0);
  const isLostWithNaN = ints.get('nodes_missing_value_tracks_true')?.some((tracks) => tracks !== 0) ?? false;
  const outputs = new Set([output]);
  for (const [copy, original] of same) if (original === output) outputs.add(copy);
  return { ...structure, leaves, sums, answer, input, outputs, width, isLostWithNaN };
}

function isWhole(has: Uint8Array, node: number, sums: number): boolean {
  for (let sum = 0; sum < sums; sum++) if (has[node * sums + sum] === 0) return false;
  return true;
}

/** The greatest float32 less than a finite one, so that `x < value` is `x <= nextBelow(value)`; null: of infinities and NaN there is none. */
function nextBelow(value: number): number | null {
  if (!Number.isFinite(value)) return null;
  const float = Float32Array.of(value === 0 ? -0 : value);
  const bits = new Int32Array(float.buffer);
  bits[0] = bits[0]! + (value > 0 ? -1 : 1);
  return float[0]!;
}
