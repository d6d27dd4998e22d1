/** Data made by hand, some of them right. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pipelineText } from '../pipeline-text.js';
import { type BadFile, CSV_MODEL, data } from './bad-file.js';

/** A frame of so many blocks, four bytes each, which are a letter 128 Ki times. */
const zstdOfOneByte = (blocks: number): Buffer =>
  Buffer.concat([
    // A window of 128 KiB, neither size nor checksum.
    Buffer.from('28b52ffd0038', 'hex'),
    ...Array.from({ length: blocks }, (_v, at) => {
      const block = Buffer.alloc(4, 'x');
      block.writeUIntLE((at === blocks - 1 ? 1 : 0) | (1 << 1) | (131_072 << 3), 0, 3);
      return block;
    }),
  ]);
const utf16 = (text: string): Buffer => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
const ROWS_OF_CSV = '0,0.1\n1,0.9\n';
const odd = (name: string): string =>
  `${name.includes('"') || name.includes('\n') ? `"${name.replaceAll('"', '""')}"` : name},p\n${ROWS_OF_CSV}`;

const NAMES = [
  'a"; drop table x; --',
  "it's",
  '{{row}}',
  '$1',
  'عنوان',
  'e\u0301te\u0301',
  '\u00e9t\u00e9',
  '🎉',
  'раypal',
  'two words',
  'select',
  '\u200b',
  'x'.repeat(5_000),
];

export const DATA: readonly BadFile[] = [
  data('right.csv', `y,p\n${ROWS_OF_CSV}`, 'ok'),
  data('empty.csv', '', 'refused', 'is empty (0 bytes)'),
  data('newlines.csv', '\n\n\n', 'refused', 'the data have no column "y"'),
  data('header.csv', 'y,p\n', 'refused', 'has no rows, only a header of 2 columns'),
  data('uneven.csv', `y,p,x\n${'0,0.1,1\n'.repeat(50)}1,0.9\n${'0,0.1,"a,b"\n'.repeat(5)}`, 'refused', 'line 52 of'),
  data(
    'binary.csv',
    Buffer.from(Array.from({ length: 5_000 }, (_v, at) => (at * 7919) % 256)),
    'refused',
    'binary.csv',
  ),
  data('nul.csv', `y,p\n0,0.1\0\n${ROWS_OF_CSV}`, 'any'),
  data('bom.csv', `\ufeffy,p\n${ROWS_OF_CSV}`, 'ok'),
  data('utf-16.csv', utf16(`y,p\n${ROWS_OF_CSV}`), 'refused', 'utf-16.csv'),
  data('latin-1.csv', Buffer.from(`y,p,n\n0,0.1,caf\xe9\n1,0.9,x\n`, 'latin1'), 'refused', 'the text is not UTF-8'),
  data('cut short.csv', `y,p\n${ROWS_OF_CSV.repeat(20_000)}0,a\n`, 'refused', 'the CSV cannot be read at line'),
  data('ragged.csv', `y,p\n0,0.1,7,8,9\n1\n0,0.5\n1,0.9\n`, 'any'),
  data('quote.csv', `y,p\n0,"0.1\n1,0.9\n`, 'any'),
  data('long line.csv', `y,p,t\n0,0.1,${'x'.repeat(5_000_000)}\n`, 'any'),
  data('bomb.csv.gz', gzipSync(Buffer.alloc(50_000_000, 120)), 'refused', 'bomb.csv.gz'),
  data('cut.csv.gz', gzipSync(`y,p\n${ROWS_OF_CSV.repeat(1_000)}`).subarray(0, 40), 'refused', 'cut.csv.gz'),
  data('not gzip.csv.gz', 'y,p\n1,1\n', 'refused', 'not gzip.csv.gz'),
  data('not zstd.csv.zst', 'y,p\n1,1\n', 'refused', 'not zstd.csv.zst'),
  data('bomb.csv.zst', zstdOfOneByte(4_000), 'refused', 'bomb.csv.zst'),
  data('cut.csv.zst', zstdOfOneByte(4_000).subarray(0, -1), 'refused', 'is not a whole Zstandard file'),
  data(
    'wide.csv',
    `y,p,${Array.from({ length: 10_000 }, (_v, at) => `c${at}`).join()}\n${`0,0.1,${Array.from({ length: 10_000 }, () => '1').join()}\n`.repeat(3)}`,
    'ok',
  ),
  data('extremes.csv', 'y,p,x\n0,0.1,1e308\n1,0.9,5e-324\n0,0.2,-0\n1,0.8,-1e308\n', 'ok'),
  data('overflow.csv', 'y,p,x\n0,0.1,1e999\n1,0.9,NaN\n0,0.2,-inf\n', 'ok'),
  data('wrong.parquet', `y,p\n${ROWS_OF_CSV}`, 'refused', 'wrong.parquet'),
  data('empty.parquet', '', 'refused', 'is empty (0 bytes)'),
  data('parquet.csv', Buffer.from('PAR1 and more'), 'refused', 'is a Parquet file, whatever its name says'),
  data(
    'footer.parquet',
    Buffer.concat([Buffer.from('PAR1'), Buffer.from([0xff, 0xff, 0xff, 0x7f]), Buffer.from('PAR1')]),
    'refused',
    'footer.parquet',
  ),
  data(
    'encrypted.parquet',
    Buffer.concat([Buffer.from('PARE'), Buffer.alloc(20), Buffer.from('PARE')]),
    'refused',
    'encrypted.parquet',
  ),
  data('right.jsonl', '{"y":0,"p":0.1}\n{"y":1,"p":0.9}\n', 'ok'),
  data('cut.json', '[{"y":0,"p":0.1},{"y":1,', 'refused', 'cut.json'),
  data('deep.json', '['.repeat(200_000), 'refused', 'deep.json'),
  data('deep right.json', `[{"y":0,"p":0.1,"d":${'['.repeat(2_000)}${']'.repeat(2_000)}}]`, 'any'),
  data('twice.jsonl', '{"y":0,"p":0.1,"y":1}\n', 'any'),
  data('surrogates.jsonl', '{"y":0,"p":0.1,"t":"\\ud800"}\n', 'any'),
  data('numbers.jsonl', '{"y":0,"p":1e400}\n{"y":1,"p":123456789012345678901234567890}\n', 'any'),
  data('text.json', 'no JSON', 'refused', 'text.json'),
  ...NAMES.map((name, at) => data(`name ${at}.csv`, odd(name), 'ok', undefined, name)),
  ...[
    'data[1].csv',
    'a*b.csv',
    'what?.csv',
    "it's.csv",
    'say "x".csv',
    '100%.csv',
    '%20.csv',
    'été 🎉.csv',
    '{{x}}.csv',
    'new\nline.csv',
    '#1.csv',
    '-x.csv',
    '~.csv',
    '[a-z].csv',
  ].map((name) => data(name, `y,p\n${ROWS_OF_CSV}`, 'ok')),
  {
    name: 'a link to another folder',
    expected: 'ok',
    write: async (folder) => {
      await mkdir(join(folder, '..', 'elsewhere'), { recursive: true });
      await writeFile(join(folder, '..', 'elsewhere', 'd.csv'), `y,p\n${ROWS_OF_CSV}`);
      await symlink(join(folder, '..', 'elsewhere', 'd.csv'), join(folder, 'linked.csv'));
    },
    pipeline: pipelineText({ data: '{ source: linked.csv, label: y }', model: CSV_MODEL }),
  },
  {
    name: 'a folder that is called like a file',
    expected: 'refused',
    says: 'is not a file',
    write: (folder) => mkdir(join(folder, 'd.csv')),
    pipeline: pipelineText({ data: '{ source: d.csv, label: y }', model: CSV_MODEL }),
  },
  {
    name: 'a device',
    expected: 'refused',
    says: 'is not a file',
    write: (folder) => symlink('/dev/zero', join(folder, 'd.csv')),
    pipeline: pipelineText({ data: '{ source: d.csv, label: y }', model: CSV_MODEL }),
  },
];
