/**
 * Jest evaluates every module again for each test file. For the packages that jest.config.js gives to this transformer Node
 * loads the module instead, once a process: the providers' classes are several megabytes of JavaScript.
 */
module.exports = {
  process: (_source, path) => ({ code: `module.exports = requireOnce(${JSON.stringify(path)});` }),
};
