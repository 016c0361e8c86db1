/**
 * Keeps constrained answers valid UTF-8. The grammar of llama.cpp takes any byte for the rest of a character that has
 * begun, so a model that breaks a character can smuggle a quote through it, and what the grammar counted as one
 * character arrives as several. A trained model never does; random weights do all the time.
 */
import { type LlamaModel } from "node-llama-cpp";

/** Tokens between two looks at the event loop. */
const SLICE = 2000;

/**
 * All tokens that are no whole characters, to be forbidden in constrained answers. The price: characters that a
 * vocabulary spells in several tokens, such as rare emoji, do not occur in them.
 */
export async function brokenCharacters(model: LlamaModel): Promise<Uint32Array> {
  const broken: number[] = [];
  for (const token of model.iterateAllTokens()) {
    if (model.detokenize([token]).includes("\uFFFD") && !model.isEogToken(token)) broken.push(token);
    if (token % SLICE === SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return Uint32Array.from(broken);
}
