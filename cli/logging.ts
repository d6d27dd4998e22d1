/** The program's own log, on stderr: for people a line, for machines JSON. */
import { type Logger as TemporalLogger, Runtime, makeTelemetryFilterString, type LogLevel } from '@temporalio/worker';
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

const STDERR = 2;

/** What Temporal warns of and we mean: the compute queue has activities only. */
const EXPECTED = new Set(['No workflows registered, not polling for workflow tasks']);

export function createLogger(level: 'info' | 'warn' | 'debug'): Logger {
  return process.stderr.isTTY
    ? pino({ level }, pretty({ destination: STDERR, ignore: 'pid,hostname', translateTime: 'HH:MM:ss', sync: true }))
    : pino({ level }, pino.destination({ dest: STDERR, sync: true }));
}

/**
 * Makes Temporal log through ours. Once per process, before the first connection: Temporal's runtime is made once. Signals
 * are handled by the commands, because an interrupted `run` has more to say than a worker that ends.
 */
export function installTemporalRuntime(logger: Logger): void {
  const forward =
    (level: 'trace' | 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, meta?: Record<string | symbol, unknown>): void => {
      if (!EXPECTED.has(message)) logger[level](meta ?? {}, message);
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
