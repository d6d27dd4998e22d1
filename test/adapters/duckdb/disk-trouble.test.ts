import { describe, expect, it } from 'vitest';
import { Database, placed } from '../../../adapters/duckdb/database.js';
import { diskTrouble } from '../../../adapters/duckdb/disk-trouble.js';
import { SegmentryError } from '../../../domain/errors.js';

/** Linux' own disk that is always full. */
const FULL = '/dev/full';

const failure = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

describe('a statement that the disk is to blame for', () => {
  it.runIf(process.platform === 'linux')('may be tried again, and says what to do', async () => {
    const error = await Database.with(Database.open({ threads: 1 }), (database) =>
      failure(database.run(`COPY (SELECT range FROM range(1000000)) TO '${FULL}' (FORMAT csv)`)),
    );
    expect(error).toBeInstanceOf(SegmentryError);
    expect(error).toMatchObject({
      kind: 'infrastructure',
      message: `Cannot read or write ${FULL}: the disk is full. Free some space, then run again: what is done is not done twice.`,
    });
    // The place that the SQL came from has no part in it.
    expect(placed(error, 'data.where: x > 1', 'data')).toBe(error);
  });

  it('is told from one that is wrong, or reads data that are', async () => {
    const errors = await Database.with(Database.open({ threads: 1 }), async (database) => [
      await failure(database.run('SELECT nothing FROM nowhere')),
      await failure(database.run("SELECT * FROM read_parquet('/nowhere/at/all.parquet')")),
      await failure(database.run("SELECT CAST('No space left on device' AS INTEGER)")),
    ]);
    for (const error of errors) {
      expect(diskTrouble(error, true)).toBeNull();
      expect(placed(error, 'data.where: x > 1', 'usage')).toMatchObject({
        kind: 'usage',
        message: expect.stringMatching(/^data\.where: x > 1: \S/) as string,
      });
    }
  });

  it('is the disk where rows are put aside without a limit, and the SQL where they have one', () => {
    const spilled = new Error('Out of Memory Error: failed to offload data block of size 256.0 KiB\nThis limit …');
    expect(diskTrouble(spilled, true)).toMatchObject({ kind: 'infrastructure' });
    expect(diskTrouble(spilled, false)).toBeNull();
  });
});
