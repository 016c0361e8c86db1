/**
 * Makes a GGUF file with random weights: a model that says nothing sensible, but loads, tokenises, reads prompts,
 * generates and stops exactly as a real one of its shape does. Tests use `tiny`, benchmarks the larger shapes.
 *
 *     node --import tsx service/tools/make-model.ts --shape tiny --out /tmp/tiny.gguf [--seed 1] [--template chatml]
 *
 * The same shape, seed and template give the same bytes. The architecture is Qwen2, that of the default model.
 */
import { renameSync, rmSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

import { type MetadataValue, type TensorToWrite, writeGguf } from "./gguf-writer.js";
import { constantTensor, randomTensor, seededRandom, type WeightFormat } from "./random-tensor.js";
import { byteLevelVocabulary, SPECIAL_TOKENS, TEMPLATES, type TemplateName } from "./byte-level-vocabulary.js";

interface Shape {
  readonly layers: number;
  readonly width: number;
  readonly feedForward: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly vocabulary: number;
  readonly contextLength: number;
  readonly weights: WeightFormat;
  /** Format of the embedding and of the tensors that Q4_K_M files keep finer. */
  readonly fineWeights: WeightFormat;
}

/** The shapes on offer. `3b` is Qwen2.5-3B in the mixture of a Q4_K_M file. */
export const SHAPES = {
  /** About 0.6 MB: tests. */
  tiny: shape(2, 64, 128, 4, 2, 320, 4096, "f32", "f32"),
  /** About 11 MB: loads in a blink and still takes a measurable time a token. */
  small: shape(6, 512, 1536, 8, 2, 4096, 8192, "q4_k", "q6_k"),
  /** About 270 MB: a half-billion model, for benchmarks that should not take minutes. */
  medium: shape(24, 1024, 4096, 16, 4, 32000, 32768, "q4_k", "q6_k"),
  /** About 2.2 GB, a little more than the real file. */
  "3b": shape(36, 2048, 11008, 16, 2, 151936, 32768, "q4_k", "q6_k"),
} as const satisfies Record<string, Shape>;

export type ShapeName = keyof typeof SHAPES;

export interface ModelToMake {
  readonly path: string;
  readonly shape: ShapeName;
  /** @default 1 */
  readonly seed?: number;
  /** @default "chatml" */
  readonly template?: TemplateName;
}

/** Writes the file (under a temporary name first) and returns its size in bytes. */
export function makeModel({ path, shape: name, seed = 1, template = "chatml" }: ModelToMake): number {
  const shape = SHAPES[name];
  const partial = `${path}.${process.pid}.partial`;
  try {
    const bytes = writeGguf(partial, metadata(name, shape, template), tensors(shape, seed));
    renameSync(partial, path);
    return bytes;
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

function metadata(name: string, shape: Shape, template: TemplateName): Record<string, MetadataValue> {
  const { tokens, types, merges } = byteLevelVocabulary(shape.vocabulary, template);
  const chatTemplate = TEMPLATES[template];
  return {
    "general.architecture": { type: "string", value: "qwen2" },
    "general.name": { type: "string", value: `random weights, ${name}` },
    // 15 is "mostly Q4_K - Medium", 0 is "all F32".
    "general.file_type": { type: "u32", value: shape.weights === "f32" ? 0 : 15 },
    "general.quantization_version": { type: "u32", value: 2 },
    "qwen2.block_count": { type: "u32", value: shape.layers },
    "qwen2.context_length": { type: "u32", value: shape.contextLength },
    "qwen2.embedding_length": { type: "u32", value: shape.width },
    "qwen2.feed_forward_length": { type: "u32", value: shape.feedForward },
    "qwen2.attention.head_count": { type: "u32", value: shape.heads },
    "qwen2.attention.head_count_kv": { type: "u32", value: shape.keyValueHeads },
    "qwen2.rope.freq_base": { type: "f32", value: 1_000_000 },
    "qwen2.attention.layer_norm_rms_epsilon": { type: "f32", value: 1e-6 },
    "tokenizer.ggml.model": { type: "string", value: "gpt2" },
    "tokenizer.ggml.pre": { type: "string", value: "qwen2" },
    "tokenizer.ggml.tokens": { type: "string[]", value: tokens },
    "tokenizer.ggml.token_type": { type: "i32[]", value: types },
    "tokenizer.ggml.merges": { type: "string[]", value: merges },
    "tokenizer.ggml.eos_token_id": { type: "u32", value: tokens.indexOf(SPECIAL_TOKENS.endOfTurn) },
    "tokenizer.ggml.padding_token_id": { type: "u32", value: tokens.indexOf(SPECIAL_TOKENS.endOfText) },
    "tokenizer.ggml.add_bos_token": { type: "bool", value: false },
    ...(chatTemplate === null ? {} : { "tokenizer.chat_template": { type: "string", value: chatTemplate } }),
  };
}

function tensors(shape: Shape, seed: number): TensorToWrite[] {
  const { width, feedForward, layers, weights, fineWeights } = shape;
  const keyValueWidth = (width / shape.heads) * shape.keyValueHeads;
  const random = seededRandom(seed);
  const matrix = (name: string, from: number, to: number, format: WeightFormat): TensorToWrite =>
    randomTensor(name, [from, to], format, 1 / Math.sqrt(from), random);
  const bias = (name: string, length: number): TensorToWrite => randomTensor(name, [length], "f32", 0.02, random);
  const list: TensorToWrite[] = [
    randomTensor("token_embd.weight", [width, shape.vocabulary], fineWeights, 1, random),
    constantTensor("output_norm.weight", width, 1),
    // A separate matrix, unlike Qwen2.5-3B: with the embedding tied to it, random weights repeat their last token for
    // ever. 2.5 / sqrt(width) gives logits a deviation of about 2.5, neither flat nor certain, so sampling is varied
    // and the end-of-turn token comes up now and then.
    randomTensor("output.weight", [width, shape.vocabulary], fineWeights, 2.5 / Math.sqrt(width), random),
  ];
  for (let layer = 0; layer < layers; layer++) {
    const fine = layer % 2 === 0 ? fineWeights : weights;
    const at = (name: string): string => `blk.${layer}.${name}`;
    list.push(
      constantTensor(at("attn_norm.weight"), width, 1),
      matrix(at("attn_q.weight"), width, width, weights),
      bias(at("attn_q.bias"), width),
      matrix(at("attn_k.weight"), width, keyValueWidth, weights),
      bias(at("attn_k.bias"), keyValueWidth),
      matrix(at("attn_v.weight"), width, keyValueWidth, fine),
      bias(at("attn_v.bias"), keyValueWidth),
      matrix(at("attn_output.weight"), width, width, weights),
      constantTensor(at("ffn_norm.weight"), width, 1),
      matrix(at("ffn_gate.weight"), width, feedForward, weights),
      matrix(at("ffn_up.weight"), width, feedForward, weights),
      matrix(at("ffn_down.weight"), feedForward, width, fine),
    );
  }
  return list;
}

function shape(
  layers: number,
  width: number,
  feedForward: number,
  heads: number,
  keyValueHeads: number,
  vocabulary: number,
  contextLength: number,
  weights: WeightFormat,
  fineWeights: WeightFormat,
): Shape {
  return { layers, width, feedForward, heads, keyValueHeads, vocabulary, contextLength, weights, fineWeights };
}

function main(): void {
  const { values } = parseArgs({
    options: {
      shape: { type: "string" },
      out: { type: "string" },
      seed: { type: "string", default: "1" },
      template: { type: "string", default: "chatml" },
    },
  });
  const shapes = Object.keys(SHAPES).join(", ");
  const templates = Object.keys(TEMPLATES).join(", ");
  const { shape = "", out, template } = values;
  const seed = Number(values.seed);
  if (!Object.hasOwn(SHAPES, shape)) throw new Error(`--shape (${shape || "missing"}) must be one of ${shapes}.`);
  if (!Object.hasOwn(TEMPLATES, template)) throw new Error(`--template (${template}) must be one of ${templates}.`);
  if (!Number.isInteger(seed)) throw new Error(`--seed (${values.seed}) must be a whole number.`);
  if (out === undefined) throw new Error("--out is missing: the file to write.");
  const started = performance.now();
  const bytes = makeModel({ path: out, shape: shape as ShapeName, seed, template: template as TemplateName });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${out}: ${(bytes / 1e6).toFixed(1)} MB in ${seconds} s`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
