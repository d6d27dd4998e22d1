import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

/**
 * Which guardian is the one of a folder.
 *
 * Every guardian binds a socket path of its own and then publishes it as `guardian-<generation>.json`, created
 * exclusively. The highest generation counts; it is alive when its socket accepts. A dead one is never deleted or
 * overwritten by those who want its place, because "looked dead, then deleted" can hit the successor: they race to
 * create the next generation instead, and only one can. Lower generations are litter and swept by the winner. A claimant
 * that slept until its number was swept, and creates it again, sees the higher generation afterwards and withdraws.
 */
export interface GuardianRecord {
  readonly generation: number;
  readonly pid: number;
  readonly socket: string;
}

const RECORD_NAME = /^guardian-(\d+)\.json$/;

function recordPath(stateFolder: string, generation: number): string {
  return join(stateFolder, `guardian-${generation}.json`);
}

async function generations(stateFolder: string): Promise<number[]> {
  // A state folder that was deleted under a running guardian has no records; that is not the guardian's end.
  const names = await readdir(stateFolder).catch(() => [] as string[]);
  return names.flatMap((name) => RECORD_NAME.exec(name)?.[1] ?? []).map(Number);
}

/** 0 when there never was one. */
async function highestGeneration(stateFolder: string): Promise<number> {
  return Math.max(0, ...(await generations(stateFolder)));
}

async function readRecord(stateFolder: string, generation: number): Promise<GuardianRecord | null> {
  try {
    const text = await readFile(recordPath(stateFolder, generation), 'utf8');
    const { pid, socket } = JSON.parse(text) as { pid: number; socket: string };
    return { generation, pid, socket };
  } catch {
    return null;
  }
}

/** The guardian published last, dead or alive. */
export async function latestGuardian(stateFolder: string): Promise<GuardianRecord | null> {
  const highest = await highestGeneration(stateFolder);
  return highest === 0 ? null : readRecord(stateFolder, highest);
}

/** Whether somebody listens. Only "nobody is there" counts as no: a refused permission is a guardian of another user. */
export function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

/** Publishes a socket that already listens. `null`: another guardian is alive or was faster. */
export async function claimGuardianship(stateFolder: string, socket: string): Promise<GuardianRecord | null> {
  const highest = await highestGeneration(stateFolder);
  const previous = highest === 0 ? null : await readRecord(stateFolder, highest);
  if (previous !== null && (await accepts(previous.socket))) return null;

  const mine: GuardianRecord = { generation: highest + 1, pid: process.pid, socket };
  if (!(await createExclusively(recordPath(stateFolder, mine.generation), JSON.stringify(mine)))) return null;
  if (await isSuperseded(stateFolder, mine)) {
    await rm(recordPath(stateFolder, mine.generation), { force: true });
    return null;
  }
  await sweep(stateFolder, mine.generation);
  return mine;
}

/** True once a successor took over, for example because somebody cleaned the folder of temporary files. */
export async function isSuperseded(stateFolder: string, mine: GuardianRecord): Promise<boolean> {
  return (await highestGeneration(stateFolder)) > mine.generation;
}

async function createExclusively(path: string, content: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  await writeFile(temporary, content);
  try {
    // A link, because it is exclusive and complete at once: nobody reads a record that is half written.
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    // File systems without links (FAT, some network shares): exclusive, and a reader in between sees a dead guardian.
    return await writeFile(path, content, { flag: 'wx' }).then(
      () => true,
      (failure: unknown) => {
        if ((failure as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw failure;
      },
    );
  } finally {
    await rm(temporary, { force: true });
  }
}

async function sweep(stateFolder: string, generation: number): Promise<void> {
  for (const lower of (await generations(stateFolder)).filter((other) => other < generation)) {
    const record = await readRecord(stateFolder, lower);
    // A guardian killed with -9 leaves its socket file. Only a path of our own naming is deleted.
    if (record !== null && /[/]segmentry-[0-9a-f]{12}-\d+-\w+\.sock$/.test(record.socket)) {
      await rm(record.socket, { force: true });
    }
    await rm(recordPath(stateFolder, lower), { force: true });
  }
}
