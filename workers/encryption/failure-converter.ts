/** Failures of activities for workers with encryption keys: message and stack trace are a payload, which is encrypted. */
import { DefaultFailureConverter } from '@temporalio/common';

export const failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
