/**
 * The space in which V8 makes new objects: two halves, which it widens to 16 MB each, in every process and every thread that has a heap of its own.
 * There are few objects here, because columns are none, and runs take as long with less.
 */
import { setFlagsFromString } from 'node:v8';

/** Of heaps that are made from then on: megabytes of each half at most. */
export const FEW_YOUNG_OBJECTS = '--max-semi-space-size=2';

const AS_WIDE_AS_IT_IS = '--semi-space-growth-factor=1';

/**
 * The heap of this thread, which is made already: its space becomes no wider any more, and V8 never narrows it. Making another thread's heap
 * ends this (V8 then takes a factor below 2 for a mistake), so it is to be said again after that.
 */
export function keepYoungSpace(): void {
  setFlagsFromString(AS_WIDE_AS_IT_IS);
}
