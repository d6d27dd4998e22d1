/**
 * What a classifier's output of labels can say, in the order of its probabilities. Exporters write both from one list, so that the file
 * tells which probability is which class's; nothing else does, and a position alone is a guess.
 */
import type { Reader } from 'protobufjs/minimal.js';
import { ATTRIBUTE, GRAPH, MODEL, type Node, TENSOR, forEachField, readNode, readNumbers } from './onnx-file.js';

/** Data types of tensors. */
const INT32 = 6;
const INT64 = 7;
const STRING = 8;

const ML = 'ai.onnx.ml';

/** Their first output is the label, and an attribute lists the classes in the order of the second, the scores. */
const CLASSIFIERS: readonly string[] = ['LinearClassifier', 'SVMClassifier', 'TreeEnsembleClassifier'];
const CLASS_ATTRIBUTES: readonly string[] = [
  'classlabels_ints',
  'classlabels_int64s',
  'classlabels_int64',
  'classlabels_strings',
];

/** What changes how labels are written or laid out, and not which they are. */
const PASSING: readonly string[] = ['Identity', 'Cast', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten'];

/** From behind an output to what makes its labels: an exporter puts a handful of operators between them. */
const MOST_STEPS = 100;

export type ClassLabels = Readonly<Record<string, readonly string[]>>;

/**
 * @param outputs names of the graph's outputs that are labels
 * @returns by output; one whose classes the file does not tell is left out
 * @throws Error from protobufjs where the bytes are no message
 */
export function readClassLabels(model: Uint8Array, outputs: readonly string[]): ClassLabels {
  const graph = readGraph(model);
  const found = outputs.flatMap((output) => {
    const classes = classesOf(graph, output);
    return classes === null ? [] : [[output, classes] as const];
  });
  return Object.fromEntries(found);
}

interface Graph {
  /** By the name of a value, what makes it. */
  readonly makers: ReadonlyMap<string, Node>;
  /** Bytes of constant tensors by name. */
  readonly constants: ReadonlyMap<string, Uint8Array>;
}

function readGraph(model: Uint8Array): Graph {
  const makers = new Map<string, Node>();
  const constants = new Map<string, Uint8Array>();
  forEachField(model, (field, reader) => {
    if (field !== MODEL.graph) return false;
    forEachField(reader.bytes(), (part, inner) => {
      if (part === GRAPH.node) {
        const node = readNode(inner.bytes());
        for (const output of node.outputs) makers.set(output, node);
      } else if (part === GRAPH.initializer) {
        const tensor = inner.bytes();
        constants.set(nameOf(tensor), tensor);
      } else return false;
      return true;
    });
    return true;
  });
  return { makers, constants };
}

function classesOf(graph: Graph, output: string): readonly string[] | null {
  const value = behind(graph, output);
  const maker = graph.makers.get(value);
  if (maker === undefined) return null;
  const { domain, operator, inputs, outputs } = maker;
  if (domain === ML && CLASSIFIERS.includes(operator)) return outputs[0] === value ? listedBy(maker) : null;
  // The class at the place of the highest score.
  const isPick = (domain === ML && operator === 'ArrayFeatureExtractor') || (domain === '' && operator === 'Gather');
  const [classes, place] = inputs;
  if (!isPick || classes === undefined || place === undefined) return null;
  const highest = graph.makers.get(behind(graph, place));
  const constant = graph.constants.get(classes);
  return highest?.operator === 'ArgMax' && constant !== undefined ? textsOf(constant) : null;
}

/** The value that passes through to this one. */
function behind({ makers }: Graph, value: string): string {
  let name = value;
  for (let step = 0; step < MOST_STEPS; step++) {
    const maker = makers.get(name);
    if (maker?.domain !== '' || !PASSING.includes(maker.operator)) return name;
    name = maker.inputs[0] ?? '';
  }
  return name;
}

function listedBy({ attributes }: Node): readonly string[] | null {
  for (const attribute of attributes) {
    let name = '';
    const classes: string[] = [];
    forEachField(attribute, (field, reader, wireType) => {
      if (field === ATTRIBUTE.name) name = reader.string();
      else if (field === ATTRIBUTE.ints) readNumbers(reader, wireType, classes, () => integerOf(reader));
      else if (field === ATTRIBUTE.strings) classes.push(reader.string());
      else return false;
      return true;
    });
    if (CLASS_ATTRIBUTES.includes(name) && classes.length > 0) return classes;
  }
  return null;
}

function nameOf(tensor: Uint8Array): string {
  let name = '';
  forEachField(tensor, (field, reader) => {
    if (field !== TENSOR.name) return false;
    name = reader.string();
    return true;
  });
  return name;
}

/** In 64 bits, which a number does not hold. */
function integerOf(reader: Reader): string {
  const value = reader.int64() as number | { readonly low: number; readonly high: number };
  if (typeof value === 'number') return String(value);
  return String((BigInt(value.high) << 32n) | BigInt(value.low >>> 0));
}

/** Of a list of integers or texts. */
function textsOf(tensor: Uint8Array): readonly string[] | null {
  let type = 0;
  let raw = new Uint8Array();
  const values: string[] = [];
  forEachField(tensor, (field, reader, wireType) => {
    if (field === TENSOR.type) type = reader.int32();
    else if (field === TENSOR.int32s) readNumbers(reader, wireType, values, () => String(reader.int32()));
    else if (field === TENSOR.int64s) readNumbers(reader, wireType, values, () => integerOf(reader));
    else if (field === TENSOR.strings) values.push(reader.string());
    else if (field === TENSOR.raw) raw = reader.bytes() as Uint8Array<ArrayBuffer>;
    else return false;
    return true;
  });
  if (type !== INT32 && type !== INT64 && type !== STRING) return null;
  if (type !== STRING) values.push(...integersOf(raw, type === INT32 ? 4 : 8));
  return values.length === 0 ? null : values;
}

function integersOf(bytes: Uint8Array, width: 4 | 8): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.byteLength / width) }, (_, index) =>
    String(width === 4 ? view.getInt32(index * width, true) : view.getBigInt64(index * width, true)),
  );
}
