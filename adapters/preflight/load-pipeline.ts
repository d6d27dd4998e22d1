/** The pipeline file of a request, read and parsed: as much as a command has to know before there is a worker. */
import { readFile } from 'node:fs/promises';
import { SegmentryError } from '../../domain/errors.js';
import { jsonBytes } from '../../domain/json-bytes.js';
import type { ModelSource, ModelUnderTest, Pipeline } from '../../domain/pipeline.js';
import { errorCode } from '../artifact-store/io-errors.js';
import { digestOf } from '../pipeline-file/digest.js';
import { parsePipeline } from '../pipeline-file/parse.js';

/** What to evaluate: a pipeline file, and what a command may say in its place. */
export interface PipelineRequest {
  /** Path of the pipeline file; relative paths inside it count from its folder. */
  readonly file: string;
  /** Its text, where the caller has read it; otherwise the file is read here. */
  readonly text?: string;
  readonly candidate?: string;
  readonly baseline?: string;
}

export interface LoadedPipeline {
  /** With what the request says in the file's place. */
  readonly pipeline: Pipeline;
  readonly text: string;
  /** Of the file: the versions that a command names instead of its aliases do not make it another pipeline. */
  readonly digest: string;
}

/**
 * @throws PipelineFileError when the text is wrong, SegmentryError (usage) when the file cannot be read or the request makes candidate and
 * baseline one
 */
export async function loadPipeline(request: PipelineRequest): Promise<LoadedPipeline> {
  const text = request.text ?? (await readPipelineText(request.file));
  const parsed = parsePipeline(text, request.file);
  const { candidate, baseline } = request;
  refuseOneModelTwice(parsed.model, request);
  const pipeline: Pipeline = {
    ...parsed,
    model: {
      ...parsed.model,
      ...(candidate === undefined ? {} : { candidate: { kind: 'registry', ref: candidate } }),
      ...(baseline === undefined ? {} : { baseline: { kind: 'registry', ref: baseline } }),
    },
  };
  return { pipeline, text, digest: digestOf(parsed) };
}

/**
 * Of what a command says in the file's place, as the file itself is refused for it. Two names that happen to stand for one version are
 * another thing: after a rollback a scheduled pipeline meets that, and no one has written it.
 */
function refuseOneModelTwice(model: ModelUnderTest, { file, candidate, baseline }: PipelineRequest): void {
  if (candidate === undefined && baseline === undefined) return;
  const same = candidate ?? refOf(model.candidate);
  if (same === null || same !== (baseline ?? refOf(model.baseline))) return;
  const what =
    candidate === undefined
      ? `--baseline ${same} is the same as model.candidate in ${file}`
      : baseline === undefined
        ? `--candidate ${same} is the same as model.baseline in ${file}`
        : `--candidate and --baseline are both ${same}`;
  throw new SegmentryError(
    `${what}: nothing could ever change between them; name another version for one of them`,
    'usage',
  );
}

function refOf(source: ModelSource | null): string | null {
  return source?.kind === 'registry' ? source.ref : null;
}

/**
 * The file's text is part of what asks for a run, which Temporal keeps as JSON, and it warns of such parts above 256 KB. That is
 * room for some 3,000 lines of checks.
 */
const MAX_PIPELINE_BYTES = 192 * 1024;

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied: give the user that runs Segmentry the right to read it',
};

export async function readPipelineText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const why = UNREADABLE[errorCode(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
    throw new SegmentryError(`pipeline file ${file}: ${why}`, 'usage');
  }
  const format = dataFormat(bytes);
  if (format !== null) {
    throw new SegmentryError(
      `pipeline file ${file} is not YAML but ${format}: give the pipeline file, which names the data under data.source`,
      'usage',
    );
  }
  const text = bytes.byteLength > MAX_PIPELINE_BYTES ? null : bytes.toString('utf8');
  const carried = text === null ? bytes.byteLength : jsonBytes(text);
  if (text === null || carried > MAX_PIPELINE_BYTES) {
    throw new SegmentryError(
      `pipeline file ${file} has ${carried} bytes as JSON, more than the ${MAX_PIPELINE_BYTES} that a request may carry: ` +
        'cut it into several pipelines, each with its segmentations and checks',
      'usage',
    );
  }
  return text;
}

/** What a file is that is no text; null: it may be YAML. */
function dataFormat(bytes: Buffer): string | null {
  if (bytes.toString('latin1', 0, 4) === 'PAR1') return 'a Parquet file';
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'a compressed file';
  // UTF-16 has NUL bytes too, and says so by its first two.
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  return !isUtf16 && bytes.subarray(0, PROBED_BYTES).includes(0) ? 'a binary file (of data or a model?)' : null;
}

/** Bytes in which a NUL is looked for: no binary format goes without one for as long. */
const PROBED_BYTES = 8_192;
