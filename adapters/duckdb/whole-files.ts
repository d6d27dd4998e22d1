/** DuckDB reads a compressed file that was cut off as far as it goes, and the rows behind that would be missing without a word. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { SegmentryError } from '../../domain/errors.js';

/**
 * Files that are not compressed are taken as whole: their formats say so, or nothing does.
 *
 * @param source as the pipeline names it
 * @throws SegmentryError (data) when the file ends too early, or goes on with something else
 */
export async function requireWhole(file: string, source: string): Promise<void> {
  const check = /\.gz$/i.test(file) ? wholeGzip : /\.zst$/i.test(file) ? wholeZstd : null;
  if (check === null) return;
  try {
    await check(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const format = check === wholeGzip ? 'gzip' : 'Zstandard';
    throw new SegmentryError(
      `data.source: ${source}: ${file} is not a whole ${format} file (${why}): copy it again`,
      'data',
    );
  }
}

async function wholeGzip(file: string): Promise<void> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(file), createGunzip(), nowhere);
}

/** The numbers that frames begin with (RFC 8878, sections 3.1.1 and 3.1.2). */
const ZSTD_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** The last four bits of a skippable frame's number are anything. */
const SKIPPABLE_MASK = 0xfffffff0;

const CUT = 'unexpected end of file';

/** Follows the lengths of frames and blocks from the first to the last (RFC 8878, section 3.1.1); nothing is decompressed. */
async function wholeZstd(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    if (size === 0) throw new Error('it is empty');
    for (let at = 0; at < size;) at = await endOfFrame(handle, at, size);
  } finally {
    await handle.close();
  }
}

async function endOfFrame(file: FileHandle, start: number, size: number): Promise<number> {
  const magic = (await bytesAt(file, start, 4)).readUInt32LE();
  if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE_MAGIC)
    return within(size, start + 8 + (await bytesAt(file, start + 4, 4)).readUInt32LE());
  if (magic !== ZSTD_MAGIC) throw new Error('incorrect header check');
  const descriptor = (await bytesAt(file, start + 4, 1)).readUInt8();
  let at = start + 5 + headerLength(descriptor);
  for (let last = false; !last;) {
    const block = (await bytesAt(file, at, 3)).readUIntLE(0, 3);
    const [type, length] = [(block >> 1) & 3, block >> 3];
    if (type === 3) throw new Error('a block of an unknown kind');
    last = (block & 1) === 1;
    // A block of one byte that is repeated holds that byte once.
    at = within(size, at + 3 + (type === 1 ? 1 : length));
  }
  const hasChecksum = (descriptor & 4) !== 0;
  return within(size, at + (hasChecksum ? 4 : 0));
}

/** Bytes of a frame's header behind its descriptor: size of the window, id of the dictionary, size of the content. */
function headerLength(descriptor: number): number {
  const isSingle = (descriptor & 32) !== 0;
  const contentSize = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6]!;
  const dictionaryId = [0, 1, 2, 4][descriptor & 3]!;
  return (isSingle ? 0 : 1) + dictionaryId + contentSize;
}

function within(size: number, end: number): number {
  if (end > size) throw new Error(CUT);
  return end;
}

async function bytesAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new Error(CUT);
  return buffer;
}
