/**
 * The one operator for trees of a model, read from the file itself: ONNX Runtime does not tell what it has loaded.
 */
import { ATTRIBUTE, GRAPH, MODEL, type Node, TENSOR, forEachField, readNode, readNumbers } from '../onnx-file.js';
import { OPERATOR } from '../tree-ensemble.js';

/** Attributes by name. Lists of numbers come as typed arrays: a large forest has millions. */
export interface TreeAttributes {
  /** TreeEnsembleClassifier, TreeEnsembleRegressor. */
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** By the names of values that other operators make of one without changing it, that one's name; exporters put such operators behind trees. */
  readonly same: ReadonlyMap<string, string>;
  readonly ints: ReadonlyMap<string, Int32Array>;
  readonly floats: ReadonlyMap<string, Float32Array>;
  readonly strings: ReadonlyMap<string, readonly string[]>;
  /** A text, as of post_transform. */
  readonly texts: ReadonlyMap<string, string>;
  /** Of one integer, as of n_targets. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Of all attributes, also those of kinds that are not read here. */
  readonly names: ReadonlySet<string>;
}

/** Data type of a tensor of float32. */
const FLOAT = 1;

/** The domain of the operators for trees. */
const DOMAIN = 'ai.onnx.ml';

/**
 * @returns null: the model has no operator for trees, or several
 * @throws Error from protobufjs where the bytes are no message
 */
export function readTreeAttributes(model: Uint8Array): TreeAttributes | null {
  const nodes: Node[] = [];
  const ones = new Set<string>();
  forEachField(model, (field, reader) => {
    if (field !== MODEL.graph) return false;
    forEachField(reader.bytes(), (part, inner) => {
      if (part === GRAPH.node) nodes.push(readNode(inner.bytes()));
      else if (part === GRAPH.initializer) readOne(inner.bytes(), ones);
      else return false;
      return true;
    });
    return true;
  });
  const [trees, ...others] = nodes.filter(({ domain, operator }) => domain === DOMAIN && operator.startsWith(OPERATOR));
  if (trees === undefined || others.length > 0) return null;
  const found = noAttributes();
  for (const attribute of trees.attributes) readAttribute(attribute, found);
  const { operator, inputs, outputs } = trees;
  return { operator, inputs, outputs, same: sameValues(nodes, ones), ...found };
}

/** Adds the tensor's name to `ones` if it is one number of float32, 1. */
function readOne(tensor: Uint8Array, ones: Set<string>): void {
  let [name, type] = ['', 0];
  const values: number[] = [];
  const sizes: number[] = [];
  forEachField(tensor, (field, reader, wireType) => {
    if (field === TENSOR.name) name = reader.string();
    else if (field === TENSOR.type) type = reader.int32();
    else if (field === TENSOR.dimension) readNumbers(reader, wireType, sizes, () => reader.int32());
    else if (field === TENSOR.floats) readNumbers(reader, wireType, values, () => reader.float());
    else if (field === TENSOR.raw) {
      const raw = reader.bytes();
      if (raw.length === Float32Array.BYTES_PER_ELEMENT)
        values.push(new DataView(raw.buffer, raw.byteOffset).getFloat32(0, true));
    } else return false;
    return true;
  });
  const isOne = type === FLOAT && values.length === 1 && values[0] === 1;
  if (isOne && sizes.length <= 1 && sizes.every((size) => size === 1)) ones.add(name);
}

function sameValues(nodes: readonly Node[], ones: ReadonlySet<string>): ReadonlyMap<string, string> {
  const same = new Map<string, string>();
  for (const { operator, domain, inputs, outputs } of nodes) {
    const isCopy = operator === 'Identity' && inputs.length === 1;
    const isTimesOne = operator === 'Mul' && inputs.length === 2 && ones.has(inputs[1]!);
    if (domain === '' && (isCopy || isTimesOne)) same.set(outputs[0]!, same.get(inputs[0]!) ?? inputs[0]!);
  }
  return same;
}

const noAttributes = () => ({
  ints: new Map<string, Int32Array>(),
  floats: new Map<string, Float32Array>(),
  strings: new Map<string, readonly string[]>(),
  texts: new Map<string, string>(),
  numbers: new Map<string, number>(),
  names: new Set<string>(),
});

function readAttribute(attribute: Uint8Array, found: ReturnType<typeof noAttributes>): void {
  let name = '';
  let number: number | undefined;
  let text: string | undefined;
  const ints: number[] = [];
  const floats: number[] = [];
  const strings: string[] = [];
  const repeated = new RepeatedText();
  forEachField(attribute, (field, reader, wireType) => {
    if (field === ATTRIBUTE.name) name = reader.string();
    else if (field === ATTRIBUTE.int) number = reader.int32();
    else if (field === ATTRIBUTE.text) text = reader.string();
    else if (field === ATTRIBUTE.floats) readNumbers(reader, wireType, floats, () => reader.float());
    else if (field === ATTRIBUTE.ints) readNumbers(reader, wireType, ints, () => reader.int32());
    else if (field === ATTRIBUTE.strings) strings.push(repeated.text(reader.bytes()));
    else return false;
    return true;
  });
  found.names.add(name);
  if (number !== undefined) found.numbers.set(name, number);
  if (text !== undefined) found.texts.set(name, text);
  if (ints.length > 0) found.ints.set(name, Int32Array.from(ints));
  if (floats.length > 0) found.floats.set(name, Float32Array.from(floats));
  if (strings.length > 0) found.strings.set(name, strings);
}

/** Each node says its mode as a text, and nearly all say the same: a million texts of their own would be 50 MB. */
class RepeatedText {
  private last: Uint8Array = new Uint8Array();
  private lastText = '';

  text(bytes: Uint8Array): string {
    if (Buffer.compare(bytes, this.last) !== 0) {
      this.last = bytes;
      this.lastText = Buffer.from(bytes).toString();
    }
    return this.lastText;
  }
}
