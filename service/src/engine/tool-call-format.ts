/**
 * How a model writes that it calls a tool: the format of Hermes, which Qwen2.5, Qwen3 and others were trained on.
 *
 *     <tool_call>
 *     {"name": "get_weather", "arguments": {"city": "Paris"}}
 *     </tool_call>
 */
export const TOOL_CALL = { open: "<tool_call>", close: "</tool_call>" } as const;
/** What a prompt has after the opening mark where the model must call. */
export const PROMPTED = "\n";
/** What follows the opening mark and a line break. */
export const CALL_START = '{"name": "';
export const BEFORE_ARGUMENTS = '", "arguments": ';
export const CALL_END = `}\n${TOOL_CALL.close}`;

/** One call, as templates write it. */
export function writtenCall(name: string, args: string): string {
  return `${TOOL_CALL.open}\n${CALL_START}${name}${BEFORE_ARGUMENTS}${args}${CALL_END}`;
}
