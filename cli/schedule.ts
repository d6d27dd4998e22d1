/** `segmentry schedule`: recurring evaluations, kept by Temporal. */
import { resolve } from 'node:path';
import {
  type Client,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type ScheduleOptions,
} from '@temporalio/client';
import type { StringValue } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time.js';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { EvaluationRequest } from '../activities/contract.js';
import type { ArtifactStore } from '../adapters/artifact-store/index.js';
import { type AuditAction, type AuditDetails, createAuditLog } from '../adapters/audit-log/index.js';
import { PipelineFileError } from '../adapters/pipeline-file/problems.js';
import { type PipelineRequest, loadPipeline, readPipelineText } from '../adapters/preflight/load-pipeline.js';
import { SegmentryError } from '../domain/errors.js';
import { NOMINAL_TIME } from '../workflows/request-evaluation.js';
import { resolveTarget } from '../workers/connection.js';
import { EXIT } from './exit-codes.js';
import { type ConnectionFlags, examples, withConnection } from './global-options.js';
import { print, say } from './output.js';
import { personHere } from './person.js';
import { preflightHere } from './preflight-here.js';
import { type Session, openSession } from './session.js';

interface CreateFlags extends ConnectionFlags {
  readonly id?: string;
  readonly cron?: string;
  readonly timezone: string;
  /** Milliseconds. */
  readonly catchup: number;
  readonly candidate?: string;
  readonly baseline?: string;
  readonly pauseOnFailure?: boolean;
  readonly act: boolean;
}

/** Once a day, after midnight and before anybody comes to work. */
const DAILY = '0 5 * * *';

/** A start that was missed (the service was down) is made up for within this time; after that the next one has newer data. */
const CATCHUP = '1 hour';

export function registerSchedule(program: Command): void {
  const schedule = program.command('schedule').description('recurring evaluations');
  registerCreate(schedule);
  onSchedule(schedule, 'show', 'what a schedule does, and its last and next runs', show);
  onSchedule(schedule, 'pause', 'start no more runs', async ({ client, store }, id) => {
    await client.schedule.getHandle(id).pause('paused with segmentry schedule pause');
    await recordChange(store, 'schedule-paused', id);
    say(`${id} is paused`);
  });
  onSchedule(schedule, 'resume', 'start runs again', async ({ client, store }, id) => {
    await client.schedule.getHandle(id).unpause('resumed with segmentry schedule resume');
    await recordChange(store, 'schedule-resumed', id);
    say(`${id} goes on`);
  });
  onSchedule(schedule, 'trigger', 'start a run now', async ({ client, store }, id) => {
    await client.schedule.getHandle(id).trigger(ScheduleOverlapPolicy.SKIP);
    await recordChange(store, 'schedule-triggered', id);
    say(`${id} was triggered; the Temporal UI shows its run`);
  });
  onSchedule(schedule, 'delete', 'delete a schedule; its runs are kept', async ({ client, store }, id) => {
    await client.schedule.getHandle(id).delete();
    await recordChange(store, 'schedule-deleted', id);
    say(`${id} is deleted`);
  });
  examples(
    withConnection(schedule.command('list').description('all schedules')).action(async (flags: ConnectionFlags) => {
      process.exitCode = await withSession(flags, async ({ client }) => {
        let count = 0;
        for await (const summary of client.schedule.list()) {
          count++;
          const next = summary.info.nextActionTimes[0]?.toISOString() ?? 'never';
          print(
            `${summary.scheduleId}  ${summary.state.paused ? 'paused' : `next ${next}`}  ${summary.state.note ?? ''}`.trimEnd(),
          );
        }
        if (count === 0) say('no schedules');
      });
    }),
    ['segmentry schedule list'],
  );
}

function registerCreate(schedule: Command): void {
  const command = schedule
    .command('create')
    .description('evaluate a pipeline every day (or by a cron expression); an existing schedule of this id is replaced')
    .argument('<pipeline>', 'pipeline file; its text becomes part of the schedule')
    .option('--id <id>', 'id of the schedule (default: the name of the pipeline)')
    .addOption(new Option('--cron <expression>', 'when').default(DAILY, `${DAILY}, daily at five`))
    .option('--timezone <zone>', 'of the cron expression', 'UTC')
    .addOption(
      new Option('--catchup <duration>', 'how late a missed start may still be made up for')
        .argParser(duration)
        .default(msToNumber(CATCHUP), CATCHUP),
    )
    .option('--candidate <version>', 'version or @alias, in place of model.candidate')
    .option('--baseline <version>', 'version or @alias, in place of model.baseline')
    .option('--pause-on-failure', 'pause the schedule when a request fails')
    .option('--no-act', 'decide, but roll back or promote nothing')
    .action(async (pipeline: string, flags: CreateFlags) => {
      process.exitCode = await create(pipeline, flags);
    });
  examples(withConnection(command), [
    'segmentry schedule create pipeline.yaml',
    'segmentry schedule create pipeline.yaml --id nightly --cron "30 2 * * *" --timezone Europe/Berlin --catchup "6 hours"',
  ]);
}

async function create(file: string, flags: CreateFlags): Promise<number> {
  const { candidate, baseline } = flags;
  const overrides = {
    ...(candidate === undefined ? {} : { candidate }),
    ...(baseline === undefined ? {} : { baseline }),
  };
  const text = await readPipelineText(file);
  const { pipeline } = await loadPipeline({ file, text, ...overrides });
  const id = flags.id ?? pipeline.name;
  const request: EvaluationRequest = {
    pipeline: resolve(file),
    text,
    ...overrides,
    ...(pipeline.data.time === null ? {} : { asOf: NOMINAL_TIME }),
    act: flags.act,
    requestedBy: `schedule ${id}, made by ${personHere()}`,
  };
  const cron = flags.cron ?? DAILY;
  await refuseWhatRunsRefuse({ file, text, ...overrides }, flags);
  return withSession(flags, async (session) => {
    const options: ScheduleOptions = {
      scheduleId: id,
      // Temporal keeps calendars, not the expression, and a comment with them: `schedule show` tells it as it was written.
      spec: { cronExpressions: [`${cron} # ${cron}`], timezone: flags.timezone },
      action: {
        type: 'startWorkflow',
        workflowType: 'requestEvaluation',
        workflowId: `scheduled-${id}`,
        args: [request],
        taskQueue: session.taskQueue,
        staticSummary: `evaluate ${pipeline.name}, scheduled as ${id}`,
      },
      policies: {
        // A run that is still going will tell soon; a second one beside it would tell the same.
        overlap: ScheduleOverlapPolicy.SKIP,
        catchupWindow: flags.catchup,
        pauseOnFailure: flags.pauseOnFailure ?? false,
      },
      state: { note: `${pipeline.name}: ${file}` },
    };
    const replaced = await keep(session.client, options).catch((error: unknown) => {
      throw refused(error, cron, flags.timezone);
    });
    await recordChange(session.store, replaced ? 'schedule-replaced' : 'schedule-created', id, {
      pipeline: resolve(file),
      cron,
      timezone: flags.timezone,
      act: flags.act,
    });
    say(
      replaced
        ? `${id} was there already; it has been replaced: ${cron} (${flags.timezone})`
        : `${id} is scheduled: ${cron} (${flags.timezone})`,
    );
    if (pipeline.data.time === null) say('Without data.time in the pipeline every run looks at all the data.');
    if (session.embedded)
      say('The local Temporal starts its runs only while it is up: keep `segmentry dev` running here.');
    print(id);
  });
}

/**
 * A run by hand refuses at once what nobody would see of a schedule before its first night. What hangs on data or machines may be
 * another thing by then, and is only told of.
 *
 * @throws SegmentryError (usage) for what the pipeline file or the command says wrongly, versions and aliases that there are not among it
 */
async function refuseWhatRunsRefuse(request: PipelineRequest, flags: ConnectionFlags): Promise<void> {
  try {
    await preflightHere(request);
  } catch (error) {
    if (!(error instanceof SegmentryError)) throw error;
    if (error.kind === 'usage' && !mayBeElsewhere(error, flags)) throw error;
    say(`warning: a run here and now would come to no verdict: ${error.message}`);
  }
}

/** Files that this machine does not see, where it is the workers of a cluster that have to. */
function mayBeElsewhere(error: SegmentryError, { address, namespace, profile }: ConnectionFlags): boolean {
  if (resolveTarget({ folder: process.cwd(), address, namespace, profile }).kind === 'embedded') return false;
  const places = ['data.source', 'model.registry'];
  return error instanceof PipelineFileError && error.problems.every(({ path }) => places.includes(path));
}

/** The schedule is changed, and stays so: a log that cannot be written is told of. */
async function recordChange(
  store: ArtifactStore,
  action: AuditAction,
  id: string,
  details: AuditDetails = {},
): Promise<void> {
  try {
    await createAuditLog(store.uri).record({ actor: personHere(), action, subject: id, run: null, details, key: null });
  } catch (error) {
    if (!(error instanceof SegmentryError)) throw error;
    say(`warning: the audit log has no record of this: ${error.message}`);
  }
}

/** A duration as Temporal's options take it: "6 hours", "90m", "1 day". */
function duration(text: string): number {
  try {
    return msToNumber(text as StringValue);
  } catch {
    throw new InvalidArgumentError(`"${text}" is no duration; write it like "6 hours" or "30 minutes".`);
  }
}

/** The SDK throws a TypeError with what the service has against the specification. */
function refused(error: unknown, cron: string, timezone: string): unknown {
  if (!(error instanceof TypeError)) return error;
  return new SegmentryError(
    `Temporal does not take the schedule "${cron}" in the time zone "${timezone}": ${error.message}. A cron expression has ` +
      'five fields (minute, hour, day, month, weekday), like "30 2 * * *"; a time zone is called like Europe/Berlin.',
    'usage',
  );
}

/** Makes the schedule, or puts it in the place of the one with its id; whether there was one. */
async function keep(client: Client, options: ScheduleOptions): Promise<boolean> {
  try {
    await client.schedule.create(options);
    return false;
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(options.scheduleId).update(({ state }) => ({
      ...options,
      // It stays paused if it was, and then its note says why; any other tells of the pipeline that it had.
      state: state.paused ? state : { ...state, ...options.state },
    }));
    return true;
  }
}

async function show({ client }: Session, id: string): Promise<void> {
  const { spec, policies, state, info, action } = await client.schedule.getHandle(id).describe();
  const calendar = spec.calendars?.map(({ comment }) => comment).filter(Boolean) ?? [];
  print(id);
  print(`  when      ${calendar.join('; ') || JSON.stringify(spec.calendars)} ${spec.timezone ?? 'UTC'}`);
  print(`  overlap   ${policies.overlap}`);
  print(`  catch-up  ${policies.catchupWindow / 60_000} minutes`);
  print(`  state     ${state.paused ? 'paused' : 'active'}${state.note === undefined ? '' : `, ${state.note}`}`);
  const [request] = (action.args ?? []) as EvaluationRequest[];
  if (request !== undefined)
    print(
      `  pipeline  ${request.pipeline}${request.asOf === undefined ? '' : ', data window up to the scheduled time'}`,
    );
  for (const { takenAt, action: taken } of info.recentActions)
    print(`  ran       ${takenAt.toISOString()}  ${taken.workflow.workflowId}`);
  for (const time of info.nextActionTimes.slice(0, 3)) print(`  next      ${time.toISOString()}`);
}

function onSchedule(
  parent: Command,
  name: string,
  description: string,
  work: (session: Session, id: string) => Promise<void>,
): void {
  const command = withConnection(parent.command(name).description(description).argument('<id>', 'id of the schedule'));
  examples(
    command.action(async (id: string, flags: ConnectionFlags) => {
      process.exitCode = await withSession(flags, (session) => work(session, id), id);
    }),
    [`segmentry schedule ${name} flight-delays`],
  );
}

async function withSession(
  flags: ConnectionFlags,
  work: (session: Session) => Promise<void>,
  id?: string,
): Promise<number> {
  const session = await openSession({ flags, worker: 'never', quiet: true });
  try {
    await work(session);
    return EXIT.pass;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) {
      throw new SegmentryError(`no schedule is called "${id ?? ''}"; \`segmentry schedule list\` lists them`, 'usage');
    }
    throw error;
  } finally {
    await session.close();
  }
}
