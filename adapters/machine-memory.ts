/** How much memory there is to share out. */
import { totalmem } from 'node:os';

/** Bytes of the machine, or of the container where it may use less. */
export function machineMemory(): number {
  // 0 where no limit is set for the process; a number beyond the machine's where the limit means none.
  const constrained = process.constrainedMemory();
  return constrained > 0 && constrained < totalmem() ? constrained : totalmem();
}
