/**
 * The infrastructure is CommonJS; the service is ESM (node-llama-cpp has no other form), and so is the page's test, which
 * starts it. Types are checked by `npm run typecheck` alone; here TypeScript is only stripped, which keeps the suite
 * fast. Run one project a process: jest 29 caches "is this file ESM?" by path alone, and `service/src/contract.ts` is
 * loaded by both.
 */
const quick = { diagnostics: false };

/** Tests that load the service: ESM all the way. */
const esm = {
  testEnvironment: "node",
  modulePathIgnorePatterns: ["<rootDir>/cdktf.out"],
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "ts-jest",
      {
        ...quick,
        useESM: true,
        tsconfig: {
          module: "ESNext",
          moduleResolution: "bundler",
          target: "ES2022",
          esModuleInterop: true,
          isolatedModules: true,
        },
      },
    ],
  },
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
};

/** Tests of everything else. */
const commonJs = {
  testEnvironment: "node",
  modulePathIgnorePatterns: ["<rootDir>/cdktf.out"],
  transform: {
    "^.+\\.ts$": [
      "ts-jest",
      {
        ...quick,
        tsconfig: {
          module: "CommonJS",
          target: "ES2022",
          esModuleInterop: true,
          isolatedModules: true,
          resolveJsonModule: true,
        },
      },
    ],
  },
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
};

/** @type {import("jest").Config} */
module.exports = {
  projects: [
    {
      displayName: "infrastructure",
      roots: ["<rootDir>/__tests__"],
      testMatch: ["<rootDir>/__tests__/**/*.test.ts"],
      testPathIgnorePatterns: [
        "<rootDir>/__tests__/service/",
        "<rootDir>/__tests__/browser/",
        "<rootDir>/__tests__/rehearsal/process/",
      ],
      ...commonJs,
    },
    {
      ...esm,
      displayName: "service",
      roots: ["<rootDir>/__tests__/service"],
      testMatch: ["<rootDir>/__tests__/service/**/*.test.ts"],
    },
    {
      // Real processes for minutes: `npm run test:rehearsal`, not part of `npm test`.
      ...commonJs,
      displayName: "rehearsal",
      roots: ["<rootDir>/__tests__/rehearsal/process"],
      testMatch: ["<rootDir>/__tests__/rehearsal/process/**/*.test.ts"],
    },
    {
      // A real cluster: `npm run e2e -- --context NAME` prepares it and starts this project.
      ...commonJs,
      displayName: "e2e",
      roots: ["<rootDir>/e2e"],
      testMatch: ["<rootDir>/e2e/suite/*.test.ts"],
      setupFilesAfterEnv: ["<rootDir>/e2e/lib/patience.ts"],
    },
    {
      ...esm,
      displayName: "browser",
      roots: ["<rootDir>/__tests__/browser"],
      testMatch: ["<rootDir>/__tests__/browser/**/*.test.ts"],
    },
  ],
};
