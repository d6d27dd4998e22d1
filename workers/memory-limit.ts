/**
 * A compute process may not take all memory. Native code that asks for more gets none and says so, as an error of the one job; without a limit
 * the system would end processes of its own choice when nothing is left, the worker perhaps. DuckDB counts rows and groups
 * against a limit of its own, but not the text that one expression makes: `repeat('x', 10000000000)`.
 */
import { machineMemory } from '../adapters/machine-memory.js';
import { FEW_YOUNG_OBJECTS } from './young-space.js';

/**
 * Share of the machine's memory, or the container's, that one process may have. A job that needs more would fail anyway, with what else
 * runs there; several that run away at once are still more than there is.
 */
const SHARE = 0.75;

interface HowToStart {
  readonly execPath?: string;
  readonly execArgv?: string[];
}

/** How to fork a process that the system limits. Only Linux counts private memory as such (RLIMIT_DATA): elsewhere without a limit. */
export function withMemoryLimit(
  bytes = machineMemory() * SHARE,
  platform: NodeJS.Platform = process.platform,
): HowToStart {
  const flags = [FEW_YOUNG_OBJECTS, ...process.execArgv];
  if (platform !== 'linux') return { execArgv: flags };
  // Node cannot limit a process. A shell can, and then becomes Node. A limit that is lower already stands.
  const script = `ulimit -d ${Math.floor(bytes / 1024)} 2>/dev/null; exec "$0" "$@"`;
  return { execPath: '/bin/sh', execArgv: ['-c', script, process.execPath, ...flags] };
}
