/**
 * Files that are not what they should be: data and models, some made by hand and many by damage at random places. Each one is
 * read in a process of its own, where a crash of native code would be seen, and has to end with an explained error or be read.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROWS, modelPath } from '../golden-models.js';
import { pipelineText } from '../pipeline-text.js';
import { newFolder } from '../scratch-folder.js';
import { treeOf } from '../e2e/sandbox.js';
import { type Attempt, attemptAll } from './attempt.js';
import { DATA } from './bad-data.js';
import { type BadFile, model } from './bad-file.js';
import { MODELS } from './bad-models.js';
import { damaged } from './random.js';

/** More of them with SEGMENTRY_FUZZ=20, say: that many times as many. */
const TIMES = Number(process.env['SEGMENTRY_FUZZ'] ?? 1);
const DAMAGED = 60 * TIMES;

async function randomFiles(): Promise<readonly BadFile[]> {
  const rows = await readFile(ROWS);
  const models = await Promise.all(['matrix-float', 'mlp', 'single-score'].map((name) => readFile(modelPath(name))));
  const parquet = (bytes: Uint8Array): Pick<BadFile, 'write' | 'pipeline'> => ({
    write: (folder) => writeFile(join(folder, 'd.parquet'), bytes),
    pipeline: pipelineText({
      data: '{ source: d.parquet, label: is_virginica }',
      model: '{ task: binary, candidate: { column: height } }',
    }),
  });
  return [
    ...Array.from({ length: 40 }, (_v, at): BadFile => {
      const length = Math.floor((rows.length * at) / 40);
      return {
        name: `parquet of ${length} bytes`,
        expected: 'refused',
        says: 'd.parquet',
        ...parquet(rows.subarray(0, length)),
      };
    }),
    ...Array.from({ length: DAMAGED }, (_v, seed): BadFile => ({
      name: `parquet, damage ${seed}`,
      expected: 'any',
      ...parquet(damaged(rows, seed)),
    })),
    ...Array.from({ length: DAMAGED }, (_v, seed) =>
      model(`damage ${seed}`, damaged(models[seed % models.length]!, seed), 'any'),
    ),
  ];
}

describe('files that are not what they should be', { timeout: 120_000 + 60_000 * TIMES }, () => {
  let cases: readonly { readonly bad: BadFile; readonly file: string }[] = [];
  let outcomes: ReadonlyMap<string, Attempt>;
  let before: unknown;
  let root: string;

  beforeAll(
    async () => {
      root = await newFolder(afterAll);
      const all = [...DATA, ...MODELS, ...(await randomFiles())];
      cases = await Promise.all(
        all.map(async (bad, at) => {
          const file = join(root, String(at), 'pipeline', 'pipeline.yaml');
          await mkdir(dirname(file), { recursive: true });
          await bad.write(dirname(file));
          await writeFile(file, bad.pipeline);
          return { bad, file };
        }),
      );
      before = await treeOf(root);
      outcomes = await attemptAll(cases.map(({ file }) => file));
    },
    240_000 + 60_000 * TIMES,
  );

  const outcomeOf = ({ bad, file }: (typeof cases)[number]) => ({ name: bad.name, ...outcomes.get(file)! });

  it('crash nothing, and are no riddle', () => {
    const wrong = cases.map(outcomeOf).filter(({ kind }) => !['ok', 'usage', 'data'].includes(kind));
    expect(wrong).toEqual([]);
  });

  it('are refused with what is wrong, or read', () => {
    const wrong = cases.flatMap((one) => {
      const { kind, message } = outcomeOf(one);
      const { expected, says = '' } = one.bad;
      if (expected === 'any') return [];
      const right = expected === 'ok' ? kind === 'ok' : kind !== 'ok' && message.includes(says);
      return right ? [] : [{ name: one.bad.name, expected, says, kind, message: message.slice(0, 400) }];
    });
    expect(wrong).toEqual([]);
  });

  it('give messages that a person can read', () => {
    for (const one of cases) {
      const { name, message } = outcomeOf(one);
      expect(message, name).not.toMatch(/^\s+at .*:\d+:\d+|\[object Object\]|undefined/m);
      // Options of DuckDB that no pipeline has.
      expect(message, name).not.toMatch(/strict_mode|ignore_errors|null_padding/);
      expect(message.length, name).toBeLessThan(10_000);
    }
  });

  it('leave data and registries as they were, and nothing beside them', async () => {
    expect(await treeOf(root)).toEqual(before);
  });
});
