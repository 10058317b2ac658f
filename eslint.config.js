import tseslint from 'typescript-eslint';

/** What each folder may not import: `api ← core ← kube ← runtime`; the programs import `src`, never each other. */
const forbidden = {
  'src/api': ['core', 'kube', 'runtime', 'cli', 'webhook', 'controller', 'test'],
  'src/core': ['kube', 'runtime', 'cli', 'webhook', 'controller', 'test'],
  'src/kube': ['runtime', 'cli', 'webhook', 'controller', 'test'],
  'src/runtime': ['cli', 'webhook', 'controller', 'test'],
  'src/cli': ['webhook', 'controller', 'test'],
  webhook: ['cli', 'controller', 'test'],
  controller: ['cli', 'webhook', 'test'],
};

const importDirection = Object.entries(forbidden).map(([folder, names]) => ({
  files: [`${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [
          {
            regex: `^\\.\\.?/(.*/)?(${names.join('|')})/`,
            message: `${folder} may not import this: imports point one way (CONTRIBUTING.md).`,
          },
        ],
      },
    ],
  },
}));

/** Decisions are pure: the clock, randomness and I/O come in through parameters. */
const pureCore = {
  files: ['src/api/**/*.ts', 'src/core/**/*.ts'],
  rules: {
    'no-restricted-globals': ['error', 'process', 'console', 'setTimeout', 'setInterval', 'performance'],
    'no-restricted-properties': [
      'error',
      { object: 'Date', property: 'now', message: 'Take the time as a parameter.' },
      { object: 'Math', property: 'random', message: 'Take randomness as a parameter.' },
    ],
  },
};

export default tseslint.config(
  { ignores: ['node_modules', 'dist', '.cluster', 'bench-results'] },
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js', 'scripts/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      eqeqeq: 'error',
    },
  },
  { files: ['**/*.js', '**/*.mjs'], ...tseslint.configs.disableTypeChecked },
  ...importDirection,
  pureCore,
);
