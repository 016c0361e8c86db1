/**
 * Two projects, because there are two module systems: the infrastructure is CommonJS, and the service is ESM
 * (node-llama-cpp has no other form), and so are the tests that load it. Heavier suites are folders of these two; the npm
 * scripts choose them by path. A third project has the patience that a real cluster needs.
 *
 * `npm run typecheck` checks types; here TypeScript is only stripped, which keeps the suite fast. Run one project a
 * process: jest 29 caches "is this file ESM?" by path alone, and both load `service/src/contract.ts`.
 */
function project(displayName, folders, options) {
  return {
    displayName,
    testEnvironment: "node",
    roots: folders.map((folder) => `<rootDir>/__tests__/${folder}`),
    testMatch: ["**/*.test.ts"],
    modulePathIgnorePatterns: ["<rootDir>/cdktf.out"],
    moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
    ...options,
  };
}

const typescript = (format) => ({ "^.+\\.ts$": ["<rootDir>/tools/jest/esbuild.js", { format }] });

/** Packages that keep nothing from one test to the next and that take long to load. */
const LOADED_ONCE = "(constructs|cdktf|@cdktf|@aws-sdk|@smithy|zod|typescript|yaml)/";

// As in `run` of commands/lib/command-line.ts.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";

/** @type {import("jest").Config} */
module.exports = {
  // Jest would leave one of two cores without work.
  maxWorkers: "100%",
  // It ends what hangs. On a busy machine a test may well take more than Jest's five seconds.
  testTimeout: 60_000,
  projects: [
    project("infrastructure", ["."], {
      testPathIgnorePatterns: ["/node_modules/", "<rootDir>/__tests__/(service|browser|clients|monitoring)/"],
      testEnvironment: "<rootDir>/tools/jest/environment.js",
      transform: {
        ...typescript("cjs"),
        [`/node_modules/${LOADED_ONCE}`]: "<rootDir>/tools/jest/load-once.js",
      },
      transformIgnorePatterns: [`/node_modules/(?!${LOADED_ONCE})`],
    }),
    project("e2e", [], {
      roots: ["<rootDir>/e2e"],
      setupFilesAfterEnv: ["<rootDir>/e2e/lib/patience.ts"],
      transform: typescript("cjs"),
    }),
    project("service", ["service", "browser", "clients", "monitoring"], {
      extensionsToTreatAsEsm: [".ts"],
      transform: typescript("esm"),
    }),
  ],
};
