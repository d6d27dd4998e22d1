/** Numbers that look random and are the same each time (mulberry32, public domain). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One to four slips in a file: bits turned, bytes set, parts left out or doubled, the end missing. */
export function damaged(bytes: Uint8Array, seed: number): Uint8Array {
  const random = randomFrom(seed);
  let whole: Buffer = Buffer.from(bytes);
  const slips = 1 + Math.floor(random() * 4);
  for (let slip = 0; slip < slips && whole.length > 0; slip++) {
    const at = Math.floor(random() * whole.length);
    const kind = random();
    if (kind < 0.45) whole[at]! ^= 1 << Math.floor(random() * 8);
    else if (kind < 0.65) whole[at] = [0, 1, 127, 128, 255][Math.floor(random() * 5)]!;
    else if (kind < 0.75) whole = whole.subarray(0, at);
    else if (kind < 0.9)
      whole = Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1 + Math.floor(random() * 8))]);
    else whole = Buffer.concat([whole.subarray(0, at), whole.subarray(Math.floor(random() * whole.length))]);
  }
  return whole;
}
