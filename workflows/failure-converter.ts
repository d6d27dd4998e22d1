/**
 * Failures that arise in workflow code. With encryption their message and stack trace become a payload, which the worker
 * encrypts; without it people read them in the Temporal UI as they are. Which one it is, is no part of a history's
 * commands, so a run may begin with one and end with the other.
 */
import { DefaultFailureConverter } from '@temporalio/common';

/** The worker sets it at the head of the bundle (`workers/encryption/data-converter.ts`). */
const encodes = (globalThis as { readonly SEGMENTRY_ENCODES_FAILURES?: boolean }).SEGMENTRY_ENCODES_FAILURES === true;

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: encodes });
