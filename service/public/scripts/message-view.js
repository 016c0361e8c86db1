/** One turn on the screen: its text, what was thought first, notes, problems and buttons. */
import { copyButton } from "./clipboard.js";
import { announce, button, element, page } from "./elements.js";
import { markdown, replaceContent } from "./markdown.js";
import { scrollToEnd } from "./scrolling.js";
import { splitThinking } from "./thinking.js";

export class MessageView {
  #frame;
  #thinking;
  #status = element("p", { className: "fine status", hidden: true });
  #after = element("div", { className: "after" });

  constructor(turn) {
    this.turn = turn;
    this.text = element("div", { className: "text", dir: "auto" });
    const title = element("h2", { className: "hidden", textContent: turn.role === "user" ? "You asked:" : "Answer:" });
    this.item = element("li", { className: "message" }, title, this.text, this.#status, this.#after);
    this.item.dataset.role = turn.role;
    if (turn.role === "user") this.text.textContent = turn.content;
    else this.#paint();
    page.messages.append(this.item);
    scrollToEnd(true);
  }

  /** Shows what has been written so far, once a frame however fast the words come. */
  update() {
    this.#frame ??= requestAnimationFrame(() => this.#paint());
  }

  /** What happens before the first word; undefined takes it away. */
  status(words) {
    this.#status.hidden = words === undefined;
    if (words === undefined || this.#status.textContent === words) return;
    this.#status.textContent = words;
    announce(words);
    scrollToEnd();
  }

  begin() {
    this.item.setAttribute("aria-busy", "true");
    this.#after.replaceChildren();
  }

  end() {
    cancelAnimationFrame(this.#frame);
    this.#paint();
    this.item.removeAttribute("aria-busy");
    this.status(undefined);
  }

  /** `actions` are buttons; `note` says why an answer is not complete. */
  finish(actions, note) {
    this.#after.replaceChildren();
    if (note !== undefined) this.#after.append(element("p", { className: "fine", textContent: note }));
    this.#after.append(element("div", { className: "row actions" }, ...this.#copy(), ...actions));
    scrollToEnd();
  }

  /** Returns the element that tells what happens next by itself. */
  problem(problem, actions) {
    const words = element("p", { textContent: problem.message });
    words.setAttribute("role", "alert");
    const next = element("span", { className: "fine" });
    const box = element("div", { className: "warning problem" }, words);
    if (actions.length > 0) box.append(element("div", { className: "row" }, ...actions, next));
    if (problem.details?.length > 0) {
      const lines = problem.details.map((line) => element("p", { textContent: line }));
      box.append(element("details", {}, element("summary", { textContent: "Details" }), ...lines));
    }
    this.#after.replaceChildren(box);
    scrollToEnd(true);
    return next;
  }

  /** Takes the offers of this turn away: another one is the last now. */
  settle() {
    for (const made of this.#after.querySelectorAll(".offer, .problem .row")) made.remove();
  }

  /** Puts a form in place of the question. `onSend` gets the new text. */
  edit(onSend) {
    const field = element("textarea", { value: this.turn.content, dir: "auto", ariaLabel: "Edit your question" });
    const close = () => {
      form.remove();
      this.text.hidden = this.#after.hidden = false;
    };
    const send = element("button", { type: "submit", className: "primary", textContent: "Ask again" });
    const form = element(
      "form",
      { className: "edit" },
      field,
      element("div", { className: "row" }, button("Cancel", close), send),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value.trim() !== "") onSend(field.value.trim());
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.text.hidden = this.#after.hidden = true;
    this.item.append(form);
    field.style.height = `${field.scrollHeight + 2}px`;
    field.focus();
  }

  #copy() {
    const { role, content } = this.turn;
    if (content === "") return [];
    return [copyButton("Copy", () => (role === "user" ? content : splitThinking(content).answer.trim()))];
  }

  #paint() {
    this.#frame = undefined;
    const { thinking, answer, open } = splitThinking(this.turn.content);
    const thoughts = (this.turn.reasoning + thinking).trim();
    const text = answer.trim();
    if (thoughts !== "") this.#think(thoughts, open || text === "");
    this.text.hidden = text === "" && !this.item.hasAttribute("aria-busy");
    replaceContent(this.text, markdown(text));
    scrollToEnd();
  }

  #think(thoughts, going) {
    if (this.#thinking === undefined) {
      this.#thinking = element(
        "details",
        {},
        element("summary"),
        element("div", { className: "thoughts", dir: "auto" }),
      );
      this.text.before(this.#thinking);
    }
    const [summary, body] = this.#thinking.children;
    summary.textContent = going && this.item.hasAttribute("aria-busy") ? "Thinking" : "What the model thought first";
    body.textContent = thoughts;
  }
}
