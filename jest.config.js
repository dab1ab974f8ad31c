import { umask } from 'node:process';

// Tests know the modes of files that they make, and have other users read them.
umask(0o022);

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  // Programs outside know the library by the name of the package.
  moduleNameMapper: { '^supervisord-ts/schedule$': '<rootDir>/schedule/index.ts' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'esnext',
          parser: { syntax: 'typescript' },
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Only what hangs takes that long, on however busy a machine.
  testTimeout: 300_000,
  maxWorkers: 2,
};
