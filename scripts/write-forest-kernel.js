/**
 * Writes adapters/onnx/forest/kernel-bytes.ts from scripts/forest-kernel.js: tests run the sources, for which nothing is built, so the
 * few bytes are kept with them. A test fails when they are not what this writes.
 */
import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import openWabt from 'wabt';
import { KERNEL_TEXT, ROWS_AT_ONCE } from './forest-kernel.js';

/** Of base64 a line, so that the file keeps to the width of the others. */
const LINE_LENGTH = 110;

export async function assembleKernel() {
  const { parseWat } = await openWabt();
  return Buffer.from(parseWat('forest-kernel.wat', KERNEL_TEXT).toBinary({}).buffer);
}

export function kernelSource(bytes) {
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g'));
  return [
    '/** Written by scripts/write-forest-kernel.js, from scripts/forest-kernel.js, which says what it does. */',
    `export const ROWS_AT_ONCE = ${ROWS_AT_ONCE};`,
    '',
    'export const KERNEL_BASE64 =',
    ...lines.map((line, index) => `  '${line}'${index === lines.length - 1 ? ';' : ' +'}`),
    '',
  ].join('\n');
}

if (process.argv[1] === new URL(import.meta.url).pathname)
  await writeFile(
    new URL('../adapters/onnx/forest/kernel-bytes.ts', import.meta.url),
    kernelSource(await assembleKernel()),
  );
