/** What a model wants and gives, read from the ONNX file: which columns feed it and which output holds the predictions. */
import { SegmentryError } from '../../domain/errors.js';
import type { ClassLabels } from './class-labels.js';

/** Element types of tensors that Segmentry can fill. */
export type ElementType = 'float32' | 'float64' | 'int64' | 'int32' | 'string' | 'bool';

/** As ONNX Runtime reports an input or output. A dimension that is a string is free. */
export interface TensorInfo {
  readonly name: string;
  readonly isTensor: boolean;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

export interface RawSignature {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** Whether it is an ensemble of trees. Absent: unknown, as of models that were looked at before this was asked. */
  readonly isTreeEnsemble?: boolean;
  /** What outputs of labels can say, in the order of the probabilities, as far as the file tells. Absent: nobody looked. */
  readonly classLabels?: ClassLabels;
}

export interface FeatureColumn {
  /** Column of the data. */
  readonly column: string;
  readonly element: ElementType;
}

/**
 * How the model is fed and read.
 *
 * - `matrix`: one input `[N, F]`; `features` are its columns in order
 * - `columns`: one input of shape `[N, 1]` or `[N]` per column, named like the column
 */
export interface ModelSignature {
  readonly layout: 'matrix' | 'columns';
  readonly features: readonly FeatureColumn[];
  /** Name of the one input of a `matrix` model. */
  readonly input: string | null;
  /** Inputs of a `columns` model that have shape [N] rather than [N, 1]. */
  readonly flat: readonly string[];
  /** Rows that the model takes at once, when its first dimension is fixed. */
  readonly fixedBatch: number | null;
  readonly output: { readonly name: string; readonly kind: 'scores' | 'label' };
  /** Output with the predicted labels, where there is one beside the scores. */
  readonly label: string | null;
  /** What `label` can say, in the order of the probabilities. Absent: the file does not tell. */
  readonly classes?: readonly string[];
  /** As in {@link RawSignature}: it decides how many rows are a task, and nothing else. */
  readonly isTreeEnsemble?: boolean;
}

/** Rows of a fixed batch that memory is set aside for at most: no exporter writes one near this, and 2^60 would be no memory at all. */
const MAX_FIXED_BATCH = 1_000_000;

const FILLABLE: readonly string[] = ['float32', 'float64', 'int64', 'int32', 'string', 'bool'];

/** Names that exporters give to the output with the scores; the first one that the model has is taken. */
const SCORE_OUTPUTS = [
  'probabilities',
  'output_probability',
  'probability',
  'scores',
  'score',
  'variable',
  'predictions',
];

/**
 * @param model how the model is called in messages: "late-flight version 2"
 * @param features columns that the pipeline or the registry names for a `[N, F]` input; null: the ONNX inputs name them
 * @param output the output that the registry's metadata names; null: found by {@link SCORE_OUTPUTS} and type
 * @throws SegmentryError (data): the model cannot be fed or read, with what to do; (usage): nobody names its features
 */
export function readSignature(
  model: string,
  raw: RawSignature,
  features: readonly string[] | null,
  output: string | null,
): ModelSignature {
  const fixed = raw.inputs.map((input) => input.shape[0]).find((size) => typeof size === 'number');
  if (fixed !== undefined && !(fixed >= 1 && fixed <= MAX_FIXED_BATCH)) {
    throw new SegmentryError(
      `${model}: its inputs take ${fixed} rows at once; it can be 1 to ${MAX_FIXED_BATCH}, or any number: export the model ` +
        'with a free first dimension',
      'data',
    );
  }
  const outputs = readOutputs(model, raw.outputs, output);
  const classes = outputs.label === null ? undefined : raw.classLabels?.[outputs.label];
  return {
    ...readInputs(model, raw.inputs, features),
    ...outputs,
    ...(classes === undefined ? {} : { classes }),
    fixedBatch: fixed ?? null,
    ...(raw.isTreeEnsemble === undefined ? {} : { isTreeEnsemble: raw.isTreeEnsemble }),
  };
}

function readInputs(
  model: string,
  inputs: readonly TensorInfo[],
  features: readonly string[] | null,
): Pick<ModelSignature, 'layout' | 'features' | 'input' | 'flat'> {
  if (inputs.length === 0) {
    throw new SegmentryError(`${model}: the model has no inputs, so that its answer is the same for every row`, 'data');
  }
  for (const input of inputs) {
    if (!input.isTensor || !FILLABLE.includes(input.type)) {
      throw new SegmentryError(
        `${model}: input "${input.name}" is ${input.isTensor ? `a ${input.type} tensor` : 'not a tensor'}; ` +
          `inputs can be ${FILLABLE.join(', ')}`,
        'data',
      );
    }
    if (input.shape.length > 2) {
      throw new SegmentryError(
        `${model}: input "${input.name}" has ${input.shape.length} dimensions ${shapeText(input)}; ` +
          'a table feeds [N, F], [N, 1] or [N]',
        'data',
      );
    }
  }
  const [only] = inputs;
  // [N, 1] alone is either: with features named it is a matrix of one column, else a column of the input's own name.
  if (inputs.length === 1 && only?.shape.length === 2 && (only.shape[1] !== 1 || features !== null)) {
    return readMatrix(model, only, features);
  }
  const wide = inputs.find(
    (input) => input.shape.length === 2 && typeof input.shape[1] === 'number' && input.shape[1] !== 1,
  );
  if (wide !== undefined) {
    throw new SegmentryError(
      `${model}: input "${wide.name}" has shape ${shapeText(wide)} beside ${inputs.length - 1} other inputs; ` +
        'export the model with one [N, F] input, or with one input per column',
      'data',
    );
  }
  return {
    layout: 'columns',
    features: inputs.map((input) => ({ column: input.name, element: input.type as ElementType })),
    input: null,
    flat: inputs.filter((input) => input.shape.length === 1).map((input) => input.name),
  };
}

function readMatrix(
  model: string,
  input: TensorInfo,
  features: readonly string[] | null,
): Pick<ModelSignature, 'layout' | 'features' | 'input' | 'flat'> {
  const width = input.shape[1];
  const wanted = typeof width === 'number' ? `${width} columns` : 'a number of columns';
  if (features === null) {
    throw new SegmentryError(
      `${model}: its one input "${input.name}" takes ${wanted} but does not name them; list them, in the order of training, ` +
        'under model.features in the pipeline file or "features" in the version\'s model.json',
      'usage',
    );
  }
  if (typeof width === 'number' && width !== features.length) {
    throw new SegmentryError(
      `${model}: its input "${input.name}" is ${width} columns wide, but ${features.length} features are named ` +
        `(${features.join(', ')})`,
      'data',
    );
  }
  const element = input.type as ElementType;
  return { layout: 'matrix', features: features.map((column) => ({ column, element })), input: input.name, flat: [] };
}

/** @throws SegmentryError (data): none of the outputs can be read, whatever features feed the model */
export function readOutputs(
  model: string,
  outputs: readonly TensorInfo[],
  named: string | null,
): Pick<ModelSignature, 'output' | 'label'> {
  const tensors = outputs.filter((output) => output.isTensor);
  const label = tensors.find(isLabel)?.name ?? null;
  if (named !== null) {
    const found = tensors.find((output) => output.name === named);
    if (found === undefined) {
      throw new SegmentryError(
        `${model}: model.json names the output "${named}"; the model has ${outputs.map((o) => o.name).join(', ')}`,
        'data',
      );
    }
    return isFloat(found)
      ? { output: { name: named, kind: 'scores' }, label }
      : { output: { name: named, kind: 'label' }, label: isLabel(found) ? named : label };
  }
  const scores = tensors.filter(isFloat);
  const score = SCORE_OUTPUTS.map((name) => scores.find((output) => output.name === name)).find(Boolean) ?? scores[0];
  if (score !== undefined) return { output: { name: score.name, kind: 'scores' }, label };
  const zipMap = outputs.find((output) => !output.isTensor);
  if (zipMap !== undefined) {
    throw new SegmentryError(
      `${model}: output "${zipMap.name}" is a ZipMap (a list of dictionaries), which ONNX Runtime for Node cannot read; ` +
        "export the model again without it: convert_sklearn(model, ..., options={'zipmap': False})",
      'data',
    );
  }
  if (label !== null) return { output: { name: label, kind: 'label' }, label };
  throw new SegmentryError(
    `${model}: none of its outputs (${outputs.map((o) => `${o.name}: ${o.type}`).join(', ')}) is a tensor of scores or labels`,
    'data',
  );
}

export const isLabel = (output: TensorInfo): boolean =>
  output.isTensor && (output.type === 'int64' || output.type === 'string');

const isFloat = (output: TensorInfo): boolean => output.type === 'float32' || output.type === 'float64';

const shapeText = (tensor: TensorInfo): string =>
  `[${tensor.shape.map((size) => (size === '' ? 'N' : size)).join(', ')}]`;
