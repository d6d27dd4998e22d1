/** The pipeline file of a request, read and parsed: as much as a command has to know before there is a worker. */
import { readFile } from 'node:fs/promises';
import { SegmentryError } from '../../domain/errors.js';
import { jsonBytes } from '../../domain/json-bytes.js';
import type { Pipeline } from '../../domain/pipeline.js';
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

/** @throws PipelineFileError when the text is wrong, SegmentryError (usage) when the file cannot be read */
export async function loadPipeline(request: PipelineRequest): Promise<LoadedPipeline> {
  const text = request.text ?? (await readPipelineText(request.file));
  const parsed = parsePipeline(text, request.file);
  const { candidate, baseline } = request;
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
 * The file's text is part of what asks for a run, which Temporal keeps as JSON, and it warns of such parts above 256 KB. That is
 * room for some 3,000 lines of checks.
 */
const MAX_PIPELINE_BYTES = 192 * 1024;

export async function readPipelineText(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : String(code);
    throw new SegmentryError(`pipeline file ${file}: ${why}`, 'usage');
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
