/**
 * The demo: version 2 of a model serves, looks better overall than version 1, and fails the travellers who fly in bad
 * weather. Runs the same commands that a user would, on a fresh copy of the example, and checks that the story went as told.
 */
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { DefinedEstimate, Estimate, Result } from '../../domain/result.js';
import { acquireDevServer, describeDevServer } from '../../workers/dev-server/index.js';

// This file runs as dist/examples/flight-delays/demo.js.
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const EXAMPLE = join(ROOT, 'examples/flight-delays');
const FOLDER = join(ROOT, '.segmentry/demo');
const CLI = join(ROOT, 'dist/cli/main.js');

const MODEL = 'late-flight';

/** The candidate must lose at least this much AUC in low visibility, or the story is not true. */
const TOLD_DROP = 0.05;

async function main(): Promise<void> {
  await freshCopy();
  // Held here, so that the commands share one server instead of starting one each.
  const server = await acquireDevServer({ folder: FOLDER, onStep: tell });
  try {
    tell('');
    tell('Version 1 of a model that predicts late flights has been serving. Version 2 is deployed:');
    await segmentry('registry', 'alias', MODEL, 'serving', '1');
    await segmentry('registry', 'alias', MODEL, 'serving', '2');
    tell('');
    tell('Is it better? Segmentry compares both on 130,290 flights that neither has seen:');
    const first = await segmentry('run', 'pipeline.yaml', '--json', 'result.json', '--report', 'report.html');
    const result = JSON.parse(readFileSync(join(FOLDER, 'result.json'), 'utf8')) as Result;
    check(first === 1, `the run was to end with exit code 1 (FAIL), it ended with ${first}`);
    tellStory(result);
    const events = registryEvents();

    tell('');
    tell('The same evaluation once more, as a CI job or a schedule might ask for it:');
    const again = await segmentry(
      'run',
      'pipeline.yaml',
      '--candidate',
      '2',
      '--baseline',
      '1',
      '--json',
      'again.json',
    );
    const joined = JSON.parse(readFileSync(join(FOLDER, 'again.json'), 'utf8')) as Result;
    check(
      again === 1 && joined.run === result.run && joined.digest === result.digest,
      'the second request was to join the first run',
    );
    check(registryEvents() === events, 'the second request was to change nothing in the registry');
    tell(`It joins run ${result.run}: same verdict, same digest, and nothing is done twice.`);
    tellPlaces(result, server.uiUrl);
  } finally {
    await server.release();
  }
}

/** A registry in which nothing has happened yet, and no memory of earlier demos. */
async function freshCopy(): Promise<void> {
  const running = await describeDevServer(FOLDER);
  check(
    running === null,
    `a Temporal server of an earlier demo still runs; stop the command that keeps it (segmentry dev?) in ${FOLDER}`,
  );
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const name of ['registry', 'pipeline.yaml', 'flights.parquet']) {
    cpSync(join(EXAMPLE, name), join(FOLDER, name), { recursive: true });
  }
}

function tellStory(result: Result): void {
  const auc = (
    segmentation: string,
  ): { before: DefinedEstimate; after: DefinedEstimate; change: DefinedEstimate; rows: number } => {
    const found = result.segments.find((segment) => segment.segmentation === segmentation);
    const metric = found?.metrics.auc;
    return {
      before: defined(metric?.baseline),
      after: defined(metric?.candidate),
      change: defined(metric?.difference),
      rows: found?.rows ?? 0,
    };
  };
  const overall = auc('overall');
  const low = auc('low visibility');
  const rollback = result.actions.find(({ action }) => action === 'rollback');
  tell('');
  tell(
    `What an aggregate gate says   AUC ${fixed(overall.before.value)} -> ${fixed(overall.after.value)} (${signed(overall.change.value)}): better, ship it.`,
  );
  tell(
    `What the segments say         visib < 3, ${low.rows.toLocaleString('en-US')} flights: AUC ${fixed(low.before.value)} -> ${fixed(low.after.value)} ` +
      `(${signed(low.change.value)}, 95 % interval ${signed(low.change.low)} to ${signed(low.change.high)}).`,
  );
  tell(
    `What was done                 ${result.verdict}: rollback ${rollback?.outcome ?? 'missing'}, ${rollback?.reason ?? ''}.`,
  );
  check(result.verdict === 'FAIL', `the verdict was to be FAIL, it is ${result.verdict}`);
  check(overall.change.value > 0, 'the overall AUC was to rise');
  check(low.change.value < -TOLD_DROP && low.change.high < 0, 'the AUC in low visibility was to fall');
  check(rollback?.outcome === 'done' && rollback.to === '1', 'the rollback was to be done');
  const aliases = JSON.parse(readFileSync(join(FOLDER, 'registry', MODEL, 'aliases.json'), 'utf8')) as {
    aliases?: Record<string, string>;
  };
  check(aliases.aliases?.['serving'] === '1', 'the alias serving was to name version 1 again');
}

function tellPlaces(result: Result, uiUrl: string | null): void {
  const here = relative(process.cwd(), FOLDER);
  tell('');
  tell(`report      ${join(here, 'report.html')}`);
  tell(`result      ${join(here, 'result.json')}`);
  if (uiUrl !== null) tell(`Temporal    ${uiUrl}/namespaces/default/workflows/${result.run}`);
  tell(
    `            (the server ended with the demo; to look at the run: cd ${here} && node ${relative(FOLDER, CLI)} dev)`,
  );
}

async function segmentry(...args: string[]): Promise<number> {
  tell(`$ segmentry ${args.join(' ')}`);
  // Its result is told below; its progress is shown as it is.
  const { exitCode, stdout } = await execa(process.execPath, [CLI, ...args], {
    cwd: FOLDER,
    reject: false,
    stdio: ['ignore', 'pipe', 'inherit'],
    // The demo has a Temporal of its own, whatever else is configured.
    extendEnv: false,
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'))),
  });
  if (args[0] === 'registry') tell(stdout);
  return exitCode ?? 3;
}

function registryEvents(): number {
  return readdirSync(join(FOLDER, 'registry', MODEL, 'events')).filter((name) => name.endsWith('.json')).length;
}

function defined(estimate: Estimate | undefined): DefinedEstimate {
  if (estimate !== undefined && 'value' in estimate) return estimate;
  throw new Error(`an AUC is missing: ${estimate?.undefined ?? 'it was not measured'}`);
}

const fixed = (value: number): string => value.toFixed(3);
const signed = (value: number): string => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`;

function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`The demo did not go as told: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
