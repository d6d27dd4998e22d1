/**
 * Writes the kernels, which are WebAssembly, beside the code that runs them, from their texts: tests run the sources, for which nothing is
 * built, so the few bytes are kept with them. A test fails when they are not what this writes.
 */
import { Buffer } from 'node:buffer';
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import openWabt from 'wabt';
import * as forest from './forest-kernel.js';
import * as nearestCentres from './nearest-centres-kernel.js';
import * as placements from './placements-kernel.js';

const KERNELS = {
  'adapters/onnx/forest/kernel-bytes.ts': ['scripts/forest-kernel.js', forest],
  'domain/slices/nearest-centres-bytes.ts': ['scripts/nearest-centres-kernel.js', nearestCentres],
  'domain/statistics/placements-bytes.ts': ['scripts/placements-kernel.js', placements],
};

/** Of base64 a line, so that the files keep to the width of the others. */
const LINE_LENGTH = 110;

/** The content of each file, by its path. */
export async function kernelFiles() {
  const { parseWat } = await openWabt();
  const files = Object.entries(KERNELS).map(([path, [origin, { KERNEL_TEXT, ...numbers }]]) => {
    const module = parseWat(origin, KERNEL_TEXT, { simd: true });
    return [path, source(origin, numbers, Buffer.from(module.toBinary({}).buffer))];
  });
  return Object.fromEntries(files);
}

/** @param numbers that the code which runs the kernel needs too, by name */
function source(origin, numbers, bytes) {
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g'));
  return [
    `/** Written by scripts/write-kernels.js, from ${origin}, which says what it does. */`,
    ...Object.entries(numbers)
      .sort()
      .map(([name, number]) => `export const ${name} = ${number};`),
    '',
    'export const KERNEL_BASE64 =',
    ...lines.map((line, index) => `  '${line}'${index === lines.length - 1 ? ';' : ' +'}`),
    '',
  ].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [path, content] of Object.entries(await kernelFiles()))
    await writeFile(new URL(`../${path}`, import.meta.url), content);
