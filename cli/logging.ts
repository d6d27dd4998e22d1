/** The program's own log, on stderr: for people a line, for machines JSON. */
import { SdkComponent } from '@temporalio/common';
import { type Logger as TemporalLogger, Runtime, makeTelemetryFilterString, type LogLevel } from '@temporalio/worker';
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';
import { say } from './output.js';

const STDERR = 2;

/** What Temporal warns of and we mean: the compute queue has activities only. */
const EXPECTED = new Set(['No workflows registered, not polling for workflow tasks']);

export function createLogger(level: 'info' | 'warn' | 'debug'): Logger {
  return process.stderr.isTTY
    ? pino({ level }, pretty({ destination: STDERR, ignore: 'pid,hostname', translateTime: 'HH:MM:ss', sync: true }))
    : pino({ level }, pino.destination({ dest: STDERR, sync: true }));
}

/** What the SDK tells beside a message: of a failed activity, or of an answer that the service would not take. */
interface MessageDetails {
  readonly sdkComponent?: string;
  readonly details?: unknown;
  readonly activityType?: string;
  readonly attempt?: number;
  readonly error?: { readonly message?: string; readonly nonRetryable?: boolean };
}

/**
 * A failure that the command itself reports is not told twice, and one that is tried again is a remark, not a record of
 * identifiers. Returns null for messages that go to the log as they are, and nothing ('') for those that are not told.
 */
export function remark(message: string, meta: MessageDetails): string | null {
  if (message === 'Workflow failed' || isLateAnswer(message, meta)) return '';
  if (message !== 'Activity failed') return null;
  const { activityType = '', attempt = 1, error } = meta;
  if (error?.nonRetryable === true) return '';
  return `${activityType} failed (attempt ${attempt}) and is tried again: ${error?.message ?? 'no reason given'}`;
}

/**
 * What the worker found out when nobody waited for it any more, because the run was cancelled or whoever asked has gone: "Activity not
 * found on completion", "Query not found when attempting to respond to it". Nothing is lost, and there is nothing to do.
 */
function isLateAnswer(message: string, { sdkComponent, details }: MessageDetails): boolean {
  if (sdkComponent !== SdkComponent.core) return false;
  return /\bnot found\b/i.test(message) || String(details).includes('code: NotFound');
}

/**
 * Makes Temporal log through ours. Once per process, before the first connection: Temporal's runtime is made once. Signals
 * are handled by the commands, because an interrupted `run` has more to say than a worker that ends.
 *
 * @param plain failures of stages as remarks for people, for commands that tell how it ended themselves
 */
export function installTemporalRuntime(logger: Logger, plain: boolean): void {
  const forward =
    (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, meta?: Record<string | symbol, unknown>): void => {
      if (EXPECTED.has(message)) return;
      const said = plain ? remark(message, meta ?? {}) : null;
      if (said === null) logger[level](meta ?? {}, message);
      else if (said !== '') say(said);
    };
  const levels = {
    TRACE: forward('trace'),
    DEBUG: forward('debug'),
    INFO: forward('info'),
    WARN: forward('warn'),
    ERROR: forward('error'),
  };
  const temporalLogger: TemporalLogger = {
    log: (level: LogLevel, message, meta) => levels[level](message, meta),
    trace: levels.TRACE,
    debug: levels.DEBUG,
    info: levels.INFO,
    warn: levels.WARN,
    error: levels.ERROR,
  };
  Runtime.install({
    logger: temporalLogger,
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN' }) } },
    shutdownSignals: [],
  });
}
