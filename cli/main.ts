#!/usr/bin/env node
/** Starts the command line. */
import { keepYoungSpace } from '../workers/young-space.js';
import { loadBundle } from './bundled.js';

/** Commands that stay for days, and whose messages are small. */
const STAYING: readonly (string | undefined)[] = ['worker', 'dev'];

// Loading a thousand modules would widen the space for new objects to 32 MB. As narrow as it starts, it takes 0.2 s more to load, once, and so is
// left alone where a command ends in seconds.
if (process.argv.some((word) => STAYING.includes(word))) keepYoungSpace();

const { main } = loadBundle()?.commandLine ?? (await import('./command-line.js'));
await main();
