#!/usr/bin/env node
/** Starts the command line. */
import { loadBundle } from './bundled.js';

const { main } = loadBundle()?.commandLine ?? (await import('./command-line.js'));
await main();
