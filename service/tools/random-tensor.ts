/**
 * Random weights in the block formats of ggml. The same seed gives the same bytes on every machine; the spread is that
 * of a freshly initialised network, so activations neither vanish nor overflow.
 * Block layouts: https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-common.h
 */
import { type TensorToWrite } from "./gguf-writer.js";

export type WeightFormat = "f32" | "q4_k" | "q6_k";

const FORMATS = {
  f32: { type: 0, blockWeights: 1, blockBytes: 4 },
  q4_k: { type: 12, blockWeights: 256, blockBytes: 144 },
  q6_k: { type: 14, blockWeights: 256, blockBytes: 210 },
} as const;

/** A deterministic source of 32-bit numbers (xoshiro128++, public domain, https://prng.di.unimi.it/). */
export type Random = () => number;

/** @param seed any 32-bit number */
export function seededRandom(seed: number): Random {
  // splitmix32 spreads the seed over the four words of the state.
  let mix = seed >>> 0;
  const word = (): number => {
    mix = (mix + 0x9e3779b9) | 0;
    let z = mix ^ (mix >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    return z ^ (z >>> 15);
  };
  let a = word();
  let b = word();
  let c = word();
  let d = word();
  return () => {
    const sum = (a + d) | 0;
    const result = (((sum << 7) | (sum >>> 25)) + a) | 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result >>> 0;
  };
}

/** A matrix or vector whose entries are spread around zero with the given standard deviation. */
export function randomTensor(
  name: string,
  dimensions: readonly number[],
  format: WeightFormat,
  deviation: number,
  random: Random,
): TensorToWrite {
  const { type, blockWeights, blockBytes } = FORMATS[format];
  const rowLength = dimensions[0] ?? 0;
  if (rowLength % blockWeights !== 0) {
    throw new Error(`${name}: row length (${rowLength}) must be a multiple of ${blockWeights} for ${format}.`);
  }
  const weights = dimensions.reduce((product, dimension) => product * dimension, 1);
  const fill = { f32: fillF32, q4_k: fillQ4K, q6_k: fillQ6K }[format];
  return {
    name,
    dimensions,
    type,
    bytes: (weights / blockWeights) * blockBytes,
    blockBytes,
    fill: (slice) => fill(slice, deviation, random),
  };
}

/** A vector of one value: norms start at 1. */
export function constantTensor(name: string, length: number, value: number): TensorToWrite {
  const { type, blockBytes } = FORMATS.f32;
  return {
    name,
    dimensions: [length],
    type,
    bytes: length * blockBytes,
    blockBytes,
    fill: (slice) => {
      for (let at = 0; at < slice.length; at += 4) slice.writeFloatLE(value, at);
    },
  };
}

function fillF32(slice: Buffer, deviation: number, random: Random): void {
  for (let at = 0; at < slice.length; at += 4) {
    // The sum of three uniforms is close enough to a normal distribution; its standard deviation is 1/2.
    const sum = (random() + random() + random()) / 2 ** 32 - 1.5;
    slice.writeFloatLE(sum * 2 * deviation, at);
  }
}

/** Super-blocks of 256: scale and minimum scale (f16), 12 bytes of 6-bit scales and minima, 128 bytes of nibbles. */
function fillQ4K(slice: Buffer, deviation: number, random: Random): void {
  fillRandom(slice, random);
  // Value = d * scale * q - dmin * min with scale and min in 0..63 and q in 0..15: dmin = 7.5 d centres it on zero,
  // and the deviation of the whole is then about 280 d.
  const d = deviation / 280;
  const dBits = halfBits(d);
  const dminBits = halfBits(7.5 * d);
  for (let at = 0; at < slice.length; at += FORMATS.q4_k.blockBytes) {
    slice.writeUInt16LE(dBits, at);
    slice.writeUInt16LE(dminBits, at + 2);
  }
}

/** Super-blocks of 256: low nibbles, high bit pairs, 16 signed 8-bit scales, one scale (f16) at the end. */
function fillQ6K(slice: Buffer, deviation: number, random: Random): void {
  fillRandom(slice, random);
  // Value = d * scale * (q - 32): deviations 74 and 18.5 multiply to about 1370 d.
  const dBits = halfBits(deviation / 1370);
  for (let at = 0; at < slice.length; at += FORMATS.q6_k.blockBytes) slice.writeUInt16LE(dBits, at + 208);
}

function fillRandom(slice: Buffer, random: Random): void {
  let at = 0;
  for (; at + 4 <= slice.length; at += 4) slice.writeUInt32LE(random(), at);
  for (; at < slice.length; at++) slice[at] = random() & 0xff;
}

/** Bits of a small positive number as IEEE 754 half precision, rounded down; below 2^-14 it is subnormal. */
function halfBits(value: number): number {
  const exponent = Math.floor(Math.log2(value));
  if (exponent < -14) return Math.floor(value * 2 ** 24);
  return ((exponent + 15) << 10) | Math.floor((value / 2 ** exponent - 1) * 1024);
}
