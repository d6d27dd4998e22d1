/** The error that lies under all others: Temporal wraps one in a failure of the activity, of its workflow and of whoever called that. */
export function rootCause(error: Error): Error {
  return error.cause instanceof Error ? rootCause(error.cause) : error;
}
