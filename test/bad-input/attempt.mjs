// Does to each pipeline file what a run begins with: preflight, then a copy of all its rows, then one batch through its model.
// One process for all of them, so that a crash of native code is seen as its end, and which file it was by the last line.
// Lines: {"begin": file}, then {"end": file, "kind": "usage" | "data" | "ok" | "bug", "message"}.
import { writeSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { preflight } from '../../dist/adapters/preflight/preflight.js';
import { copyRows } from '../../dist/adapters/duckdb/copy-rows.js';
import { inferRows } from '../../dist/adapters/onnx/infer-rows.js';
import { inspectModel } from '../../dist/adapters/onnx/session.js';
import { inspectData } from '../../dist/adapters/preflight/inspect-data.js';
import { SegmentryError } from '../../dist/domain/errors.js';

const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`);

async function attempt(file) {
  const found = await preflight({ file }, { model: inspectModel, data: inspectData });
  const target = `${file}.snapshot.parquet`;
  const output = `${file}.predictions.arrow`;
  try {
    await copyRows({ files: found.files, where: null, window: 'true', threads: 1, target });
    if (found.candidate === null) return;
    const { title, file: path, signature, names } = found.candidate;
    const model = { title, path, signature, names, sha256: path, output };
    await inferRows({
      task: found.pipeline.model.task,
      source: { snapshot: target },
      from: 0,
      to: 3,
      models: [model],
    });
  } finally {
    await rm(target, { force: true });
    await rm(output, { force: true });
  }
}

for await (const file of createInterface({ input: process.stdin })) {
  say({ begin: file });
  try {
    await attempt(file);
    say({ end: file, kind: 'ok', message: '' });
  } catch (error) {
    const explained = error instanceof SegmentryError;
    say({ end: file, kind: explained ? error.kind : 'bug', message: explained ? error.message : String(error.stack) });
  }
}
