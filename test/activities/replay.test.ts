import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { replay } from '../../activities/replay.js';
import { type RunArtifacts, readRunArtifacts } from '../../activities/run-artifacts.js';
import type { RunContext } from '../../activities/run-context.js';
import { createArtifactStore } from '../../adapters/artifact-store/index.js';
import { measureSegmentation } from '../../adapters/measures/measure-segmentation.js';
import { versions } from '../../workers/versions.js';
import { newFolder } from '../scratch-folder.js';
import { type ColumnRun, columnRun } from './column-run.js';

let folder: string;
let made: ColumnRun;
let artifacts: RunArtifacts;
let snapshot: string;
beforeAll(async () => {
  folder = await newFolder(afterAll);
  made = await columnRun(folder);
  artifacts = await readRunArtifacts(made.store, made.outcome.run);
  snapshot = (await made.store.readJson<RunContext>(artifacts.context)).snapshot.sha256;
});

/** As a new process sees the store, which has no memory of what it proved before. */
const again = (measure = measureSegmentation, now = versions()) =>
  replay(
    { store: createArtifactStore(join(folder, 'artifacts')), measureSegmentation: measure, versions: now },
    made.outcome.run,
  );

const blob = (sha256: string): string => join(folder, 'artifacts', 'blobs', sha256.slice(0, 2), sha256);

/** With one bit of the file turned, and everything as it was afterwards. */
async function withOneBitTurned(path: string, at: number, work: () => Promise<void>): Promise<void> {
  const bytes = await readFile(path);
  const changed = Buffer.from(bytes);
  const place = at < 0 ? bytes.length + at : at;
  changed[place] = changed[place]! ^ 1;
  await writeFile(path, changed);
  try {
    await work();
  } finally {
    await writeFile(path, bytes);
  }
}

describe('a replay', () => {
  it('finds the verdict and the digest again, from the artifacts alone', async () => {
    // Neither the source nor anything that only helps to find it is needed.
    await rm(join(folder, 'artifacts', 'index'), { recursive: true });
    const found = await again();
    expect(found).toMatchObject({ same: true, differences: [], versions: [] });
    expect(found.verdict).toEqual({ recorded: 'FAIL', recomputed: 'FAIL' });
    expect(found.digest).toEqual({ recorded: made.result.digest, recomputed: made.result.digest });
    expect(found.artifacts).toBe(10);
  });

  it('says what came out otherwise', async () => {
    const found = await again(async (job) => {
      const segments = await measureSegmentation(job);
      return segments.map((segment) => ({
        ...segment,
        metrics: { ...segment.metrics, accuracy: segment.metrics.auc! },
      }));
    });
    expect(found.same).toBe(false);
    expect(found.verdict).toEqual({ recorded: 'FAIL', recomputed: 'FAIL' });
    expect(found.digest.recomputed).not.toBe(found.digest.recorded);
    expect(found.differences.slice(0, 2)).toEqual([
      'the measures of overall are others',
      'the measures of ward are others',
    ]);
  });

  it('names other versions, which may be why', async () => {
    const { versions: lines } = await again(measureSegmentation, { ...versions(), duckdb: '9.9.9' });
    expect(lines).toEqual([expect.stringMatching(/^duckdb .*, now 9\.9\.9$/)]);
  });
});

describe('one changed bit is refused, with the digest', () => {
  const KINDS: Readonly<Record<string, () => string>> = {
    'the run context': () => artifacts.context.sha256,
    'the findings of validate': () => artifacts.findings.sha256,
    'the segment table': () => artifacts.segmented!.tables.sha256,
    'the codes': () => artifacts.segmented!.codes.sha256,
    "the candidate's predictions": () => artifacts.predictions!.candidate.sha256,
    "the baseline's predictions": () => artifacts.predictions!.baseline!.sha256,
    'the snapshot': () => snapshot,
    'the measures': () => artifacts.measures[1]!.sha256,
    'the decision': () => artifacts.decision!.sha256,
  };

  it.each(Object.keys(KINDS))('of %s', async (kind) => {
    const sha256 = KINDS[kind]!();
    for (const at of [0, 100, -1]) {
      await withOneBitTurned(blob(sha256), at, () => expect(again()).rejects.toThrow(`artifact ${sha256} is damaged`));
    }
    expect((await again()).same).toBe(true);
  });

  it('of result.json, wherever it is', async () => {
    const path = join(folder, 'artifacts', 'runs', made.outcome.run, 'result.json');
    const text = await readFile(path, 'utf8');
    for (const at of [0, text.indexOf('"verdict"') + 13, text.indexOf('"timings"') + 20]) {
      await withOneBitTurned(path, at, () => expect(again()).rejects.toThrow(artifacts.result.sha256));
    }
  });

  it('and a missing one too', async () => {
    const path = blob(artifacts.decision!.sha256);
    const bytes = await readFile(path);
    await rm(path);
    await expect(again()).rejects.toThrow(`artifact ${artifacts.decision!.sha256} is not in`);
    await writeFile(path, bytes);
  });
});

it('a damaged or missing list of artifacts is explained', async () => {
  const path = join(folder, 'artifacts', 'runs', made.outcome.run, 'artifacts.json');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.slice(1));
  await expect(again()).rejects.toThrow('artifacts.json of the run');
  await writeFile(path, text.replace(artifacts.context.sha256, artifacts.findings.sha256));
  await expect(again()).rejects.toThrow();
  await rm(path);
  await expect(again()).rejects.toThrow('made by an older version');
  await writeFile(path, text);
});
