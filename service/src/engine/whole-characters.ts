/**
 * Keeps constrained answers valid UTF-8. The grammar of llama.cpp takes any byte for the rest of a character that has
 * begun, so a model that breaks a character can smuggle a quote through it, and what the grammar counted as one
 * character arrives as several. A trained model never does; one with random weights does all the time.
 */
import { type LlamaModel, TokenBias } from "node-llama-cpp";

/** Tokens between two looks at the event loop. */
const SLICE = 2000;

/**
 * A bias that forbids all tokens which are no whole characters. The price: characters that a vocabulary spells in
 * several tokens, such as rare emoji, do not occur in constrained answers.
 */
export async function wholeCharactersOnly(model: LlamaModel): Promise<TokenBias> {
  const bias = new TokenBias(model.tokenizer);
  for (const token of model.iterateAllTokens()) {
    if (model.detokenize([token]).includes("\uFFFD")) bias.set(token, "never");
    if (token % SLICE === SLICE - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  return bias;
}
