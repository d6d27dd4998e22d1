#!/usr/bin/env node
/** Starts the command line. */
import { setFlagsFromString } from 'node:v8';
import { loadBundle } from './bundled.js';

/** Commands that stay for days, and whose messages are small. */
const STAYING: readonly (string | undefined)[] = ['worker', 'dev'];

// Loading a thousand modules makes V8 widen its space for new objects to 32 MB, and it gives none of that back. Kept as narrow as it starts,
// it takes 0.2 s more to load, once, and so is left alone where a command ends in seconds.
if (process.argv.some((word) => STAYING.includes(word))) setFlagsFromString('--semi-space-growth-factor=1');

const { main } = loadBundle()?.commandLine ?? (await import('./command-line.js'));
await main();
