/** An ONNX file as the messages that it is made of: ONNX Runtime does not tell what it has loaded. Field numbers are those of onnx.proto (ONNX 1.17). */
import protobuf, { type Reader } from 'protobufjs/minimal.js';

export const MODEL = { graph: 7 } as const;
export const GRAPH = { node: 1, initializer: 5 } as const;
export const ATTRIBUTE = { name: 1, int: 3, text: 4, floats: 7, ints: 8, strings: 9 } as const;
export const TENSOR = {
  dimension: 1,
  type: 2,
  floats: 4,
  int32s: 5,
  strings: 6,
  int64s: 7,
  name: 8,
  raw: 9,
} as const;
const NODE = { input: 1, output: 2, operator: 4, attribute: 5, domain: 7 } as const;

/** Wire type of what comes with its length in front; numbers of a list come so too where the writer packed them. */
const LENGTH_DELIMITED = 2;

export interface Node {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly operator: string;
  readonly domain: string;
  /** Their bytes. */
  readonly attributes: readonly Uint8Array[];
}

export function readNode(node: Uint8Array): Node {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes: Uint8Array[] = [];
  let operator = '';
  let domain = '';
  forEachField(node, (field, reader) => {
    if (field === NODE.input) inputs.push(reader.string());
    else if (field === NODE.output) outputs.push(reader.string());
    else if (field === NODE.operator) operator = reader.string();
    else if (field === NODE.domain) domain = reader.string();
    else if (field === NODE.attribute) attributes.push(reader.bytes());
    else return false;
    return true;
  });
  return { inputs, outputs, operator, domain, attributes };
}

/** Adds the number, or the packed numbers, at which the reader is. */
export function readNumbers<N>(reader: Reader, wireType: number, into: N[], read: () => N): void {
  if (wireType !== LENGTH_DELIMITED) {
    into.push(read());
    return;
  }
  const end = reader.uint32() + reader.pos;
  while (reader.pos < end) into.push(read());
}

/** Calls `read` at each field of a message; what it does not take, by returning false, is skipped. */
export function forEachField(
  message: Uint8Array,
  read: (field: number, reader: Reader, wireType: number) => boolean,
): void {
  const reader = protobuf.Reader.create(message);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [field, wireType] = [tag >>> 3, tag & 7];
    if (!read(field, reader, wireType)) reader.skipType(wireType);
  }
}
