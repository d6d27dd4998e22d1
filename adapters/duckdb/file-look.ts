/** What a file holds, by its first and last bytes, where that is something else than its name says. */
import { open } from 'node:fs/promises';
import { explained } from '../artifact-store/io-errors.js';
import type { DataFormat } from './source.js';

/** Both begin and end with it. */
const PARQUET = 'PAR1';

/** By the bytes that they begin with, which no table that is text begins with. */
const SIGNATURES: readonly { readonly bytes: string; readonly what: string; readonly advice: string }[] = [
  { bytes: PARQUET, what: 'is a Parquet file', advice: 'let its name end in .parquet' },
  { bytes: 'PARE', what: 'is an encrypted Parquet file', advice: 'write it without encryption' },
  { bytes: '\x1f\x8b', what: 'is a gzip file', advice: 'unpack it; CSV and JSON can be read as .csv.gz and .json.gz' },
  {
    bytes: '\x28\xb5\x2f\xfd',
    what: 'is a Zstandard file',
    advice: 'unpack it; CSV and JSON can be read as .csv.zst and .json.zst',
  },
  {
    bytes: 'PK\x03\x04',
    what: 'is a ZIP archive, as Excel workbooks are too',
    advice: 'unpack it, or export the table as CSV or Parquet',
  },
  { bytes: 'ARROW1', what: 'is an Arrow (Feather) file', advice: 'write it as Parquet' },
  {
    bytes: 'version https://git-lfs.github.com/spec/',
    what: 'is what Git LFS keeps in place of the data',
    advice: 'fetch the data with git lfs pull',
  },
];

/** @returns what the file is and what to do about it; null: nothing speaks against what its name says */
export async function otherLook(file: string, format: DataFormat): Promise<string | null> {
  // What these hold is inside; whether they are whole is looked at elsewhere.
  if (/\.(gz|zst)$/i.test(file)) return null;
  const { head, tail } = await explained('read the data file', file, () => endsOf(file));
  const signature = SIGNATURES.find(({ bytes }) => head.startsWith(bytes));
  if (format === 'parquet' && (signature?.bytes === PARQUET || tail === PARQUET)) {
    if (signature?.bytes !== PARQUET)
      return 'ends like a Parquet file, and its beginning is missing: copy or write it again';
    if (tail !== PARQUET)
      return 'begins like a Parquet file, and its end is missing, as when it was cut off or is still being written: copy or write it again';
    return null;
  }
  if (signature !== undefined) return `${signature.what}, whatever its name says: ${signature.advice}`;
  const text = textLook(head);
  if (format === 'parquet' && text === null) return 'is no Parquet file: write it as one';
  // Text of any other kind can be a CSV.
  if (text === null || text === format || (format === 'csv' && text !== 'json')) return null;
  const look = { csv: 'CSV', json: 'JSON', other: 'text that is neither CSV nor JSON' }[text];
  const advice = text === 'other' ? 'write the data again' : `let its name end in .${text}`;
  return `looks like ${look}, whatever its name says: ${advice}`;
}

/** What text does not have: of the characters below the space it has only those from tab to carriage return. */
const isControl = (byte: number): boolean => byte < 0x20 && !(byte >= 0x09 && byte <= 0x0d);

/** Null: it is no text. */
function textLook(head: string): 'csv' | 'json' | 'other' | null {
  if (Buffer.from(head, 'latin1').some(isControl)) return null;
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^(\[\s*)?\{\s*["}]/.test(text) || /^\[\s*(\]|\{|$)/.test(text)) return 'json';
  // Half a JSON may begin with anything that JSON has: its reader tells of that at its place.
  return /^[^\n]*[,;\t|]/.test(text) && !/^[[{<]/.test(text) ? 'csv' : 'other';
}

/** In bytes, both marks and the length between them: what is shorter has no end of its own. */
const SHORTEST_PARQUET = 12;

/** Bytes of a file's beginning that are looked at. */
const HEAD_BYTES = 512;

async function endsOf(file: string): Promise<{ readonly head: string; readonly tail: string }> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const read = async (from: number, length: number): Promise<string> => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
      return buffer.toString('latin1', 0, bytesRead);
    };
    const head = await read(0, HEAD_BYTES);
    return { head, tail: size < SHORTEST_PARQUET ? '' : await read(size - PARQUET.length, PARQUET.length) };
  } finally {
    await handle.close();
  }
}
