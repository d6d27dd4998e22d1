/**
 * Registry, artifact store, audit log and receiver of notifications, but none that never answers: every call has a time limit, and
 * after some that failed in a row nobody asks for a while. A network file system that died would otherwise hold every task of every worker until its own time limit, and
 * be asked anew by each of them when it comes back.
 */
import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  TaskCancelledError,
  TimeoutStrategy,
  circuitBreaker,
  handleWhen,
  timeout,
} from 'cockatiel';
import { SegmentryError } from '../domain/errors.js';
import { ArtifactCorrupt, ArtifactMissing, type ArtifactStore } from './artifact-store/artifact-store.js';
import type { AuditLog } from './audit-log/index.js';
import type { Notifier } from './notify/index.js';
import type { ModelRegistry } from './registry/registry.js';

export interface GuardLimits {
  /** For a call that reads or writes some small files, in milliseconds. */
  readonly smallMs: number;
  /** For a call that reads, writes or copies bytes of any number, in milliseconds. */
  readonly bytesMs: number;
  /** Calls that must fail one after the other before nobody asks any more. */
  readonly failures: number;
  /** For how long nobody asks, in milliseconds; then one call tries whether it works again. */
  readonly restMs: number;
}

export const GUARD_LIMITS: GuardLimits = {
  // A busy network file system answers within seconds; a mount that lost its server, never.
  smallMs: 60_000,
  // 15 minutes: 9 GB at 10 MB/s.
  bytesMs: 900_000,
  failures: 5,
  // Shorter than the time over which a stage tries again, about two minutes: it must not use up its attempts at a closed door.
  restMs: 10_000,
};

/** Which limit a call has: every one that is waited for has one. What returns at once is not guarded. */
type Sizes<T> = {
  readonly [Name in keyof T as T[Name] extends (...args: never) => Promise<unknown> ? Name : never]: 'small' | 'bytes';
};

const REGISTRY_CALLS: Sizes<ModelRegistry> = {
  models: 'small',
  describe: 'small',
  resolve: 'small',
  modelFile: 'bytes',
  addVersion: 'bytes',
  setAlias: 'small',
  recordVerdict: 'small',
};

const STORE_CALLS: Sizes<ArtifactStore> = {
  checkWritable: 'small',
  putFile: 'bytes',
  putBytes: 'bytes',
  putJson: 'small',
  localPath: 'bytes',
  readBytes: 'bytes',
  flush: 'bytes',
  digestFile: 'bytes',
  readJson: 'small',
  remember: 'small',
  recall: 'small',
  writeRunFile: 'bytes',
  readRunFile: 'small',
  hasRunFile: 'small',
  runs: 'small',
};

/** The first one of a process reads the whole log. One that is too long for the limit is read on while the next attempt waits. */
const AUDIT_CALLS: Sizes<AuditLog> = { record: 'small' };

const NOTIFIER_CALLS: Sizes<Notifier> = { send: 'small' };

export function guardedRegistry(registry: ModelRegistry, limits = GUARD_LIMITS): ModelRegistry {
  return guarded(registry, { called: 'model registry', calls: REGISTRY_CALLS, limits });
}

export function guardedStore(store: ArtifactStore, limits = GUARD_LIMITS): ArtifactStore {
  return guarded(store, { called: 'artifact store', calls: STORE_CALLS, limits });
}

export function guardedAudit(log: AuditLog, limits = GUARD_LIMITS): AuditLog {
  return guarded(log, { called: 'audit log', calls: AUDIT_CALLS, limits });
}

export function guardedNotifier(notifier: Notifier, limits = GUARD_LIMITS): Notifier {
  return guarded(notifier, { called: 'receiver of notifications', calls: NOTIFIER_CALLS, limits });
}

interface Guard<T> {
  readonly called: string;
  readonly calls: Sizes<T>;
  readonly limits: GuardLimits;
}

/** A proxy, so that what is behind stays what it is: a folder's registry is still one to whoever asks for more than the interface. */
function guarded<T extends { readonly uri: string }>(target: T, { called, calls, limits }: Guard<T>): T {
  const where = `${called} at ${target.uri}`;
  const breaker = breakerOf(where, limits);
  return new Proxy(target, {
    get(_target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      const size = (calls as Readonly<Record<PropertyKey, 'small' | 'bytes' | undefined>>)[name];
      if (typeof value !== 'function' || size === undefined) return value;
      const limitMs = size === 'small' ? limits.smallMs : limits.bytesMs;
      return (...args: unknown[]) =>
        ask(
          breaker,
          limits,
          { where, call: String(name), limitMs },
          () => value.apply(target, args) as Promise<unknown>,
        );
    },
  });
}

interface Asked {
  readonly where: string;
  readonly call: string;
  readonly limitMs: number;
}

/** A breaker, and why it opened. */
interface Breaker {
  readonly policy: CircuitBreakerPolicy;
  lastFailure: string;
}

/** One for all who ask the same place: activities open a registry anew each time. */
const breakers = new Map<string, Breaker>();

function breakerOf(where: string, { failures, restMs }: GuardLimits): Breaker {
  const key = `${where} ${failures} ${restMs}`;
  const known = breakers.get(key);
  if (known !== undefined) return known;
  const policy = circuitBreaker(handleWhen(isOutage), {
    breaker: new ConsecutiveBreaker(failures),
    halfOpenAfter: restMs,
  });
  const made = { policy, lastFailure: '' };
  breakers.set(key, made);
  return made;
}

async function ask(
  breaker: Breaker,
  { failures, restMs }: GuardLimits,
  { where, call, limitMs }: Asked,
  work: () => Promise<unknown>,
): Promise<unknown> {
  // A file system cannot be told to stop: the call is left to itself, and whatever it still does, its retry finds done.
  const limit = timeout(limitMs, TimeoutStrategy.Aggressive);
  const inTime = async (): Promise<unknown> => {
    try {
      return await limit.execute(work);
    } catch (error) {
      const explained = error instanceof TaskCancelledError ? notInTime(where, call, limitMs) : error;
      if (isOutage(explained)) breaker.lastFailure = (explained as Error).message;
      throw explained;
    }
  };
  try {
    return await breaker.policy.execute(inTime);
  } catch (error) {
    if (!(error instanceof BrokenCircuitError)) throw error;
    throw new SegmentryError(
      `The ${where} is not asked (${call}) for ${restMs / 1000} s, because ${failures} calls in a row failed. The last one: ${breaker.lastFailure}`,
      'infrastructure',
    );
  }
}

function notInTime(where: string, call: string, limitMs: number): SegmentryError {
  return new SegmentryError(
    `The ${where} did not answer within ${limitMs / 1000} s (${call}). Check the file system that it is on, and the network to it.`,
    'infrastructure',
  );
}

/** Whether the place is to blame. A wrong name, and an artifact that is gone or damaged, are answers. */
function isOutage(error: unknown): boolean {
  if (error instanceof ArtifactMissing || error instanceof ArtifactCorrupt) return false;
  if (error instanceof SegmentryError) return error.kind === 'infrastructure';
  const { code } = (error ?? {}) as { code?: unknown };
  return error instanceof Error && typeof code === 'string' && /^E[A-Z]+$/.test(code);
}
