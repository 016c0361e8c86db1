import { type ByteRange } from "./byte-ranges.js";
import { type HttpSource, type SourceResponse } from "./http-source.js";
import { type PartialFile } from "./partial-file.js";
import { cacheFailure, networkFailure, RetriableError } from "./store-errors.js";
import { type PinnedFacts } from "./verified-marker.js";

export interface DownloadOptions {
  readonly source: HttpSource;
  readonly partial: PartialFile;
  readonly facts: PinnedFacts;
  readonly signal: AbortSignal;
  readonly onProgress?: (bytesOnDisk: number) => void;
  readonly onReceived?: ((bytes: number) => void) | undefined;
  readonly tuning?: DownloadTuning;
}

export interface DownloadTuning {
  readonly connections: number;
  /** Most bytes of one request. */
  readonly pieceBytes: number;
  /** Bytes between two checkpoints: what a crash can cost. */
  readonly checkpointBytes: number;
}

/** Between two checkpoints, however slowly bytes arrive. */
const CHECKPOINT_SECONDS = 5;
const DEFAULT_TUNING: DownloadTuning = {
  connections: 4,
  pieceBytes: 64 * 1024 * 1024,
  checkpointBytes: 8 * 1024 * 1024,
};

/**
 * One try to complete a partial file. Several connections fetch different pieces, because most hubs and CDNs throttle each
 * connection; the first failure ends the try, and everything that has arrived is kept for the next.
 *
 * @throws {RetriableError | FatalError} or the signal's reason
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { partial, source, signal, tuning = DEFAULT_TUNING } = options;
  const pieces = partial.missing(tuning.pieceBytes);
  const first = pieces.shift();
  if (first === undefined) return;
  // One failing connection stops the others, so that no write happens after this function has ended.
  const stop = new AbortController();
  const together = AbortSignal.any([signal, stop.signal]);
  const run = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (!stop.signal.aborted) stop.abort(error);
    }
  };
  const fetchPieces = async (): Promise<void> => {
    for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
      const response = await open(piece, expectSameVersion);
      await receive(response, options, together);
    }
  };
  const open = async (
    piece: ByteRange,
    checkVersion: (response: SourceResponse, partial: PartialFile) => Promise<void> | void,
  ): Promise<SourceResponse> => {
    const response = await source.open(piece, partial.validator, together);
    try {
      checkTotal(response, options.facts);
      await checkVersion(response, partial);
    } catch (error) {
      response.body.destroy();
      throw error;
    }
    return response;
  };
  try {
    // The first answer tells whether the source knows ranges at all, before more connections are opened.
    await run(async () => {
      const response = await open(first, adoptVersion);
      if (!response.partial) pieces.length = 0;
      const others = Array.from({ length: tuning.connections - 1 }, () => run(fetchPieces));
      await Promise.all([run(async () => receive(response, options, together).then(fetchPieces)), ...others]);
    });
    signal.throwIfAborted();
    if (stop.signal.aborted) {
      const reason: unknown = stop.signal.reason;
      if (reason instanceof UnusableBytesError) await partial.reset(reason.validator);
      throw reason;
    }
  } finally {
    // Also on the way out of a failure: what has arrived must not be fetched again. A full disk may refuse the state
    // file; the previous checkpoint is then what a restart knows, and the failure itself is what should be reported.
    await partial.checkpoint().catch(() => undefined);
  }
  const rest = partial.missing();
  if (rest.length > 0)
    throw new RetriableError(`The source ended before the last byte; ${bytesIn(rest)} bytes are missing.`);
}

async function receive(response: SourceResponse, options: DownloadOptions, signal: AbortSignal): Promise<void> {
  const { partial, onProgress, onReceived, facts, tuning = DEFAULT_TUNING } = options;
  const { range, body } = response;
  let position = range.start;
  for await (const received of chunks(body, signal)) {
    const end = Math.min(range.end, facts.bytes);
    onReceived?.(received.length);
    if (position + received.length > end && !response.partial) {
      throw new UnusableBytesError(`The source sends more than the ${facts.bytes} bytes that MODEL_BYTES says.`);
    }
    const chunk = received.subarray(0, end - position);
    if (chunk.length === 0) break;
    try {
      await partial.write(chunk, position);
      position += chunk.length;
      await partial.checkpointWhenDue(tuning.checkpointBytes, CHECKPOINT_SECONDS);
    } catch (error) {
      throw cacheFailure(error, "writing the download");
    }
    onProgress?.(partial.bytesOnDisk);
  }
  const expected = Math.min(range.end, facts.bytes);
  if (position < expected) {
    if (!response.partial && response.totalBytes === undefined) {
      throw new UnusableBytesError(`The source has a file of ${position} bytes, and MODEL_BYTES says ${facts.bytes}.`);
    }
    throw new RetriableError(
      `The connection ended after ${position - range.start} of ${expected - range.start} bytes.`,
    );
  }
}

async function* chunks(body: AsyncIterable<Buffer>, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    signal.throwIfAborted();
    throw networkFailure(error, "The connection");
  }
}

function checkTotal(response: SourceResponse, facts: PinnedFacts): void {
  if (response.totalBytes !== undefined && response.totalBytes !== facts.bytes) {
    throw new RetriableError(
      `The source has a file of ${response.totalBytes} bytes, and MODEL_BYTES says ${facts.bytes}. ` +
        `If this stays so, correct MODEL_URL and MODEL_BYTES.`,
    );
  }
}

/**
 * Keeps two versions of a file from being mixed, before the first byte of a try: a whole file of another version is
 * taken from its first byte; a part of another version cannot be used, and what is on disk belongs to one that is gone.
 */
async function adoptVersion(response: SourceResponse, partial: PartialFile): Promise<void> {
  const { validator } = response;
  if (partial.validator !== null && validator !== null && validator !== partial.validator) {
    if (response.partial) throw new UnusableBytesError(CHANGED, validator);
    await partial.reset(validator);
  }
  partial.validator ??= validator;
}

/** The same while other connections write: nothing may be reset before they have ended. */
function expectSameVersion(response: SourceResponse, partial: PartialFile): void {
  const { validator } = response;
  if (partial.validator !== null && validator !== null && validator !== partial.validator) {
    throw new UnusableBytesError(CHANGED, validator);
  }
  if (!response.partial) throw new RetriableError("The source answered a request for a part with the whole file.");
}

const CHANGED = "The file at the source has changed; the download starts over.";

/** What is on disk is not of the file that the source has: the next try starts from nothing. */
class UnusableBytesError extends RetriableError {
  constructor(
    message: string,
    readonly validator: string | null = null,
  ) {
    super(message);
  }
}

function bytesIn(ranges: readonly ByteRange[]): number {
  return ranges.reduce((sum, range) => sum + range.end - range.start, 0);
}
