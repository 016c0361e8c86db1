import { freshText, median } from "../benchmark.js";
import { ask, type Message, user } from "./client.js";
import { type Server } from "./server.js";

const CONVERSATIONS = 8;
const FIRST_TURN = 310;

interface Conversation {
  readonly text: string;
  history: readonly Message[];
}

/** Conversations that take turns on fewer slots, one request at a time. */
export class TakingTurns {
  readonly #conversations: readonly Conversation[] = Array.from({ length: CONVERSATIONS }, () => {
    const text = freshText(FIRST_TURN);
    return { text, history: user(text) };
  });

  /** Everyone's next turn. @returns seconds to the first token, the median */
  async next(server: Server): Promise<number> {
    const seconds: number[] = [];
    for (const conversation of this.#conversations) {
      seconds.push((await ask(server, { messages: conversation.history, maxTokens: 1 })).seconds);
      const { content } = await ask(server, { messages: conversation.history, maxTokens: 8 });
      conversation.history = [
        ...conversation.history,
        { role: "assistant", content },
        { role: "user", content: "And then?" },
      ];
    }
    return median(seconds);
  }
}
