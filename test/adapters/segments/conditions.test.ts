import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { newFolder } from '../../scratch-folder.js';
import { type Snapshot, newSnapshot } from '../../snapshot.js';
import { segmented } from './segmented.js';

let folder: string;
let snapshot: Snapshot;

beforeAll(async () => {
  folder = await newFolder(afterAll);
  snapshot = await newSnapshot(
    folder,
    "SELECT unnest([1.5, NULL, 9, 'nan'::DOUBLE]) AS visib, unnest(['a', 'b', '3', 'd']) AS note",
  );
});

const codesOf = async (where: string): Promise<readonly number[]> => {
  const { table, codes } = await segmented(folder, snapshot, { kind: 'where', name: 'some', where });
  expect(table.segments).toEqual([{ name: 'some', rule: where, rows: codes.filter((code) => code === 0).length }]);
  return codes;
};

describe('a segment by a condition', () => {
  it.each([
    ['holds the rows for which it is true', 'visib < 3', [0, -1, -1, -1]],
    ['leaves out the rows for which it is NULL', 'not (visib < 3)', [-1, -1, 0, 0]],
    ['may end in a comment', 'visib < 3 -- low', [0, -1, -1, -1]],
    ['may be an alternative', "visib < 3 or note = 'b'", [0, 0, -1, -1]],
    ['may look at other rows', 'visib < (select max(visib) from data where not isnan(visib))', [0, -1, -1, -1]],
    ['may hold no row', 'false', [-1, -1, -1, -1]],
    ['may be NULL throughout', 'NULL', [-1, -1, -1, -1]],
  ])('%s', async (_what, where, codes) => {
    expect(await codesOf(where)).toEqual(codes);
  });

  it.each([
    ['no condition', 'visib <', 'usage'],
    ['an unknown column', 'visibility < 3', 'usage'],
    ['two statements', 'true); drop view data; select (1', 'usage'],
    ['another file', "exists (select 1 from read_text('/etc/hostname'))", 'usage'],
    ['a value that cannot be read', 'cast(note as integer) = 3', 'data'],
  ])('is refused for %s', async (_what, where, kind) => {
    await expect(codesOf(where)).rejects.toMatchObject({
      kind,
      message: expect.stringContaining(`segmentation "some": where: ${where}: `) as string,
    });
  });

  it('is refused for a value that cannot be read far behind the first rows, as among them', async () => {
    const far = await newSnapshot(
      folder,
      "SELECT CASE range WHEN 1_900_000 THEN 'three' ELSE '3' END AS code FROM range(2_000_000)",
    );
    const where = 'cast(code as integer) = 3';
    await expect(segmented(folder, far, { kind: 'where', name: 'some', where })).rejects.toMatchObject({
      kind: 'data',
      message: expect.stringMatching(/^segmentation "some": where: cast\(code as integer\) = 3: .*three/s) as string,
    });
  });
});
