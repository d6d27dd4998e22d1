import { expect, it } from 'vitest';
import { createArtifactStore } from '../../adapters/artifact-store/index.js';
import { loadResult } from '../../cli/show-result.js';
import { newFolder } from '../scratch-folder.js';

const RUN = 'fraud.2.104241d4a988';

it.each([
  ['', 'not JSON'],
  ['null', 'its "format" is missing'],
  ['{"format":"segmentry/result/v1","run":7}', 'received number'],
])(
  'a result that was changed to %s is told with its run and its store, as nothing that the command did wrong',
  async (text, why) => {
    const store = createArtifactStore(await newFolder());
    await store.writeRunFile(RUN, 'result.json', new TextEncoder().encode(text));
    const stored = await loadResult(store, RUN);
    expect(() => stored.read()).toThrow(
      expect.objectContaining({
        kind: 'infrastructure',
        message: expect.stringMatching(
          /^result\.json of the run fraud\.2\.104241d4a988 in \/.* cannot be used: /,
        ) as string,
      }),
    );
    expect(() => stored.read()).toThrow(why);
    // A word of JavaScript's, which says nothing to anybody else.
    expect(() => stored.read()).not.toThrow('received undefined');
  },
);
