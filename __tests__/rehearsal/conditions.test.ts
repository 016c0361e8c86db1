import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ROOT } from "../../commands/lib/repository";
import { createCpuQuota } from "../../rehearsal/conditions/cpu-quota";
import { damageLargestFile } from "../../rehearsal/conditions/damaged-cache";
import { conditionEnv, describeConditions } from "../../rehearsal/conditions/preloads";
import { CACHE_MARGIN_MIB, smallDiskNote } from "../../rehearsal/conditions/small-disk";
import { parseOptions } from "../../commands/rehearse/options";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "carepath-conditions-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const options = (...argv: string[]) => parseOptions(argv, {});

describe("--cpus", () => {
  const group = () => `carepath-rehearsal-${process.pid}`;

  it("version 2: cpu.max, with the controller switched on", () => {
    writeFileSync(join(folder, "cgroup.controllers"), "cpu memory");
    writeFileSync(join(folder, "cgroup.subtree_control"), "memory");
    const quota = createCpuQuota(1.5, folder);
    expect(quota).toMatchObject({ joinFiles: [join(folder, group(), "cgroup.procs")] });
    expect(readFileSync(join(folder, group(), "cpu.max"), "utf8")).toBe("150000 100000");
    expect(readFileSync(join(folder, "cgroup.subtree_control"), "utf8")).toBe("+cpu");
  });

  it("version 1: quota and period", () => {
    mkdirSync(join(folder, "cpu"));
    createCpuQuota(2, folder);
    expect(readFileSync(join(folder, "cpu", group(), "cpu.cfs_quota_us"), "utf8")).toBe("200000");
    expect(readFileSync(join(folder, "cpu", group(), "cpu.cfs_period_us"), "utf8")).toBe("100000");
  });

  it("says why there can be none", () => {
    expect(createCpuQuota(1, folder)).toBe(`there is no CPU cgroup under ${folder} on this machine`);
    mkdirSync(join(folder, "cpu", group()), { recursive: true });
    expect(createCpuQuota(1, folder)).toBe(`this user may not make one under ${join(folder, "cpu")} (EEXIST)`);
  });
});

describe("--corrupt-cache", () => {
  it("inverts bytes in the middle of the largest file and keeps its size", () => {
    mkdirSync(join(folder, "deep"));
    const large = join(folder, "deep", "model.gguf");
    writeFileSync(large, Buffer.alloc(1000, 1));
    writeFileSync(join(folder, "marker"), "small");
    expect(damageLargestFile(folder)).toBe(large);
    const after = readFileSync(large);
    expect(after.length).toBe(1000);
    expect(after.filter((byte) => byte === 0xfe)).toHaveLength(64);
    expect(after[500]).toBe(0xfe);
    expect(readFileSync(join(folder, "marker"), "utf8")).toBe("small");
  });

  it("an empty cache cannot be damaged", () => {
    expect(() => damageLargestFile(folder)).toThrow(`${folder} holds no file to damage. Fill the cache first.`);
  });
});

describe("preloads", () => {
  it("a plain run loads none", () => {
    expect(conditionEnv("/repo", options())).toEqual({});
    expect(describeConditions(options())).toEqual([]);
  });

  it("each names a file that exists", () => {
    const env = conditionEnv(ROOT, options("--slow-disk", "2", "--load-seconds", "5"));
    const files = [...(env.NODE_OPTIONS ?? "").matchAll(/--import (\S+)/g)].map(([, url]) => new URL(url ?? ""));
    expect(files.map(existsSync)).toEqual([true, true]);
    expect(env).toMatchObject({ REHEARSAL_HOLD_LOAD_SECONDS: "5", REHEARSAL_DISK_MIBPS: "2" });
  });

  it("a load that is to be interrupted lasts three seconds at least", () => {
    expect(conditionEnv("/repo", options("--kill-during", "load")).REHEARSAL_HOLD_LOAD_SECONDS).toBe("3");
    const longer = options("--kill-during", "load", "--load-seconds", "9");
    expect(conditionEnv("/repo", longer).REHEARSAL_HOLD_LOAD_SECONDS).toBe("9");
  });

  it("every condition is put into words, the speed-up too", () => {
    const all = options("--slow-disk=1", "--slow-network=2", "--load-seconds=3", "--kill-during=load", "--speedup=4");
    expect(describeConditions(all)).toEqual([
      "Disk at 1 MiB/s.",
      "Download at 2 MiB/s.",
      "The load is held for 3 s.",
      "SIGKILL once during load.",
      "Probe periods, delays and back-off are divided by 4; time-outs and loads are not.",
    ]);
  });
});

describe("--disk-full", () => {
  it("the note explains the numbers of the service's own refusal", () => {
    expect(smallDiskNote(468_384)).toBe(
      "The cache volume has 0.22 MiB, half of the model's 0.45 MiB. The service wants 4 MiB more than the model, for its own files, and rounds up to whole MiB.",
    );
  });

  it("the margin is the service's", () => {
    const source = readFileSync(join(ROOT, "service/src/model-store/free-space.ts"), "utf8");
    expect(source).toContain(`const MARGIN_BYTES = ${CACHE_MARGIN_MIB} * 1024 * 1024;`);
  });
});
