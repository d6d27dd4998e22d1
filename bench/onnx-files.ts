/**
 * Small ONNX models written by hand, byte by byte, so that a test or a bench can have any model, right or wrong, without a binary file in
 * the repository and without Python. Field numbers are those of onnx.proto (ONNX 1.17, IR version 10).
 */

/** IR version and opset that ONNX Runtime 1.30 reads. */
const IR_VERSION = 8;
const OPSET = 17;

export const FLOAT = 1;
export const INT32 = 6;
export const INT64 = 7;
export const STRING = 8;

type Field = readonly [number, bigint | number | string | Uint8Array | readonly number[]];

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

/** A protobuf message: numbers as varints, texts and messages with their length in front. */
export function message(...fields: readonly Field[]): Uint8Array {
  const parts = fields.flatMap(([field, value]): Uint8Array[] => {
    if (typeof value === 'number' || typeof value === 'bigint')
      return [varint(BigInt(field) << 3n), varint(BigInt(value))];
    const bytes =
      typeof value === 'string'
        ? new TextEncoder().encode(value)
        : value instanceof Uint8Array
          ? value
          : Buffer.concat(value.map((item) => varint(BigInt(item))));
    return [varint((BigInt(field) << 3n) | 2n), varint(BigInt(bytes.length)), bytes];
  });
  return Buffer.concat(parts);
}

/** A dimension that is a text is free and has that name. */
export type Shape = readonly (number | bigint | string)[];

/** ValueInfoProto of a tensor. */
export function value(name: string, type: number, shape: Shape): Uint8Array {
  const dimensions = shape.map((size): Field => [1, message([typeof size === 'string' ? 2 : 1, size])]);
  return message([1, name], [2, message([1, message([1, type], [2, message(...dimensions)])])]);
}

/** AttributeProto of one integer. */
export const intAttribute = (name: string, int: number): Uint8Array => message([1, name], [3, int], [20, 2]);

/** AttributeProto of a list of integers. */
export const intsAttribute = (name: string, ints: readonly number[]): Uint8Array =>
  message([1, name], ...ints.map((int): Field => [8, int]), [20, 7]);

/** AttributeProto of a list of float32 numbers. */
export const floatsAttribute = (name: string, values: readonly number[]): Uint8Array =>
  message([1, name], [7, floats(...values)], [20, 6]);

/** AttributeProto of a text. */
export const textAttribute = (name: string, text: string): Uint8Array => message([1, name], [4, text], [20, 3]);

/** AttributeProto of a list of texts. */
export const textsAttribute = (name: string, texts: readonly string[]): Uint8Array =>
  message([1, name], ...texts.map((text): Field => [9, text]), [20, 8]);

/** AttributeProto of a tensor. */
export const tensorAttribute = (name: string, tensor: Uint8Array): Uint8Array =>
  message([1, name], [5, tensor], [20, 4]);

/** NodeProto. */
export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: readonly Uint8Array[] = [],
  domain = '',
): Uint8Array {
  return message(
    ...inputs.map((name): Field => [1, name]),
    ...outputs.map((name): Field => [2, name]),
    [4, operator],
    ...attributes.map((attribute): Field => [5, attribute]),
    ...(domain === '' ? [] : [[7, domain] as Field]),
  );
}

/** TensorProto with its values in the file. */
export function tensor(
  name: string,
  type: number,
  dimensions: readonly (number | bigint)[],
  raw: Uint8Array,
): Uint8Array {
  return message(...dimensions.map((size): Field => [1, size]), [2, type], [8, name], [9, raw]);
}

export const floats = (...values: readonly number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
export const int64s = (...values: readonly bigint[]): Uint8Array => new Uint8Array(BigInt64Array.from(values).buffer);
export const int32s = (...values: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(values).buffer);

/** TensorProto whose values are said to be in another file. */
export function externalTensor(
  name: string,
  dimensions: readonly number[],
  location: string,
  more: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entries = Object.entries({ location, ...more }).map(([key, text]): Field => [13, message([1, key], [2, text])]);
  return message(...dimensions.map((size): Field => [1, size]), [2, FLOAT], [8, name], ...entries, [14, 1]);
}

export interface Graph {
  readonly nodes: readonly Uint8Array[];
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
  readonly initializers?: readonly Uint8Array[];
}

export function graph({ nodes, inputs, outputs, initializers = [] }: Graph): Uint8Array {
  return message(
    ...nodes.map((item): Field => [1, item]),
    [2, 'graph'],
    ...initializers.map((item): Field => [5, item]),
    ...inputs.map((item): Field => [11, item]),
    ...outputs.map((item): Field => [12, item]),
  );
}

/** ModelProto. */
export function model(
  content: Graph,
  { ir = IR_VERSION, opset = OPSET, domain = '' }: { ir?: number; opset?: number; domain?: string } = {},
): Uint8Array {
  const opsets: Field[] = [[8, message([1, ''], [2, opset])]];
  if (domain !== '') opsets.push([8, message([1, domain], [2, 1])]);
  return message([1, ir], [7, graph(content)], ...opsets);
}
