import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { digestOf } from '../../../adapters/pipeline-file/digest.js';
import { parsePipeline } from '../../../adapters/pipeline-file/parse.js';
import { PipelineFileError } from '../../../adapters/pipeline-file/problems.js';
import { EXAMPLE, problemsIn } from './example.js';

interface Key {
  readonly name: string;
  readonly at: number;
  readonly siblings: readonly string[];
}

const lines = new LineCounter();
const KEYS = keysOf(parseDocument(EXAMPLE, { lineCounter: lines }).contents);

function keysOf(node: Node | null): readonly Key[] {
  if (isSeq<Node>(node)) return node.items.flatMap(keysOf);
  if (!isMap<Node, Node>(node)) return [];
  const siblings = node.items.map(({ key }) => (isScalar(key) ? String(key.value) : ''));
  return node.items.flatMap(({ key, value }, index) => [
    { name: siblings[index] ?? '', at: key.range?.[0] ?? -1, siblings },
    ...keysOf(value),
  ]);
}

/** One slip of the fingers: a letter left out, doubled, replaced, swapped with the next, or in the other case. */
const slip = fc.record({
  key: fc.constantFrom(...KEYS),
  where: fc.nat(100),
  letter: fc.stringMatching(/^[a-z]$/),
  kind: fc.constantFrom('drop', 'double', 'replace', 'swap', 'case'),
});

function misspell(name: string, kind: string, where: number, letter: string): string {
  const i = where % name.length;
  const [head, char, tail] = [name.slice(0, i), name.charAt(i), name.slice(i + 1)];
  if (kind === 'drop') return head + tail;
  if (kind === 'double') return head + char + char + tail;
  if (kind === 'replace') return head + letter + tail;
  if (kind === 'swap') return head + tail.charAt(0) + char + tail.slice(1);
  return head + (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase()) + tail;
}

describe('any misspelt key', () => {
  it('is refused at its line and column', () => {
    fc.assert(
      fc.property(slip, ({ key, kind, where, letter }) => {
        const wrong = misspell(key.name, kind, where, letter);
        // `k` has no slip that is still a word, and `min` may become nothing but `mn`; another valid key is another story.
        fc.pre(/^[A-Za-z]+$/.test(wrong) && wrong !== key.name && !['null', 'true', 'false'].includes(wrong));
        const text = EXAMPLE.slice(0, key.at) + wrong + EXAMPLE.slice(key.at + key.name.length);
        const place = lines.linePos(key.at);
        const found = problemsIn(text).find(({ line, column }) => line === place.line && column === place.col);
        expect(found?.message).toContain(`unknown key "${wrong}"`);
        expect(found?.message).toContain('Allowed here:');
        expect(found?.message).toContain(key.name);
      }),
      { numRuns: 120 },
    );
  });
});

/** Whatever happens, the caller sees a pipeline or a PipelineFileError with places in the file. */
function survives(text: string): void {
  try {
    parsePipeline(text, 'p.yaml');
  } catch (error) {
    expect(error).toBeInstanceOf(PipelineFileError);
    if (!(error instanceof PipelineFileError)) return;
    expect(error.problems.length).toBeGreaterThan(0);
    const rows = text.split(/\r\n|[\r\n]/).length;
    for (const { line, column } of error.problems) {
      expect(line).toBeGreaterThanOrEqual(1);
      expect(line).toBeLessThanOrEqual(rows + 1);
      expect(column).toBeGreaterThanOrEqual(1);
    }
  }
}

describe('whatever is in the file', () => {
  it('random text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), survives), { numRuns: 120 });
  });

  it('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(new TextDecoder().decode(bytes))),
      { numRuns: 120 },
    );
  });

  it('YAML characters in any order', () => {
    const piece = fc.constantFrom(
      '\n',
      ' ',
      '  ',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '&a ',
      '*a',
      '!!int ',
      '|',
      '>',
      '"',
      "'",
      '#',
      '? ',
      '<<',
      '%',
      '---',
      '\t',
      'checks',
      'data',
      '1',
      '.nan',
      '~',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => survives(pieces.join(''))),
      { numRuns: 120 },
    );
  });

  it('the example with a stretch cut out or replaced', () => {
    fc.assert(
      fc.property(fc.nat(EXAMPLE.length), fc.nat(60), fc.string({ maxLength: 10 }), (from, length, put) =>
        survives(EXAMPLE.slice(0, from) + put + EXAMPLE.slice(from + length)),
      ),
      { numRuns: 120 },
    );
  });

  it('any value in place of any other', () => {
    const document = parseDocument(EXAMPLE).toJS() as Record<string, unknown>;
    const key = fc.constantFrom(...Object.keys(document));
    fc.assert(
      fc.property(key, fc.jsonValue(), (name, value) => survives(JSON.stringify({ ...document, [name]: value }))),
      { numRuns: 120 },
    );
  });
});

describe('the digest', () => {
  it('does not depend on the order of keys', () => {
    const document = parseDocument(EXAMPLE).toJS() as object;
    const expected = digestOf(parsePipeline(EXAMPLE, 'p.yaml'));
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), (numbers) => {
        const text = JSON.stringify(shuffled(document, numbers));
        expect(digestOf(parsePipeline(text, 'p.yaml'))).toBe(expected);
      }),
      { numRuns: 20 },
    );
  });
});

/** The same mapping with its keys, at every level, in another order. */
function shuffled(value: unknown, numbers: Iterator<number>): unknown {
  if (Array.isArray(value)) return value.map((item) => shuffled(item, numbers));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]) => ({ key, inner: shuffled(inner, numbers), place: numbers.next().value as number }))
      .sort((a, b) => a.place - b.place)
      .map(({ key, inner }) => [key, inner]),
  );
}
