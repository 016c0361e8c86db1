/**
 * The chat page: it waits until the model is ready, sends the conversation, and shows the answer as it is written. No
 * framework, and no request to anywhere but its own origin. This file joins the form to the rest.
 */
import { ask, forgetViews, isAnswering, onAnswering, showConversation, stop } from "./answering.js";
import { clear, save, turns } from "./conversation.js";
import { announce, page } from "./elements.js";
import { isReady, watchReadiness } from "./readiness.js";

function showWhatIsPossible() {
  const busy = isAnswering();
  page.send.hidden = busy;
  page.stop.hidden = !busy;
  page.send.disabled = !isReady() || page.question.value.trim() === "";
  for (const example of page.examples) example.disabled = !isReady() || busy;
  for (const offer of page.messages.querySelectorAll(".offer, .edit .primary")) offer.disabled = !isReady() || busy;
  page.welcome.hidden = turns.length > 0;
  page.newConversation.hidden = turns.length === 0;
  page.newConversation.disabled = busy;
}

function fitQuestion() {
  page.question.style.height = "auto";
  page.question.style.height = `${page.question.scrollHeight + 2}px`;
}

/** With a finger, focus would bring up the keyboard over the answer. */
function focusQuestion() {
  if (matchMedia("(pointer: fine)").matches && !page.keyDialog.open) page.question.focus();
}

/** The browser moves the focus to the body when the button that had it is removed. */
function focusQuestionUnlessElsewhere() {
  const { activeElement } = document;
  if (activeElement === null || activeElement === document.body) focusQuestion();
}

page.composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const question = page.question.value.trim();
  if (question === "" || !isReady() || isAnswering()) return;
  page.question.value = "";
  fitQuestion();
  void ask(question);
});

page.question.addEventListener("input", () => {
  fitQuestion();
  showWhatIsPossible();
});

page.question.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    page.composer.requestSubmit();
  }
});

page.stop.addEventListener("click", () => {
  stop();
  focusQuestion();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !page.keyDialog.open) stop();
});

page.newConversation.addEventListener("click", () => {
  clear();
  forgetViews();
  showWhatIsPossible();
  focusQuestion();
  announce("A new conversation.");
});

for (const example of page.examples) {
  example.addEventListener("click", () => {
    void ask(example.textContent);
    focusQuestion();
  });
}

// A reload in the middle of an answer keeps what was written so far.
addEventListener("pagehide", () => {
  if (turns.length > 0) save();
});

onAnswering(() => {
  showWhatIsPossible();
  focusQuestionUnlessElsewhere();
});
showConversation();
showWhatIsPossible();
focusQuestion();
void watchReadiness(showWhatIsPossible);
