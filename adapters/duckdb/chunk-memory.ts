/**
 * Chunks of a result are DuckDB's memory, freed when the JavaScript object that stands for one is collected. V8 sees objects of some hundred
 * bytes where there are a hundred kilobytes, and leaves a thousand of them lying about: 100 MB in every process that scans.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Chunks between two collections: with a dozen columns 3 MB wait for the next one. A collection of young objects takes half a millisecond. */
const CHUNKS = 32;

type Collect = (options: { readonly type: 'minor' }) => void;

let collect: Collect | undefined;

/** A call per visited chunk: now and then it frees those that nobody holds any more. */
export function chunkMemory(): () => void {
  collect ??= collector();
  const young = collect;
  let visited = 0;
  return () => {
    if (++visited % CHUNKS === 0) young({ type: 'minor' });
  };
}

/**
 * V8's own way to ask for a collection is hidden behind a flag, which counts for contexts that are made while it is set. It is the whole
 * process's: another thread that asks at the same moment may take it back in between, and then it is set again.
 */
function collector(): Collect {
  let found: Collect | undefined;
  while (found === undefined) {
    setFlagsFromString('--expose-gc');
    found = runInNewContext('globalThis.gc') as Collect | undefined;
    setFlagsFromString('--no-expose-gc');
  }
  return found;
}
