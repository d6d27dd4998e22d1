/** Can the models be fed from these columns? */
import { isContradiction } from '../../domain/class-order.js';
import { SegmentryError } from '../../domain/errors.js';
import type { Pipeline } from '../../domain/pipeline.js';
import { shortened } from '../../domain/shortened.js';
import type { StrayText } from '../duckdb/data-trouble.js';
import { blamingTheModel } from '../onnx/deadly-model.js';
import { isCode, noPositive, positiveLabels } from '../onnx/positive-label.js';
import type { ClassNames } from '../onnx/predictions.js';
import { type ElementType, type ModelSignature, type RawSignature, readSignature } from '../onnx/signature.js';
import type { ModelRegistry, ModelVersion } from '../registry/registry.js';
import { type ColumnInfo, isNumeric, listNames, unknownColumn } from './check-columns.js';
import { type PipelineProblem, isMistake } from './pipeline-problem.js';

/** Reads a model's signature; the worker does it in a compute process, where a broken file harms nothing else. */
export type InspectModel = (path: string, title: string) => Promise<RawSignature>;

/** A registered model version, ready to be fed from the pipeline's columns. */
export interface BoundModel {
  readonly kind: 'registry';
  /** "late-flight version 2". */
  readonly title: string;
  readonly version: ModelVersion;
  /** As it was asked for: "@serving". */
  readonly ref: string;
  readonly file: string;
  readonly signature: ModelSignature;
  readonly names: ClassNames;
}

/** @throws SegmentryError (data or usage): no such version, a file that cannot be loaded, inputs that the data cannot fill */
export async function bindModel(
  pipeline: Pipeline,
  ref: string,
  registry: ModelRegistry,
  columns: readonly ColumnInfo[],
  inspect: InspectModel,
): Promise<BoundModel> {
  const version = await registry.resolve(pipeline.model.name, ref);
  return bindVersion(pipeline, ref, version, registry, columns, inspect);
}

/** The same with the version that `ref` names. */
export async function bindVersion(
  pipeline: Pipeline,
  ref: string,
  version: ModelVersion,
  registry: ModelRegistry,
  columns: readonly ColumnInfo[],
  inspect: InspectModel,
  strays: readonly StrayText[] = [],
): Promise<BoundModel> {
  const title = `${pipeline.model.name} version ${version.version}`;
  const file = await registry.modelFile(version);
  const metadata = version.metadata;
  if (metadata.task !== undefined && metadata.task !== pipeline.model.task) {
    throw new SegmentryError(
      `${title} is registered for the task ${metadata.task}, the pipeline's is ${pipeline.model.task}`,
      'data',
    );
  }
  const features = pipeline.model.features ?? metadata.features ?? null;
  const raw = await blamingTheModel(() => inspect(file, title), `${title}: the process that loaded ${file}`);
  const signature = readSignature(title, raw, features, metadata.output ?? null);
  checkFeatures(title, signature, columns, strays);
  return {
    kind: 'registry',
    title,
    version,
    ref,
    file,
    signature,
    names: classNames(title, pipeline, metadata, signature, columns),
  };
}

/** Which key of `model` a registry's refusal is about: its folder, the model's name, or the version of the role itself. */
export async function blamedKey<Role extends string>(
  registry: ModelRegistry,
  name: string,
  role: Role,
): Promise<'registry' | 'name' | Role> {
  for (const [key, look] of [
    ['registry', () => registry.models()],
    ['name', () => registry.describe(name)],
  ] as const) {
    try {
      await look();
    } catch (error) {
      if (isMistake(error)) return key;
      throw error;
    }
  }
  return role;
}

/**
 * A model with one input per column names its features itself. Another list beside it is a mistake about one of the two, and would
 * be ignored without a word; another order is none, because each column goes to the input of its name.
 *
 * @throws SegmentryError (data) when the list is in the version's model.json
 * @returns what is wrong with the pipeline's list; null: nothing
 */
export function misnamedFeatures(pipeline: Pipeline, model: BoundModel): PipelineProblem | null {
  const { signature, title, version } = model;
  const ofPipeline = pipeline.model.features;
  const listed = ofPipeline ?? version.metadata.features ?? null;
  if (signature.layout !== 'columns' || listed === null) return null;
  const inputs = signature.features.map(({ column }) => column);
  const extra = listed.filter((column) => !inputs.includes(column));
  const missing = inputs.filter((column) => !listed.includes(column));
  if (extra.length === 0 && missing.length === 0) return null;
  const found = [
    ...(extra.length === 0 ? [] : [`lists ${quoted(extra)}, which the model has no input for,`]),
    ...(missing.length === 0 ? [] : [`leaves out ${quoted(missing)}`]),
  ]
    .join(' and ')
    .replace(/,$/, '');
  const what = `${title} has one input per column (${listNames(inputs)})`;
  if (ofPipeline === null)
    throw new SegmentryError(
      `${what}, but "features" in its model.json ${found}; correct the list or remove it`,
      'data',
    );
  const at = ofPipeline.findIndex((column) => extra.includes(column));
  return {
    path: at < 0 ? ['model', 'features'] : ['model', 'features', at],
    message:
      `${what}, but model.features ${found}; correct the list or remove it (where it is for the other model, it can be ` +
      '"features" in the model.json of that version)',
  };
}

const quoted = (names: readonly string[]): string => listNames(names.map((name) => `"${name}"`));

function checkFeatures(
  title: string,
  signature: ModelSignature,
  columns: readonly ColumnInfo[],
  strays: readonly StrayText[],
): void {
  const types = new Map(columns.map(({ name, type }) => [name, type]));
  const problems = signature.features.flatMap(({ column, element }) => {
    const type = types.get(column);
    if (type === undefined) return [`${title} wants the feature "${column}": ${unknownColumn(column, columns)}`];
    const stray = strays.find((text) => text.column === column);
    const refused =
      refuses(element, type) === null ? null : stray === undefined ? refuses(element, type) : strayCells(stray);
    return refused === null
      ? []
      : [`${title} wants the feature "${column}" as ${element}, but it is ${type}: ${refused}`];
  });
  if (problems.length > 0) throw new SegmentryError(problems.join('\n'), 'data');
}

/** Why a column is text, and what to do where that is not meant. */
function strayCells({ strays, cells, value, row }: StrayText, empty = ' (model.missing says what that means)'): string {
  const [what, others] = strays === 1 ? ['cell is', ''] : ['cells are', ', the first of them'];
  return (
    `${strays.toLocaleString('en-US')} ${what} no number among the first ${cells.toLocaleString('en-US')}${others}: ` +
    `${JSON.stringify(shortened(value, CELL_LENGTH))} in row ${row} below the header; write numbers there, or leave the cells empty${empty}`
  );
}

/**
 * Predictions that would be numbers, were it not for a few cells. As text they are labels, and each of the numbers would be a complaint about
 * its spelling. Where labels have names, some of which may be numbers, they are what they seem.
 */
export function strayPredictions({ model }: Pipeline, strays: readonly StrayText[]): readonly PipelineProblem[] {
  if (model.task === 'multiclass' || model.positive !== null) return [];
  return (['candidate', 'baseline'] as const).flatMap((role) => {
    const source = model[role];
    const stray = source?.kind === 'column' ? strays.find(({ column }) => column === source.column) : undefined;
    if (stray === undefined) return [];
    const message = `the predictions in "${stray.column}" are VARCHAR: ${strayCells(stray, ' and leave those rows out with data.where')}`;
    return [{ path: ['model', role, 'column'], message }];
  });
}

/** Characters of a cell that a message shows. */
const CELL_LENGTH = 60;

const INTEGER = /^U?(TINY|SMALL|BIG)?INT(EGER)?$/;
const TEXT = /^(VARCHAR|ENUM.*|UUID)$/;

/** Null when a column of this DuckDB type can fill the tensor, else why not and what to do. */
function refuses(element: ElementType, type: string): string | null {
  switch (element) {
    case 'float32':
    case 'float64':
      return isNumeric(type) || type === 'BOOLEAN'
        ? null
        : 'encode it as a number as in training, or export the model with its encoder and a string input';
    case 'int64':
    case 'int32':
      return INTEGER.test(type) || type === 'BOOLEAN' ? null : 'an integer column is wanted';
    case 'bool':
      return type === 'BOOLEAN' ? null : 'a boolean column is wanted';
    case 'string':
      return TEXT.test(type) ? null : 'a text column is wanted; cast it in the data as it was in training';
  }
}

/** How the model calls its classes: from its file, its metadata and the pipeline. */
function classNames(
  title: string,
  pipeline: Pipeline,
  metadata: ModelVersion['metadata'],
  signature: ModelSignature,
  columns: readonly ColumnInfo[],
): ClassNames {
  const classes = metadata.classes?.map(String) ?? null;
  const said = signature.classes ?? null;
  if (pipeline.model.task === 'multiclass') return multiclassNames(title, classes, said);
  if (pipeline.model.task !== 'binary') return { classes, positive: null };
  const named = pipeline.model.positive ?? metadata.positive ?? null;
  const positive = named === null ? (classes?.[1] ?? null) : String(named);
  if (classes !== null && (classes.length !== 2 || positive === null || !classes.includes(positive))) {
    throw new SegmentryError(
      `${title}: model.json names the classes ${classes.join(', ')}; a binary model has two, one of them the positive ` +
        `"${positive ?? ''}" (model.positive in the pipeline file)`,
      'data',
    );
  }
  requireAgreement(title, classes, said);
  if (positive === null) return { classes, positive };
  const isBoolean = columns.find(({ name }) => name === pipeline.data.label)?.type === 'BOOLEAN';
  const positives =
    classes === null
      ? positivesOf(positiveLabels(positive, isBoolean), metadata.positive, said)
      : positiveAmong(classes, positive, said);
  // Two of them: of others nobody knows how the label comes about.
  if (said?.length === 2 && !said.some((label) => positives.includes(label))) throw noPositive(title, said, positive);
  return { classes, positive, positives };
}

/** @throws SegmentryError (data): one list of classes is wrong, and nobody knows which */
function requireAgreement(title: string, named: readonly string[] | null, said: readonly string[] | null): void {
  if (named === null || said === null || !isContradiction(named, said)) return;
  throw new SegmentryError(
    `${title}: "classes" in its model.json (${named.join(', ')}) contradict the model, whose labels are, in the order of its ` +
      `probabilities, ${said.join(', ')}; correct the list or remove it`,
    'data',
  );
}

/**
 * @param asked what the pipeline's positive value may look like
 * @param told in model.json: for a model that says none of these
 */
function positivesOf(
  asked: readonly string[],
  told: string | number | boolean | undefined,
  said: readonly string[] | null,
): readonly string[] {
  if (told === undefined || asked.some(isCode) || said?.some((label) => asked.includes(label)) === true) return asked;
  return [...asked, ...positiveLabels(String(told))];
}

/** The labels of a model whose classes model.json names: its own at that place, the name itself, or a code of it. */
function positiveAmong(
  classes: readonly string[],
  positive: string,
  said: readonly string[] | null,
): readonly string[] {
  const place = classes.indexOf(positive);
  const own = said?.[place];
  if (own !== undefined) return [own];
  // Where the names are codes themselves, one that is the place of another would mean both.
  return classes.includes(String(place)) ? [positive] : [positive, String(place)];
}

/**
 * @param named in model.json, in the order of the probabilities
 * @param said by the model's file, in the same order
 */
function multiclassNames(title: string, named: readonly string[] | null, said: readonly string[] | null): ClassNames {
  requireAgreement(title, named, said);
  if (said !== null) return { classes: named ?? said, positive: null, said };
  return { classes: named, positive: null, ...(named === null ? {} : { unproven: 'model.json' }) };
}
