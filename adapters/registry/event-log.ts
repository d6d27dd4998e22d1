/**
 * A model's event log: `events/000001.json`, `events/000002.json`, ... ({@link HashChainedLog}). An event names the SHA-256
 * of the bytes of the one before.
 */
import type { RegistryEvent } from '../../domain/registry.js';
import { sha256Of } from '../artifact-store/durable-files.js';
import { HashChainedLog, type HashChainedLogOptions, type RecordFormat } from '../hash-chained-log/hash-chained-log.js';
import { eventText, parseEvent } from './event-format.js';

export { fileNameOf as eventFileName, numberOf as eventNumber } from '../hash-chained-log/numbered-files.js';

/** An event without what the log itself adds. */
export type NewEvent = RegistryEvent extends infer E
  ? E extends RegistryEvent
    ? Omit<E, 'seq' | 'time' | 'previous'>
    : never
  : never;

export type EventLogOptions = HashChainedLogOptions;

const EVENT: RecordFormat<RegistryEvent, NewEvent> = {
  called: 'registry event',
  complete: (chain, added) => ({ ...chain, ...added }),
  text: eventText,
  parse: parseEvent,
  digest: (_, text) => sha256Of(text),
};

export class EventLog extends HashChainedLog<RegistryEvent, NewEvent> {
  constructor(folder: string, options: EventLogOptions) {
    super(folder, EVENT, options);
  }
}
