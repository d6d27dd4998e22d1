/** Seeded random numbers: the same seed gives the same tables on every machine. */

export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

/** xoshiro128** (Blackman & Vigna 2018), its state from splitmix32 of the seed. */
export function randomFrom(...seeds: readonly number[]): Random {
  let mixed = 0x9e3779b9;
  for (const seed of seeds) mixed = mix(mixed ^ seed);
  let [a, b, c, d] = [1, 2, 3, 4].map((step) => mix(mixed + Math.imul(step, 0x9e3779b9))) as [
    number,
    number,
    number,
    number,
  ];
  const next = (): number => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const uniform = (): number => (next() * 0x200000 + (next() >>> 11)) / 2 ** 53;
  let spare: number | null = null;
  const normal = (): number => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    // Box and Muller 1958; 1 - u is never 0.
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    const angle = 2 * Math.PI * uniform();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
  return { uniform, normal };
}

function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) | 0;
}
