/**
 * The command line in one file. It has more than a thousand modules, most of them Temporal's, and finding, reading and compiling them one by one
 * takes over a second of every command; so the build puts them into one file, with what V8 made of it beside it.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import type * as CommandLine from './command-line.js';

/** Made by `scripts/build.js`: a function like the one that Node puts around a CommonJS module. */
const BUNDLE = fileURLToPath(new URL('./bundle.cjs', import.meta.url));
/** Made by `scripts/compile-bundle.js`. */
const COMPILED = fileURLToPath(new URL('./bundle.compiled', import.meta.url));

type Wrapper = (exports: object, require: NodeJS.Require, module: object, file: string, folder: string) => void;

export interface Bundled {
  readonly commandLine: typeof CommandLine;
  /** What V8 has compiled of it so far. */
  compiled(): Buffer;
}

/** Null where nothing was bundled. */
export function loadBundle(): Bundled | null {
  const source = read(BUNDLE);
  if (source === null) return null;
  const cachedData = read(COMPILED);
  // What another version of V8 compiled is refused, and compiled again in memory: slower, and the same.
  const script = new Script(source.toString('latin1'), {
    filename: BUNDLE,
    ...(cachedData === null ? {} : { cachedData }),
  });
  const module = { exports: {} };
  (script.runInThisContext() as Wrapper)(module.exports, createRequire(BUNDLE), module, BUNDLE, dirname(BUNDLE));
  return { commandLine: module.exports as typeof CommandLine, compiled: () => script.createCachedData() };
}

function read(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}
