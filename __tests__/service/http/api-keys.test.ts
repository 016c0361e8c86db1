import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { ApiKeys } from "../../../service/src/http/api-keys.js";
import { FatalError } from "../../../service/src/fatal-error.js";
import { createLogger } from "../../../service/src/logging.js";

let folder: string;
let file: string;
let clock: number;
let log: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "api-keys-"));
  file = join(folder, "keys");
  clock = 0;
  log = "";
});
afterEach(() => rmSync(folder, { recursive: true }));

function open(): ApiKeys {
  const destination = new PassThrough();
  destination.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
  return ApiKeys.open({ file, logger: createLogger({ level: "info", destination }), now: () => clock });
}

describe("the keys file", () => {
  it("accepts every key in it and nothing else", () => {
    writeFileSync(file, "# the nurses\nalpha-key\r\n\n  beta-key  \n#gamma-key\n");
    const keys = open();
    const verdicts = {
      "alpha-key": "accepted",
      "beta-key": "accepted",
      "gamma-key": "rejected",
      "#gamma-key": "rejected",
      "alpha-ke": "rejected",
      "alpha-keyx": "rejected",
      "ALPHA-KEY": "rejected",
      "#": "rejected",
      "alpha-key beta-key": "missing",
    };
    for (const [key, verdict] of Object.entries(verdicts)) {
      expect([key, keys.check(`Bearer ${key}`)]).toEqual([key, verdict]);
    }
  });

  it("takes the scheme in any case and no other scheme", () => {
    writeFileSync(file, "alpha-key\n");
    const keys = open();
    for (const header of ["bearer alpha-key", "BEARER  alpha-key "]) expect(keys.check(header)).toBe("accepted");
    for (const header of [undefined, "", "Bearer", "Bearer ", "Basic alpha-key", "alpha-key"]) {
      expect(keys.check(header)).toBe("missing");
    }
  });

  it("lets no one in when it is empty, and says so", () => {
    writeFileSync(file, "# none yet\n\n");
    const keys = open();
    expect(keys.check("Bearer #")).toBe("rejected");
    expect(keys.check("Bearer none")).toBe("rejected");
    expect(log).toContain("the file of API keys holds no key; every request is refused");
  });

  it("is read again when it changes, but looked at once a second at most", () => {
    writeFileSync(file, "old-key\n");
    const keys = open();
    writeFileSync(file, "new-key-1\nnew-key-2\n");
    clock = 999;
    expect(keys.check("Bearer old-key")).toBe("accepted");
    clock = 1000;
    expect(keys.check("Bearer old-key")).toBe("rejected");
    expect(keys.check("Bearer new-key-2")).toBe("accepted");
    expect(log).toContain('"keys":2');
  });

  it("is read again when a Secret volume swaps its symbolic link to a file of the same size", () => {
    for (const [version, key] of [
      ["v1", "first--key"],
      ["v2", "second-key"],
    ] as const) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, "keys"), `${key}\n`);
    }
    symlinkSync("v1", join(folder, "..data"));
    symlinkSync(join("..data", "keys"), file);
    const keys = open();
    expect(keys.check("Bearer first--key")).toBe("accepted");
    symlinkSync("v2", join(folder, "..tmp"));
    renameSync(join(folder, "..tmp"), join(folder, "..data"));
    clock = 1000;
    expect(keys.check("Bearer first--key")).toBe("rejected");
    expect(keys.check("Bearer second-key")).toBe("accepted");
  });

  it("lets no one in while it is gone, says so once, and recovers", () => {
    writeFileSync(file, "alpha-key\n");
    const keys = open();
    unlinkSync(file);
    for (clock of [1000, 2000, 3000]) expect(keys.check("Bearer alpha-key")).toBe("rejected");
    expect(log.match(/cannot be read/g)).toHaveLength(1);
    writeFileSync(file, "alpha-key\n");
    clock = 4000;
    expect(keys.check("Bearer alpha-key")).toBe("accepted");
  });

  it("ends the start when it cannot be read", () => {
    expect(open).toThrow(
      new FatalError(
        "invalidSettings",
        `API_KEYS_FILE (${file}) cannot be read: ENOENT. It must be a file with one key a line that the service may read. ` +
          "Mount the Secret, or correct the path.",
      ),
    );
  });

  it("never writes a key into the log", () => {
    writeFileSync(file, "alpha-key\n");
    const keys = open();
    keys.check("Bearer wrong-key");
    writeFileSync(file, "alpha-key-2\n");
    clock = 1000;
    keys.check("Bearer alpha-key");
    expect(log).toContain("API keys read again");
    expect(log).not.toMatch(/alpha|wrong/);
  });
});
