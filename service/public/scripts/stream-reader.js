/**
 * Reads the server-sent events of an answer: yields `{ data }` with the JSON of every event and `{ place }` for the
 * comment that says the place in line. Other comments (the heartbeat) are skipped. Ends at `[DONE]` or when the
 * connection does.
 */
export async function* readStream(body) {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let buffered = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    buffered += decoder.decode(value, { stream: true });
    const blocks = buffered.split("\n\n");
    buffered = blocks.pop();
    for (const block of blocks) {
      const place = /^: queue (\d+)$/.exec(block);
      if (place) yield { place: Number(place[1]) };
      if (!block.startsWith("data: ")) continue;
      const data = block.slice("data: ".length);
      if (data === "[DONE]") return;
      yield { data: JSON.parse(data) };
    }
  }
}
