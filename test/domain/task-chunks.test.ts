import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonBytes } from '../../domain/json-bytes.js';
import type { InferTask } from '../../domain/plan.js';
import { chunksOf } from '../../domain/task-chunks.js';

const task = (index: number, name: string): InferTask => ({ index, name, from: index, to: index + 1 });

it('a value has the bytes of its JSON in UTF-8', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      expect(jsonBytes(value)).toBe(Buffer.byteLength(JSON.stringify(value)));
    }),
  );
  expect(jsonBytes('\ud800 \u{1f389} \u5e97 \u0001')).toBe(
    Buffer.byteLength(JSON.stringify('\ud800 \u{1f389} \u5e97 \u0001')),
  );
});

describe('lists of tasks', () => {
  it('hold every task once and in order, and are no larger than they may be', () => {
    const names = fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 60 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 2_000 }), (given, most, bytes) => {
        const tasks = given.map((name, index) => task(index, name));
        const chunks = chunksOf(tasks, { tasks: most, bytes });
        expect(chunks.flat()).toEqual(tasks);
        for (const chunk of chunks) {
          expect(chunk.length).toBeGreaterThan(0);
          expect(chunk.length).toBeLessThanOrEqual(most);
          if (chunk.length > 1) expect(jsonBytes(chunk)).toBeLessThanOrEqual(bytes);
        }
        // As few as there can be: the first task of a list did not fit into the one before.
        chunks.slice(1).forEach((chunk, at) => {
          const before = chunks[at]!;
          const together = jsonBytes([...before, chunk[0]!]);
          expect(before.length === most || together > bytes).toBe(true);
        });
      }),
    );
  });

  it('may have exactly the bytes that they may have', () => {
    const tasks = [task(0, 'a'), task(1, 'b'), task(2, 'c')];
    const bytes = jsonBytes(tasks);
    expect(chunksOf(tasks, { tasks: 9, bytes })).toEqual([tasks]);
    expect(chunksOf(tasks, { tasks: 9, bytes: bytes - 1 })).toEqual([tasks.slice(0, 2), tasks.slice(2)]);
  });

  it('are none for no tasks', () => {
    expect(chunksOf([], { tasks: 3, bytes: 100 })).toEqual([]);
  });
});
