/** Tells people, or a program that tells them, what a run concluded. */

/** What is told. Small: the whole is in the run's `result.json`. */
export interface Notification {
  /** The same for every attempt to tell the same, so that a receiver takes it once. */
  readonly id: string;
  /** When it came to be known. */
  readonly at: Date;
  /** What happened, as in `segmentry.verdict`. */
  readonly type: string;
  readonly data: object;
}

export interface Notifier {
  /** Where it goes, without anything secret: for messages. */
  readonly uri: string;
  /** @throws SegmentryError: `infrastructure` when trying again may help, `data` when the receiver refuses it */
  send(notification: Notification): Promise<void>;
}
