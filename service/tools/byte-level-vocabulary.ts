/**
 * A byte-level BPE vocabulary without training: the 256 bytes, a few merges so that merging is exercised, the special
 * tokens of ChatML, and made-up words up to the size that a shape asks for.
 */

/** Special tokens, named as the Qwen family names them. */
export const SPECIAL_TOKENS = {
  endOfText: "<|endoftext|>",
  startOfTurn: "<|im_start|>",
  endOfTurn: "<|im_end|>",
  startOfThought: "<think>",
  endOfThought: "</think>",
} as const;

/** Like those of Qwen2.5 single tokens that are visible as text. Only in files whose template speaks of tools. */
const TOOL_TOKENS = ["<tool_call>", "</tool_call>"];

const CHATML_MESSAGES =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}";

/**
 * Chat templates, in Jinja.
 * - `chatml`: as Qwen2.5 has it, without its default system message.
 * - `thinking`: the prompt opens the thought (as Qwen3-4B-Thinking-2507 does), and earlier thoughts are left out.
 * - `tools`: as Qwen2.5 shows tools, their calls and their results, with less said around them.
 * - `none`: the file has no template.
 */
export const TEMPLATES = {
  chatml: `${CHATML_MESSAGES}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`,
  thinking:
    "{% for message in messages %}{% set content = message['content'] %}" +
    "{% if message['role'] == 'assistant' and '</think>' in content %}{% set content = content.split('</think>')[-1].lstrip('\\n') %}{% endif %}" +
    "{{ '<|im_start|>' + message['role'] + '\\n' + content + '<|im_end|>\\n' }}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n<think>\\n' }}{% endif %}",
  tools:
    "{% if tools %}{{ '<|im_start|>system\n# Tools\n<tools>' }}{% for tool in tools %}{{ '\n' + (tool | tojson) }}{% endfor %}{{ '\n</tools><|im_end|>\n' }}{% endif %}" +
    "{% for message in messages %}" +
    "{% if message.role == 'tool' %}{{ '<|im_start|>user\n<tool_response>\n' + message.content + '\n</tool_response><|im_end|>\n' }}" +
    "{% elif message.tool_calls %}{{ '<|im_start|>assistant' }}{% if message.content %}{{ '\n' + message.content }}{% endif %}" +
    "{% for call in message.tool_calls %}{{ '\n<tool_call>\n{\"name\": \"' + call.function.name + '\", \"arguments\": ' + (call.function.arguments | tojson) + '}\n</tool_call>' }}{% endfor %}{{ '<|im_end|>\n' }}" +
    "{% else %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endif %}{% endfor %}" +
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
  none: null,
} as const;

export type TemplateName = keyof typeof TEMPLATES;

export interface Vocabulary {
  readonly tokens: readonly string[];
  /** 1 normal, 3 control, 4 user-defined: the numbers of `tokenizer.ggml.token_type`. */
  readonly types: readonly number[];
  readonly merges: readonly string[];
}

const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;

const MERGES = ["Ġ t", "h e", "i n", "Ġt he", "Ġ a", "e r", "o n", "r e", "a t", "n d", "Ġa nd", "in g"];

/** @param size number of tokens in all, at least 300 */
export function byteLevelVocabulary(size: number, template: TemplateName = "chatml"): Vocabulary {
  const tokens: string[] = [];
  const types: number[] = [];
  const add = (token: string, type: number): void => {
    tokens.push(token);
    types.push(type);
  };
  for (let byte = 0; byte < 256; byte++) add(byteCharacter(byte), NORMAL);
  for (const merge of MERGES) add(merge.replace(" ", ""), NORMAL);
  add(SPECIAL_TOKENS.endOfText, CONTROL);
  add(SPECIAL_TOKENS.startOfTurn, CONTROL);
  add(SPECIAL_TOKENS.endOfTurn, CONTROL);
  // Visible as text, like those of Qwen3: only turn borders are control tokens.
  add(SPECIAL_TOKENS.startOfThought, USER_DEFINED);
  add(SPECIAL_TOKENS.endOfThought, USER_DEFINED);
  if (template === "tools") for (const token of TOOL_TOKENS) add(token, USER_DEFINED);
  for (let word = 0; tokens.length < size; word++) add(`Ġ${madeUpWord(word)}`, NORMAL);
  if (tokens.length !== size) throw new Error(`vocabulary size (${size}) must be at least ${tokens.length}.`);
  return { tokens, types, merges: MERGES };
}

/** The visible character that stands for a byte in byte-level BPE: GPT-2's table. */
function byteCharacter(byte: number): string {
  if (isVisible(byte)) return String.fromCharCode(byte);
  let code = 256;
  for (let other = 0; other < byte; other++) if (!isVisible(other)) code++;
  return String.fromCharCode(code);
}

function isVisible(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
}

/** Syllables spelled from the digits of a number: no two numbers share a word. */
function madeUpWord(number: number): string {
  const consonants = "bdfgklmnprstvz";
  const vowels = "aeiou";
  let word = "";
  for (let rest = number; ; rest = Math.floor(rest / 70) - 1) {
    word += (consonants[Math.floor((rest % 70) / 5)] ?? "") + (vowels[rest % 5] ?? "");
    if (rest < 70) return word;
  }
}
