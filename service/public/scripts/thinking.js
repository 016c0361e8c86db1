/**
 * Separates what a model thought from what it answers, for models whose thinking the service does not separate: theirs
 * comes between `<think>` and `</think>` at the start of the content.
 */
export function splitThinking(content) {
  const opened = /^\s*<think>/.exec(content);
  if (opened === null) {
    // The first letters of a mark that is still being written are not shown as an answer.
    const begun = content.trim();
    return { thinking: "", answer: begun !== "" && "<think>".startsWith(begun) ? "" : content, open: false };
  }
  const rest = content.slice(opened[0].length);
  const end = rest.indexOf("</think>");
  if (end < 0) return { thinking: rest, answer: "", open: true };
  return { thinking: rest.slice(0, end), answer: rest.slice(end + "</think>".length), open: false };
}
