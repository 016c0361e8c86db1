/**
 * What a benchmark is. Add one by writing a file that exports a `Benchmark` and naming it in main.ts.
 */
import {
  type Engine,
  type GenerationEvents,
  type GenerationRequest,
  type GenerationResult,
  GREEDY,
} from "../src/engine/engine.js";
import { loadEngine } from "../src/engine/load-engine.js";

export interface BenchmarkContext {
  /** Path of the model that is measured. */
  readonly modelPath: string;
  readonly shape: string;
  /** How often each figure is taken; the median counts. */
  readonly repeats: number;
}

/** A figure with its unit, such as `{ name: "decode", value: 17.2, unit: "tok/s" }`. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is promised not to exceed. @default no promise */
  readonly most?: number;
}

export interface Benchmark {
  readonly name: string;
  readonly purpose: string;
  run(context: BenchmarkContext): Promise<readonly Figure[]>;
}

/** Loads an engine for a measurement and disposes of it afterwards. */
export async function withEngine<T>(
  { modelPath, shape }: BenchmarkContext,
  options: { readonly slots: number; readonly threads?: number },
  measure: (engine: Engine) => Promise<T>,
): Promise<T> {
  const logger = { info: () => undefined, warn: () => undefined, debug: () => undefined };
  const engine = await loadEngine(
    { modelPath, modelId: shape, contextSize: 2048, ...options },
    { signal: new AbortController().signal, logger },
  );
  try {
    return await measure(engine);
  } finally {
    await engine.dispose();
  }
}

/** Asks for a greedy answer to a prompt of about so many tokens; different texts share no cache. */
export function ask(
  engine: Engine,
  prompt: string,
  maxTokens: number,
  events: Partial<GenerationEvents> = {},
): Promise<GenerationResult> {
  const request: GenerationRequest = {
    messages: [{ role: "user", content: prompt }],
    maxTokens,
    ...GREEDY,
  };
  return engine.generate(request, { signal: new AbortController().signal, ...events });
}

let texts = 0;

/** A text of so many tokens of a byte-level vocabulary that begins like no other. */
export function freshText(tokens: number): string {
  return `${String(++texts).padStart(6, "#")} ${"0123456789".repeat(Math.ceil(tokens / 10))}`.slice(0, tokens);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Takes a figure several times, one after the other. */
export async function repeat(times: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let turn = 0; turn < times; turn++) values.push(await measure());
  return values;
}
