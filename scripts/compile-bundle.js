/** Keeps what V8 compiled of the command line's bundle beside it, for `cli/bundled.ts`. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadBundle } from '../dist/cli/bundled.js';

const target = fileURLToPath(new URL('../dist/cli/bundle.compiled', import.meta.url));

// Of another bundle.
rmSync(target, { force: true });
const { commandLine, compiled } = loadBundle();
// Functions are compiled when they are first called: what a command calls at its start is to be in there too.
await commandLine.createProgram(['run']);
writeFileSync(`${target}.${process.pid}`, compiled());
renameSync(`${target}.${process.pid}`, target);
process.exit();
