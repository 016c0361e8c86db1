import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readFile, type FileHandle } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { type CachePaths } from "./cache-layout.js";
import { errorCode } from "../error-facts.js";
import { FatalError } from "../fatal-error.js";
import { cacheFailure, RetriableError } from "./store-errors.js";

/**
 * One writer for one cache directory, across processes, containers and pods that share the volume.
 *
 * The lock is the kernel's `flock(2)`. It belongs to the open file, so the kernel releases it at the moment when its
 * owner dies, however it dies: nothing goes stale, no clock or process id is compared, and a paused owner keeps it. Node
 * has no call for it; the `flock` program of util-linux locks the descriptor that it inherits from us and exits, and the
 * lock stays with us (https://man7.org/linux/man-pages/man2/flock.2.html). Over NFS the kernel turns it into a lock of
 * the server. macOS has no such program, but opens files locked.
 */
export interface CacheLock {
  release(): Promise<void>;
}

export interface LockHooks {
  readonly signal: AbortSignal;
  /** Another process holds the lock; `owner` is what it wrote about itself. */
  readonly onWaiting?: (owner: string) => void;
}

/** How long one `flock` program waits. Bounded, so that it outlives a killed service only for so long. */
const WAIT_SECONDS = 20;

/** What `flock` exits with when the lock is taken. Not 1, which other failures use as well. */
const TAKEN = 75;

/** O_NONBLOCK | O_EXLOCK of macOS's fcntl.h. */
const DARWIN_NONBLOCKING_EXCLUSIVE = 0x0004 | 0x0020;

export async function acquireCacheLock(paths: CachePaths, hooks: LockHooks): Promise<CacheLock> {
  await mkdir(paths.directory, { recursive: true }).catch((error: unknown) => {
    throw cacheFailure(error, `creating ${paths.directory}`);
  });
  if (process.platform === "darwin") return await acquireByOpening(paths, hooks);
  const handle = await open(paths.lock, "a+").catch((error: unknown) => {
    throw cacheFailure(error, `opening ${paths.lock}`);
  });
  try {
    if (!(await flock(handle, ["--nonblock"], hooks.signal))) {
      hooks.onWaiting?.(await ownerOf(paths));
      while (!(await flock(handle, ["--timeout", String(WAIT_SECONDS)], hooks.signal)));
    }
    return await owned(handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function flock(handle: FileHandle, how: readonly string[], signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  const child = spawn("flock", ["--exclusive", ...how, "--conflict-exit-code", String(TAKEN), "3"], {
    stdio: ["ignore", "ignore", "pipe", handle.fd],
    signal,
  });
  let complaint = "";
  child.stderr?.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  try {
    const [code] = (await once(child, "close")) as [number | null];
    if (code === 0) return true;
    if (code === TAKEN) return false;
    throw new RetriableError(
      `The cache lock could not be taken: flock ended with ${code ?? "a signal"} ${complaint.trim()}.`,
    );
  } catch (error) {
    signal.throwIfAborted();
    if (errorCode(error) === "ENOENT") {
      throw new FatalError(
        "cacheUnwritable",
        `The model cache cannot be locked: the program "flock" is not installed, and without it two processes could ` +
          `write one file. Install util-linux in the image, or set MODEL_PATH to a file that is already there.`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function acquireByOpening(paths: CachePaths, hooks: LockHooks): Promise<CacheLock> {
  const { O_RDWR, O_CREAT } = (await import("node:fs")).constants;
  for (let announced = false; ; announced = true) {
    try {
      return await owned(await open(paths.lock, O_RDWR | O_CREAT | DARWIN_NONBLOCKING_EXCLUSIVE));
    } catch (error) {
      if (errorCode(error) !== "EAGAIN") {
        throw cacheFailure(error, `locking ${paths.lock}`);
      }
      if (!announced) hooks.onWaiting?.(await ownerOf(paths));
      await pause(1_000, undefined, { signal: hooks.signal });
    }
  }
}

async function owned(handle: FileHandle): Promise<CacheLock> {
  // Says who holds it, for people who wait. The lock itself does not depend on the text.
  const text = JSON.stringify({ host: hostname(), pid: process.pid, since: new Date().toISOString() });
  await handle
    .truncate(0)
    .then(() => handle.write(text))
    .catch(() => undefined);
  return { release: () => handle.close() };
}

async function ownerOf(paths: CachePaths): Promise<string> {
  return (await readFile(paths.lock, "utf8").catch(() => "")) || "an unknown process";
}
