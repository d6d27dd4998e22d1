/** At most so many pieces of work at once, in the order in which they came; what is urgent before the rest. */

/** `spare`: one beside those that are counted, for what is urgent. */
export type Place = 'ordinary' | 'spare';

export interface SparePlace {
  /** How long urgent work waits for an ordinary place first, in milliseconds. */
  readonly afterMs: number;
}

interface Waiter {
  readonly urgent: boolean;
  readonly begin: (place: Place) => void;
}

export class Turns {
  /** Urgent ones first. */
  private readonly waiting: Waiter[] = [];
  private spareIsFree: boolean;

  /**
   * @param free pieces of work at once
   * @param spare one more place for urgent work that does not get one of those. @default none
   */
  constructor(
    private free: number,
    private readonly spare: SparePlace | null = null,
  ) {
    this.spareIsFree = spare !== null;
  }

  /** Does the work when it is its turn; the signal takes it out of the queue, and does not end it any more once it has begun. */
  async run<T>(work: (place: Place) => Promise<T>, signal?: AbortSignal, urgent = false): Promise<T> {
    const place = await this.turn(signal, urgent);
    try {
      return await work(place);
    } finally {
      this.ended(place);
    }
  }

  private ended(place: Place): void {
    const [next] = this.waiting;
    if (next !== undefined && (place === 'ordinary' || next.urgent)) next.begin(place);
    else if (place === 'ordinary') this.free++;
    else this.spareIsFree = true;
  }

  /** @throws the signal's reason */
  private async turn(signal: AbortSignal | undefined, urgent: boolean): Promise<Place> {
    signal?.throwIfAborted();
    if (this.free > 0) {
      this.free--;
      return 'ordinary';
    }
    return new Promise<Place>((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(impatient);
        signal?.removeEventListener('abort', gaveUp);
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
      };
      const gaveUp = (): void => {
        leave();
        reject(signal?.reason as Error);
      };
      const begin = (place: Place): void => {
        leave();
        resolve(place);
      };
      const waiter: Waiter = { urgent, begin };
      const takeSpare = (): void => {
        if (!this.spareIsFree) return;
        this.spareIsFree = false;
        begin('spare');
      };
      const impatient = urgent && this.spare !== null ? setTimeout(takeSpare, this.spare.afterMs) : undefined;
      const behind = urgent ? this.waiting.findIndex((other) => !other.urgent) : -1;
      this.waiting.splice(behind < 0 ? this.waiting.length : behind, 0, waiter);
      signal?.addEventListener('abort', gaveUp, { once: true });
    });
  }
}
