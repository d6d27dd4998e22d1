/** A file that is not what it should be, and the pipeline that reads it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROWS } from '../golden-models.js';
import { pipelineText } from '../pipeline-text.js';

export type Expected = 'ok' | 'refused' | 'any';

export interface BadFile {
  readonly name: string;
  readonly expected: Expected;
  /** What the message says. */
  readonly says?: string;
  readonly write: (folder: string) => Promise<unknown>;
  readonly pipeline: string;
}

export const CSV_MODEL = '{ task: binary, candidate: { column: p } }';

/** A table that is read as `name`; its label is y and its predictions are p. */
export function data(
  name: string,
  bytes: string | Uint8Array,
  expected: Expected,
  says?: string,
  label = 'y',
): BadFile {
  const source = JSON.stringify({ source: name, label });
  return {
    name,
    expected,
    ...(says === undefined ? {} : { says }),
    write: (folder) => writeFile(join(folder, name), bytes),
    pipeline: pipelineText({ data: source, model: CSV_MODEL }),
  };
}

const FEATURES = 'features: [sepal_length, sepal_width, petal_length, petal_width]';

/** A model that is version 1 of a registry of its own. */
export function model(
  name: string,
  bytes: Uint8Array,
  expected: Expected,
  says?: string,
  features = FEATURES,
): BadFile {
  return {
    name: `${name}.onnx`,
    expected,
    ...(says === undefined ? {} : { says }),
    write: async (folder) => {
      const target = join(folder, 'registry', 'iris', '1');
      await mkdir(target, { recursive: true });
      await writeFile(join(target, 'model.onnx'), bytes);
      await writeFile(join(folder, 'rows.parquet'), await readFile(ROWS));
    },
    pipeline: pipelineText({
      data: '{ source: rows.parquet, label: is_virginica }',
      model: `{ task: binary, name: iris, candidate: "1"${features === '' ? '' : `, ${features}`} }`,
    }),
  };
}
