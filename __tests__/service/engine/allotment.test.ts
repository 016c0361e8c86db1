import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { allowedThreads, cpuAllotment, readThrottling } from "../../../service/src/engine/cpu-allotment.js";
import { memoryLimit } from "../../../service/src/engine/memory-allotment.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "carepath-cgroup-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Lays out a machine: path below the root and content. */
function machine(files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${content}\n`);
  }
}

const status = (mask: string): Record<string, string> => ({
  "proc/self/status": `Name:\tnode\nCpus_allowed:\t${mask}`,
});

describe("allowedThreads", () => {
  const source = { affinity: "", quota: "" };
  const two = { affinity: 8, quota: 2.5, cores: 2.5, threads: 2, exclusive: false, source };

  it.each([
    [undefined, 2],
    [1, 1],
    [2, 2],
  ])("%p wanted of an allotment of 2 gives %i", (wanted, threads) => expect(allowedThreads(wanted, two)).toBe(threads));

  it("refuses one more than the allotment", () => {
    expect(() => allowedThreads(3, two)).toThrow(
      "THREADS (3) must be at most 2: this process may use 2.5 cores (affinity 8, quota 2.5), and llama.cpp with more " +
        "threads than cores is many times slower. Lower THREADS, leave it out, or raise the cpu limit.",
    );
  });
});

describe("cpuAllotment", () => {
  it("without a quota the affinity decides", () => {
    machine({ ...status("ff"), "proc/self/cgroup": "0::/" });
    expect(cpuAllotment({ root })).toMatchObject({ affinity: 8, quota: null, cores: 8, threads: 8 });
  });

  it("masks of large machines have several words", () => {
    machine(status("3,00000000,ffffffff"));
    expect(cpuAllotment({ root }).affinity).toBe(34);
  });

  it.each([
    ["all cores of the machine", "ff", undefined, "0-7", false],
    ["some of them, paid for in full", "3", "200000 100000", "0-7", true],
    ["some of them without a quota, as newer kubelets give them", "3", undefined, "0-7", true],
    ["a pool that is larger than the quota", "3f", "200000 100000", "0-7", false],
    ["some of a machine that does not say how many it has", "3", undefined, undefined, false],
  ])("exclusive: %s", (_, mask, max, online, exclusive) => {
    machine({
      ...status(mask),
      "proc/self/cgroup": "0::/",
      ...(max === undefined ? {} : { "sys/fs/cgroup/cpu.max": max }),
      ...(online === undefined ? {} : { "sys/devices/system/cpu/online": online }),
    });
    expect(cpuAllotment({ root }).exclusive).toBe(exclusive);
  });

  it("without /proc it asks Node", () => {
    expect(cpuAllotment({ root })).toMatchObject({
      affinity: availableParallelism(),
      source: { affinity: "os.availableParallelism()", quota: null },
    });
  });

  it.each([
    ["50000 100000", 0.5, 1],
    ["99999 100000", 0.99999, 1],
    ["100000 100000", 1, 1],
    ["150000 100000", 1.5, 1],
    ["199999 100000", 1.99999, 1],
    ["200000 100000", 2, 2],
    ["380000 100000", 3.8, 3],
  ])("version 2: a quota of %s is %d cores and %i threads", (max, quota, threads) => {
    machine({ ...status("ff"), "proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": max });
    expect(cpuAllotment({ root })).toMatchObject({
      quota,
      threads,
      source: { quota: join(root, "sys/fs/cgroup/cpu.max") },
    });
  });

  it("a quota above the affinity does not add cores", () => {
    machine({ ...status("3"), "proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "800000 100000" });
    expect(cpuAllotment({ root })).toMatchObject({ affinity: 2, quota: 8, cores: 2, threads: 2 });
  });

  it("version 2: the tightest quota of the group and its ancestors counts", () => {
    machine({
      ...status("ff"),
      "proc/self/cgroup": "0::/kubepods/pod1/container",
      "sys/fs/cgroup/kubepods/cpu.max": "600000 100000",
      "sys/fs/cgroup/kubepods/pod1/cpu.max": "200000 100000",
      "sys/fs/cgroup/kubepods/pod1/container/cpu.max": "max 100000",
    });
    expect(cpuAllotment({ root })).toMatchObject({ quota: 2, threads: 2 });
  });

  it("version 1: the group's own files, below the joint mount or the controller's own", () => {
    machine({
      ...status("ff"),
      "proc/self/cgroup": "4:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc",
      "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "250000",
      "sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000",
    });
    expect(cpuAllotment({ root })).toMatchObject({ quota: 2.5, threads: 2 });
  });

  it("version 1 in a container: the host's path does not exist, the mount is the own group", () => {
    machine({
      ...status("ff"),
      "proc/self/cgroup": "4:cpu,cpuacct:/kubepods/pod1/abc",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
    });
    expect(cpuAllotment({ root })).toMatchObject({ quota: 3, threads: 3 });
  });

  it("version 1: -1 means no quota", () => {
    machine({
      ...status("f"),
      "proc/self/cgroup": "1:cpu:/",
      "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
      "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
    });
    expect(cpuAllotment({ root })).toMatchObject({ quota: null, threads: 4 });
  });
});

describe("readThrottling", () => {
  it("version 2 counts microseconds", () => {
    machine({
      "proc/self/cgroup": "0::/",
      "sys/fs/cgroup/cpu.stat": "usage_usec 9\nnr_periods 40\nnr_throttled 7\nthrottled_usec 1500000",
    });
    expect(readThrottling({ root })).toEqual({ periods: 40, throttledPeriods: 7, throttledSeconds: 1.5 });
  });

  it("version 1 counts nanoseconds", () => {
    machine({
      "proc/self/cgroup": "1:cpu,cpuacct:/",
      "sys/fs/cgroup/cpu/cpu.stat": "nr_periods 40\nnr_throttled 7\nthrottled_time 1500000000",
    });
    expect(readThrottling({ root })).toEqual({ periods: 40, throttledPeriods: 7, throttledSeconds: 1.5 });
  });

  it("is undefined where the kernel says nothing", () => {
    machine({ "proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.stat": "usage_usec 9" });
    expect(readThrottling({ root })).toBeUndefined();
  });
});

describe("memoryLimit", () => {
  const meminfo = { "proc/meminfo": "MemTotal:       8000000 kB" };

  it("is the memory of the machine without a limit", () => {
    machine({ ...meminfo, "proc/self/cgroup": "0::/", "sys/fs/cgroup/memory.max": "max" });
    expect(memoryLimit({ root })).toEqual({ bytes: 8_192_000_000, source: "memory of the machine" });
  });

  it("version 2: the tightest of the group and its ancestors", () => {
    machine({
      ...meminfo,
      "proc/self/cgroup": "0::/pod/container",
      "sys/fs/cgroup/pod/memory.max": "3221225472",
      "sys/fs/cgroup/pod/container/memory.max": "max",
    });
    expect(memoryLimit({ root })).toEqual({ bytes: 3_221_225_472, source: join(root, "sys/fs/cgroup/pod/memory.max") });
  });

  it("version 1: the number beyond all memory means no limit", () => {
    const files = { ...meminfo, "proc/self/cgroup": "3:memory:/" };
    machine({ ...files, "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712" });
    expect(memoryLimit({ root }).source).toBe("memory of the machine");
    machine({ "sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824" });
    expect(memoryLimit({ root }).bytes).toBe(1_073_741_824);
  });
});
