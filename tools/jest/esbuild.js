const { createHash } = require("node:crypto");

const { transformSync, version } = require("esbuild");

/**
 * Strips the types as tsx does, with which every command of this project runs. `npm run typecheck` checks them.
 *
 * @type {import("@jest/transform").TransformerCreator<import("@jest/transform").SyncTransformer, { format: "cjs" | "esm" }>}
 */
const createTransformer = ({ format }) => {
  // Jest has no `import()` in CommonJS.
  const options = {
    loader: "ts",
    format,
    target: "es2022",
    sourcemap: "inline",
    supported: { "dynamic-import": format === "esm" },
  };
  return {
    process: (source, path) => ({ code: transformSync(source, { ...options, sourcefile: path }).code }),
    getCacheKey: (source, path) =>
      createHash("sha256")
        .update([version, JSON.stringify(options), path, source].join("\0"))
        .digest("hex"),
  };
};

module.exports = { createTransformer };
