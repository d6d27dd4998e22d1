/** Ctrl-C and SIGTERM, for commands that have something to say before they end. */
import { EXIT } from './exit-codes.js';

export interface Interrupt {
  /** Becomes null at the first signal. */
  readonly signalled: Promise<null>;
  dispose(): void;
}

/** A second signal ends the process at once: whoever presses Ctrl-C twice means it. */
export function onInterrupt(): Interrupt {
  let signal: () => void;
  const signalled = new Promise<null>((resolve) => {
    let count = 0;
    signal = () => {
      if (++count > 1) process.exit(EXIT.interrupted);
      resolve(null);
    };
    process.on('SIGINT', signal);
    process.on('SIGTERM', signal);
  });
  return {
    signalled,
    dispose() {
      process.off('SIGINT', signal);
      process.off('SIGTERM', signal);
    },
  };
}
