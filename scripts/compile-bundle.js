/** Keeps what V8 compiled of the command line's bundle beside it, for `cli/main.ts`. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

const bundle = fileURLToPath(new URL('../dist/cli/bundle.cjs', import.meta.url));
const target = fileURLToPath(new URL('../dist/cli/bundle.compiled', import.meta.url));

const script = new Script(readFileSync(bundle, 'latin1'), { filename: bundle });
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(bundle), module, bundle, dirname(bundle));
// Functions are compiled when they are first called: what a command calls at its start is to be in there too.
await module.exports.createProgram('run');
writeFileSync(`${target}.${process.pid}`, script.createCachedData());
renameSync(`${target}.${process.pid}`, target);
process.exit();
