import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * Imports point one way: domain <- adapters, activities <- workers, cli. Workflows see types of the domain and of the
 * activities, and nothing that is not deterministic. `test/architecture.test.ts` proves the same on the built bundle.
 */
const mayNotImport = (folder, forbidden, why) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      { patterns: [{ group: forbidden.map((name) => `**/${name}/**`), message: `${folder}/ ${why}` }] },
    ],
  },
});

const NODE_AND_NATIVE = [
  'node:*',
  '@temporalio/*',
  '@duckdb/*',
  'onnxruntime-node',
  'apache-arrow',
  'zod',
  'yaml',
  'pino',
  'workerpool',
];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/', '.segmentry/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `{ [key]: undefined }` and index access are handled by noUncheckedIndexedAccess; a `!` needs a reason beside it.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: ['domain/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: NODE_AND_NATIVE, message: 'domain/ is pure: no I/O, no clock, no Temporal.' },
            {
              group: [
                '**/adapters/**',
                '**/activities/**',
                '**/workflows/**',
                '**/workers/**',
                '**/cli/**',
                '**/report/**',
              ],
              message: 'domain/ knows nothing of the rest.',
            },
          ],
        },
      ],
      'no-restricted-globals': ['error', 'process', 'setTimeout', 'Buffer', 'fetch'],
      // See domain/statistics/powers.ts: a power may differ in its last bit between versions of Node.
      'no-restricted-syntax': [
        'error',
        {
          selector: "BinaryExpression[operator='**']:not([left.type='Literal'][right.type='Literal'])",
          message: 'Use domain/statistics/powers.ts: ** has other last bits in other versions of Node.',
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'pow', message: 'Use domain/statistics/powers.ts.' },
        { object: 'Math', property: 'random', message: 'Randomness comes from the pipeline seed.' },
        { object: 'Date', property: 'now', message: 'The domain has no clock.' },
      ],
    },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: NODE_AND_NATIVE.filter((name) => name !== '@temporalio/*').concat([
                '@temporalio/client',
                '@temporalio/worker',
                '@temporalio/activity',
                '**/adapters/**',
                '**/workers/**',
                '**/cli/**',
                '**/report/**',
              ]),
              message: 'workflows/ are deterministic: @temporalio/workflow, @temporalio/common, domain and types only.',
            },
            {
              group: ['**/activities/**'],
              allowTypeImports: true,
              message: 'workflows/ see the types of activities only: use `import type`.',
            },
          ],
        },
      ],
    },
  },
  mayNotImport('adapters', ['activities', 'workflows', 'workers', 'cli', 'report'], 'know the domain only.'),
  mayNotImport(
    'report',
    ['activities', 'workflows', 'workers', 'cli', 'adapters'],
    'renders a result of the domain, nothing else.',
  ),
  mayNotImport('activities', ['workflows', 'workers', 'cli'], 'know the domain, adapters and report.'),
  mayNotImport('workers', ['cli'], 'know nothing of the command line.'),
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
