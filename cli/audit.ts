/** `segmentry audit`: who did what, and whether the logs that say so are still the ones that were written. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readRunArtifacts, ARTIFACTS_FILE } from '../activities/run-artifacts.js';
import type { ArtifactStore } from '../adapters/artifact-store/index.js';
import {
  type AuditAnchor,
  type AuditHead,
  type AuditRecord,
  createAuditLog,
  verifyAudit,
} from '../adapters/audit-log/index.js';
import { createRegistry, FolderRegistry } from '../adapters/registry/index.js';
import { SegmentryError } from '../domain/errors.js';
import { printable } from '../report/format.client.js';
import { EXIT } from './exit-codes.js';
import { type ConnectionFlags, examples, storeOption } from './global-options.js';
import { print, say } from './output.js';
import { openStore } from './session.js';

type StoreFlags = Pick<ConnectionFlags, 'store'>;

export function registerAudit(program: Command): void {
  const audit = program.command('audit').description('who did what: an append-only log in the artifact store');
  const withStore = (command: Command): Command => command.addOption(storeOption());
  examples(
    withStore(audit.command('list'))
      .description('all records, the oldest first')
      .option('--json', 'a JSON object a line')
      .action(async (flags: StoreFlags & { readonly json?: boolean }) => {
        process.exitCode = await list(flags);
      }),
    ['segmentry audit list', 'segmentry audit list --json | jq "select(.action == \\"rollback\\")"'],
  );
  examples(
    withStore(audit.command('verify'))
      .description(
        "follow the chain of this log and of the registries' logs; names the first broken record. Exits with 0 if all are intact, with 3 if not",
      )
      .option('--registry <folder...>', 'registries to verify, beside those that the records name')
      .addOption(
        new Option('--head <seq:hash>', 'a head of the log that was saved elsewhere, as verify printed it').argParser(
          parseHead,
        ),
      )
      .action(async (flags: VerifyFlags) => {
        process.exitCode = await verify(flags);
      }),
    ['segmentry audit verify', 'segmentry audit verify --registry ./registry --head 1204:9f2c…'],
  );
}

async function list(flags: StoreFlags & { readonly json?: boolean }): Promise<number> {
  const store = openStore(flags);
  const entries = await createAuditLog(store.uri).read();
  if (entries.length === 0) say(`no records in ${store.uri}`);
  for (const { event } of entries) print(flags.json === true ? JSON.stringify(event) : printable(lineOf(event)));
  return EXIT.pass;
}

function lineOf({ seq, time, actor, action, subject, run, details }: AuditRecord): string {
  const facts = Object.entries(details).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${String(value)}`],
  );
  const belongs = run === null || run === subject ? [] : [`run ${run}`];
  return [String(seq).padStart(5), time, actor, action, subject, ...belongs, facts.join(', ')].join('  ').trimEnd();
}

interface VerifyFlags extends StoreFlags {
  readonly registry?: readonly string[];
  readonly head?: AuditHead;
}

async function verify(flags: VerifyFlags): Promise<number> {
  const store = openStore(flags);
  const log = createAuditLog(store.uri);
  const given = flags.head === undefined ? [] : [{ ...flags.head, from: '--head' }];
  const check = await verifyAudit(log.folder, [...given, ...(await anchorsOf(store))]);
  if (!check.ok) {
    const which = check.seq === null ? '' : `record ${check.seq} `;
    throw new SegmentryError(`audit log: ${which}${check.path} is ${check.damage}: ${check.problem}`, 'data');
  }
  const named = (await log.read()).flatMap(({ event: { details } }) =>
    typeof details['registry'] === 'string' ? [details['registry']] : [],
  );
  const registries = await verifyRegistries([...new Set([...(flags.registry ?? []), ...named])], flags.registry ?? []);
  const { records, head, anchors } = check;
  // A wrong --store is not to look like a log in which all is right.
  if (head === null && records === 0 && flags.registry === undefined)
    throw new SegmentryError(
      `there is no audit log in ${store.uri}: nothing was recorded there yet, or another --store is meant`,
      'usage',
    );
  print(`${count(records, 'record')}, ${count(registries.models, 'model')}: intact`);
  print(`  audit log  ${log.folder}, its end confirmed by ${count(anchors, 'other record')}`);
  for (const line of registries.lines) print(`  registry   ${line}`);
  if (head !== null) print(`  head       ${head.seq}:${head.hash}`);
  return EXIT.pass;
}

/** Ends of the log that runs wrote down with their verdicts. */
async function anchorsOf(store: ArtifactStore): Promise<AuditAnchor[]> {
  const anchors: AuditAnchor[] = [];
  for (const { run, files } of await store.runs()) {
    if (!files.includes(ARTIFACTS_FILE)) continue;
    const { audit } = await readRunArtifacts(store, run);
    if (audit !== undefined) anchors.push({ ...audit, from: `runs/${run}/${ARTIFACTS_FILE}` });
  }
  return anchors;
}

/** @param wanted those that must be there; one that a record names may have been moved since, and is told of */
async function verifyRegistries(
  uris: readonly string[],
  wanted: readonly string[],
): Promise<{ readonly models: number; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const seen = new Set<string>();
  let models = 0;
  for (const uri of uris) {
    const registry = createRegistry(uri);
    if (!(registry instanceof FolderRegistry) || seen.has(registry.uri)) continue;
    seen.add(registry.uri);
    const names = await registry.models().catch((error: unknown) => {
      if (!wanted.includes(uri) && error instanceof SegmentryError) return null;
      throw error;
    });
    if (names === null) {
      lines.push(`${registry.uri} is not there (any more): NOT verified`);
      continue;
    }
    let events = 0;
    for (const model of names) {
      const check = await registry.verifyLog(model);
      if (!check.ok) {
        throw new SegmentryError(
          `registry ${registry.uri}, model ${model}: event ${check.seq} ${check.path}: ${check.problem}`,
          'data',
        );
      }
      events += check.events;
    }
    models += names.length;
    lines.push(`${registry.uri}: ${count(names.length, 'model')}, ${count(events, 'event')}`);
  }
  return { models, lines };
}

function count(number: number, thing: string): string {
  return `${number.toLocaleString('en')} ${thing}${number === 1 ? '' : 's'}`;
}

function parseHead(text: string): AuditHead {
  const match = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('write it as `audit verify` prints it: number:hash.');
  return { seq: Number(match[1]), hash: match[2]! };
}
