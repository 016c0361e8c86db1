import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  ramFolder,
  removeVolumeFolders,
  SequenceFiles,
  volumeFolder,
} from "../../../service/src/engine/state-files.js";
import { StateStore, type StoredState } from "../../../service/src/engine/state-store.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "carepath-state-files-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Bytes in the form of llama.cpp: magic, version, tokens, and something behind them. */
function state(tokens: readonly number[]): Buffer {
  const bytes = Buffer.alloc(12 + tokens.length * 4 + 8);
  [0x67677371, 2, tokens.length, ...tokens].forEach((value, index) => bytes.writeUInt32LE(value, index * 4));
  return bytes;
}

const native = {
  save: (_: number, tokens: readonly number[], path: string) => {
    writeFileSync(path, state(tokens));
    return Promise.resolve(state(tokens).length);
  },
  load: (_: number, path: string) => Promise.resolve([readFileSync(path).readUInt32LE(12)]),
};

describe("SequenceFiles", () => {
  it("writes files that only this user may read", async () => {
    const { file, bytes, tokens } = await new SequenceFiles(native, root).save({ id: 0, tokens: [1, 2] });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect({ bytes, tokens }).toEqual({ bytes: 28, tokens: [1, 2] });
    expect(readdirSync(root)).toHaveLength(1);
  });

  it("leaves nothing behind when writing fails", async () => {
    const files = new SequenceFiles({ ...native, save: () => Promise.reject(new Error("disk full")) }, root);
    await expect(files.save({ id: 0, tokens: [1] })).rejects.toThrow("disk full");
    expect(readdirSync(root)).toEqual([]);
  });

  it("removing what is gone is no error", async () => {
    await expect(new SequenceFiles(native, root).remove(join(root, "gone"))).resolves.toBeUndefined();
  });
});

describe("ramFolder", () => {
  it("is this process's own, and removes those of processes that are gone", async () => {
    // No process has a number beyond the largest that Linux gives.
    for (const name of ["carepath-states-4999999", `carepath-states-${process.pid}`, "carepath-states-1", "other"]) {
      mkdirSync(join(root, name));
    }
    const { path, freeBytes, found } = await ramFolder(root);
    expect(readdirSync(root).sort()).toEqual(["carepath-states-1", `carepath-states-${process.pid}`, "other"].sort());
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(freeBytes).toBeGreaterThan(0);
    expect(found).toEqual([]);
  });

  it("says so where there is none", async () => {
    await expect(ramFolder(join(root, "none"))).rejects.toThrow("ENOENT");
  });
});

describe("volumeFolder", () => {
  const oldest = (store: StateStore): StoredState => store.find([4])?.state as StoredState;

  const model = (content: string): string => {
    const path = join(root, "model.gguf");
    writeFileSync(path, content);
    return path;
  };

  /** Writes states that were last used so many seconds ago. */
  function left(
    path: string,
    states: readonly (readonly [name: string, tokens: readonly number[], age: number])[],
  ): void {
    for (const [name, tokens, age] of states) {
      writeFileSync(join(path, name), state(tokens));
      utimesSync(join(path, name), Date.now() / 1000 - age, Date.now() / 1000 - age);
    }
  }

  it("finds the states of an earlier process, the oldest first", async () => {
    const parent = join(root, "states");
    left((await volumeFolder(parent, model("weights"))).path, [
      ["new.state", [1, 2, 3], 10],
      ["old.state", [4], 90],
    ]);
    const { found } = await volumeFolder(parent, model("weights"));
    expect(found.map(({ tokens, bytes }) => [tokens, bytes])).toEqual([
      [[4], 24],
      [[1, 2, 3], 32],
    ]);
  });

  it.each([
    ["restored", (store: StateStore): Promise<unknown> => store.restore(oldest(store), { id: 0, tokens: [] })],
    ["kept again", (store: StateStore): Promise<unknown> => store.keep({ id: 0, tokens: [4] })],
  ])("finds a state last that was %s, however old it is", async (_, use) => {
    const parent = join(root, "states");
    left((await volumeFolder(parent, model("weights"))).path, [
      ["new.state", [1], 10],
      ["old.state", [4], 90],
    ]);
    const { path, found } = await volumeFolder(parent, model("weights"));
    const logger = { info: () => undefined, warn: () => undefined, debug: () => undefined };
    const files = new SequenceFiles(native, path);
    await use(new StateStore({ mostBytes: 1000, bytesPerToken: 1, files, logger, found, outlivesProcess: true }));
    expect((await volumeFolder(parent, model("weights"))).found.map(({ tokens }) => tokens)).toEqual([[1], [4]]);
  });

  it("is removed with what patients wrote where conversations are no longer kept on the volume", async () => {
    const parent = join(root, "states");
    left((await volumeFolder(parent, model("weights"))).path, [["a.state", [1], 10]]);
    writeFileSync(join(parent, "theirs"), "not ours");
    await expect(removeVolumeFolders(parent)).resolves.toBe(true);
    expect(readdirSync(parent)).toEqual(["theirs"]);
    await expect(removeVolumeFolders(parent)).resolves.toBe(false);
    await expect(removeVolumeFolders(join(root, "none"))).resolves.toBe(false);
  });

  it("sweeps what is no state, what was never finished, and what belongs to another model", async () => {
    const parent = join(root, "states");
    const first = await volumeFolder(parent, model("weights"));
    writeFileSync(join(first.path, "noise.state"), "no state at all");
    writeFileSync(join(first.path, "cut.state"), state([1, 2, 3]).subarray(0, 20));
    writeFileSync(join(first.path, "half.state.partial"), state([1]));
    expect((await volumeFolder(parent, model("weights"))).found).toEqual([]);
    expect(readdirSync(first.path)).toEqual([]);
    const second = await volumeFolder(parent, model("other weights"));
    expect(readdirSync(parent)).toEqual([second.path.slice(parent.length + 1)]);
  });
});
