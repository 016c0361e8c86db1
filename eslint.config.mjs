import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";

/** Root imports of the providers cost 7 to 15 s and over 1 GB. */
const deepImportsOnly = {
  regex: "^@cdktf/provider-[a-z]+$",
  message: 'Import the resource itself: "@cdktf/provider-aws/lib/eks-cluster".',
};
const engineOnly = {
  name: "node-llama-cpp",
  message: "Only service/src/engine talks to llama.cpp; use the Engine interface.",
};

/** What the files of an area may import besides themselves: main -> config, stacks -> constructs -> planning. */
const MAY_IMPORT = {
  planning: ["service/src/memory-need.ts"],
  constructs: ["planning", "config", "service/src/contract.ts"],
  config: ["planning", "service/src/contract.ts"],
  stacks: ["constructs", "config", "planning", "service/src/contract.ts"],
  rehearsal: ["service/src/contract.ts"],
  e2e: ["planning", "config", "commands/lib", "service/src/contract.ts", "__tests__/helpers"],
  service: [],
  "service/src": [],
};
const zones = Object.entries(MAY_IMPORT).map(([area, others]) => ({
  target: `./${area}`,
  from: ".",
  except: [area, ...others, "node_modules"].map((path) => `./${path}`),
  message: "Imports go main -> config, stacks -> constructs -> planning (see CONTRIBUTING.md).",
}));
/** What both module systems load imports nothing, and planning is free of cdktf. */
const noImports = { regex: ".", message: "The infrastructure and the service load this file as it is: no imports." };
const noCdktf = { regex: "^(cdktf|constructs|@cdktf)", message: "planning/ computes and knows nothing of cdktf." };

/** What the chat page uses of the browser. */
const BROWSER_GLOBALS = [
  "document",
  "navigator",
  "matchMedia",
  "addEventListener",
  "performance",
  "fetch",
  "sessionStorage",
  "setTimeout",
  "setInterval",
  "clearInterval",
  "requestAnimationFrame",
  "cancelAnimationFrame",
  "AbortController",
  "AbortSignal",
  "TextDecoder",
];

export default tseslint.config(
  { ignores: ["**/node_modules/", "cdktf.out/", "service/dist/", "coverage/", ".rehearsal/"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,mts}"],
    extends: [...tseslint.configs.strictTypeChecked, importX.flatConfigs.typescript],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    plugins: { "import-x": importX },
    settings: {
      "import-x/resolver-next": [
        createTypeScriptImportResolver({ project: "./tsconfig.json", extensionAlias: { ".js": [".ts", ".js"] } }),
      ],
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "import-x/consistent-type-specifier-style": ["error", "prefer-inline"],
      "no-restricted-imports": ["error", { patterns: [deepImportsOnly], paths: [engineOnly] }],
      "import-x/no-restricted-paths": ["error", { zones }],
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
    },
  },
  {
    files: ["service/src/engine/**/*.ts", "__tests__/service/engine/**/*.ts", "service/tools/**/*.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: [deepImportsOnly] }] },
  },
  {
    files: ["planning/**/*.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: [noCdktf], paths: [engineOnly] }] },
  },
  {
    files: ["service/src/contract.ts", "service/src/memory-need.ts"],
    rules: { "no-restricted-imports": ["error", { patterns: [noImports] }] },
  },
  {
    // One word for a test case in all suites.
    files: ["__tests__/**/*.ts", "e2e/**/*.ts"],
    rules: { "no-restricted-globals": ["error", { name: "test", message: "Write `it`." }] },
  },
  {
    // Constructs are created for their side effect: the parent holds them.
    files: ["constructs/**/*.ts", "stacks/**/*.ts", "main.ts"],
    rules: { "no-new": "off", "@typescript-eslint/no-extraneous-class": "off" },
  },
  {
    files: ["**/*.js"],
    languageOptions: { globals: { module: "writable", require: "readonly", process: "readonly" } },
  },
  {
    files: ["service/public/**/*.js"],
    languageOptions: {
      sourceType: "module",
      globals: Object.fromEntries(BROWSER_GLOBALS.map((name) => [name, "readonly"])),
    },
  },
  prettier,
);
