const { types } = require("node:util");

const { TestEnvironment } = require("jest-environment-node");

/**
 * Node's environment for packages that `load-once.js` shares between test files. Jest gives each file globals of its own,
 * and these packages have those of Node, so two of them are the same here as outside of Jest:
 *
 * - The environment variables are those of the process, as they were before the file when it ends.
 * - An error that such a package or Node throws is an `Error`.
 */
module.exports = class extends TestEnvironment {
  #variables = { ...process.env };

  constructor(config, context) {
    super(config, context);
    const { global } = this;
    global.requireOnce = require;
    global.process.env = process.env;
    const inherits = Function.prototype[Symbol.hasInstance];
    Object.defineProperty(global.Error, Symbol.hasInstance, {
      value(thrown) {
        return inherits.call(this, thrown) || (this === global.Error && types.isNativeError(thrown));
      },
    });
  }

  async teardown() {
    for (const name of Object.keys(process.env)) if (!(name in this.#variables)) delete process.env[name];
    Object.assign(process.env, this.#variables);
    await super.teardown();
  }
};
