import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistry } from '../../adapters/registry/create-registry.js';
import {
  type Finished,
  MODEL,
  type Project,
  Sandbox,
  type WorkerGroup,
  editPipeline,
  treeOf,
  writeFlights,
} from './sandbox.js';

const MODELS = fileURLToPath(new URL('../golden/models/', import.meta.url));
const SOME = 'SELECT * FROM flights WHERE hash(flight_id) % 100 = 0';

const sandbox = new Sandbox();
afterAll(() => sandbox.cleanUp());

/** What a person is told: the last thing on stderr, from "error:" on. */
function errorOf({ stderr }: Finished): string {
  const at = stderr.indexOf('error:');
  return at === -1 ? '' : stderr.slice(at).trim();
}

interface BadInput {
  readonly name: string;
  /** Makes the copy of the example wrong. */
  readonly breaks: (project: Project) => Promise<unknown>;
  readonly args?: readonly string[];
  readonly code: 2 | 3;
  /** The value, and what to do. */
  readonly says: readonly (string | RegExp)[];
}

async function addModel(project: Project, file: string, features: readonly string[] | null): Promise<void> {
  await createRegistry(project.registry).addVersion(MODEL, file, {
    actor: 'a test',
    version: '3',
    ...(features === null ? {} : { metadata: { features } }),
  });
}

const flights =
  (select: string) =>
  async ({ folder }: Project): Promise<void> => {
    await rm(join(folder, 'flights.parquet'));
    await writeFlights(select, join(folder, 'flights.parquet'));
  };
const edit = (from: string, to: string) => (project: Project) => editPipeline(project, from, to);

const CASES: readonly BadInput[] = [
  {
    name: 'a pipeline file that is not there',
    breaks: ({ pipeline }) => rm(pipeline),
    code: 2,
    says: ['pipeline.yaml', 'no such file'],
  },
  {
    name: 'a data file that is not there',
    breaks: ({ folder }) => rm(join(folder, 'flights.parquet')),
    code: 2,
    says: ['flights.parquet'],
  },
  { name: 'data without rows', breaks: flights(`${SOME} LIMIT 0`), code: 3, says: [/no rows|empty/] },
  {
    name: 'a column that the data do not have',
    breaks: flights(`SELECT * EXCLUDE (origin) FROM (${SOME})`),
    code: 2,
    says: ['pipeline.yaml:', 'origin'],
  },
  {
    name: 'a feature that the data do not have',
    breaks: flights(`SELECT * EXCLUDE (dewp) FROM (${SOME})`),
    code: 3,
    says: ['late-flight version 2', '"dewp"'],
  },
  {
    name: 'a misspelt key',
    breaks: edit('threshold: 0.5', 'treshold: 0.5'),
    code: 2,
    says: [/pipeline\.yaml:\d+:\d+/, 'treshold', 'threshold'],
  },
  {
    name: 'an unknown metric',
    breaks: edit('metric: auc, min', 'metric: acu, min'),
    code: 2,
    says: [/pipeline\.yaml:\d+:\d+/, 'acu', 'auc'],
  },
  {
    name: 'a label with three values',
    breaks: flights(`SELECT * REPLACE (CASE WHEN month = 3 THEN 2 ELSE late END AS late) FROM (${SOME})`),
    code: 3,
    says: ['late', '2'],
  },
  {
    name: 'text where the model wants floats',
    breaks: flights(`SELECT * REPLACE ('t' || dewp AS dewp) FROM (${SOME})`),
    code: 3,
    says: ['"dewp" as float32', 'VARCHAR'],
  },
  {
    name: 'a corrupt ONNX file',
    breaks: (project) => addModel(project, join(MODELS, 'corrupt.onnx'), null),
    args: ['--candidate', '3'],
    code: 3,
    says: ['late-flight version 3'],
  },
  {
    name: 'a model of another input width',
    breaks: (project) => addModel(project, join(MODELS, 'matrix-float.onnx'), ['temp', 'dewp', 'humid']),
    args: ['--candidate', '3'],
    code: 3,
    says: ['late-flight version 3', '4', '3'],
  },
  {
    name: 'labels that are all missing',
    breaks: flights(`SELECT * REPLACE (NULL::INTEGER AS late) FROM (${SOME})`),
    code: 3,
    says: ['late', /NULL|missing|no label/i],
  },
  {
    name: 'ids that are not unique',
    breaks: flights(`SELECT * REPLACE (1 AS flight_id) FROM (${SOME})`),
    code: 3,
    says: ['flight_id'],
  },
  {
    name: 'an alias that does not exist',
    breaks: () => Promise.resolve(),
    args: ['--candidate', '@servign'],
    code: 2,
    says: ['servign', 'serving'],
  },
  {
    name: 'a version that does not exist',
    breaks: () => Promise.resolve(),
    args: ['--baseline', '7'],
    code: 2,
    says: ['"7"', '1, 2'],
  },
];

describe(
  'bad input ends with what is wrong and what to do, and the registry stays as it was',
  { timeout: 120_000 },
  () => {
    let group: WorkerGroup;
    let template: Project;

    beforeAll(async () => {
      template = await sandbox.project({ select: SOME });
      group = await (await sandbox.cluster()).group();
      await group.startWorker();
    });

    async function refused(
      finished: Finished,
      project: Project | null,
      before: unknown,
      code: number,
    ): Promise<string> {
      const told = errorOf(finished);
      expect(finished.code, finished.stderr + finished.stdout).toBe(code);
      // No trace, and nothing that only a programmer would understand.
      expect(finished.stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
      expect(finished.stderr).not.toMatch(/this should not happen|\[object Object\]|undefined|"level":/);
      if (project !== null) expect(await treeOf(project.registry)).toEqual(before);
      return told === '' ? finished.stdout : told;
    }

    async function copyOf(source: Project): Promise<Project> {
      const folder = await sandbox.folder();
      await cp(source.folder, folder, { recursive: true });
      return { folder, pipeline: join(folder, 'pipeline.yaml'), registry: join(folder, 'registry') };
    }

    it.concurrent.each(CASES)('$name', async ({ breaks, args = [], code, says }) => {
      const project = await copyOf(template);
      await breaks(project);
      const before = await treeOf(project.registry);
      const finished = await sandbox.run(['run', project.pipeline, ...args], { env: group.env });
      const told = await refused(finished, project, before, code);
      for (const part of says) expect(told).toMatch(part);
    });

    it('an artifact folder that cannot be written', async () => {
      const project = await copyOf(template);
      const before = await treeOf(project.registry);
      const file = join(project.folder, 'a file');
      await writeFile(file, '');
      const store = join(file, 'artifacts');
      const finished = await sandbox.run(['run', project.pipeline, '--store', store], { cwd: project.folder });
      expect(await refused(finished, project, before, 3)).toContain(store);
    });

    it('a Temporal address where nothing answers', async () => {
      const silent = createServer().listen(0, '127.0.0.1');
      await new Promise((resolve) => silent.once('listening', resolve));
      const { port } = silent.address() as { port: number };
      const before = await treeOf(template.registry);
      try {
        const finished = await sandbox.run(['run', template.pipeline, '--address', `127.0.0.1:${port}`]);
        expect(await refused(finished, template, before, 3)).toContain(`127.0.0.1:${port}`);
      } finally {
        silent.close();
      }
    });

    it('runs that nobody knows', async () => {
      const folder = await sandbox.folder();
      const finished = await Promise.all([
        sandbox.run(['status', 'no-such-run'], { env: group.env }),
        sandbox.run(['watch', 'no-such-run'], { env: group.env }),
        sandbox.run(['report', 'no-such-run'], { cwd: folder }),
        sandbox.run(['report'], { cwd: folder }),
      ]);
      for (const [index, one] of finished.entries()) {
        const told = await refused(one, null, null, 2);
        expect(told).toContain(index === 3 ? 'no run has a result' : '"no-such-run"');
      }
    });

    it('in check: the same problems, without anything being run', async () => {
      const project = await copyOf(template);
      await editPipeline(project, 'metric: auc, min', 'metric: acu, min');
      const wrong = await sandbox.run(['check', 'pipeline.yaml'], { cwd: project.folder });
      expect(await refused(wrong, null, null, 2)).toMatch(/pipeline\.yaml:\d+:\d+[^]*acu/);
      const right = await sandbox.run(['check', template.pipeline]);
      expect(right).toMatchObject({ code: 0, stderr: '' });
      expect(right.stdout).toContain('late-flight version 2 (@serving)');
      expect(await readFile(project.pipeline, 'utf8')).toContain('acu');
    });
  },
);
