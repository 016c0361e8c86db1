/** The elements of `index.html` that the scripts use, and the two things that every script does with the document. */

const byId = (id) => document.getElementById(id);

export const page = {
  state: byId("state"),
  scroller: byId("scroller"),
  loading: byId("loading"),
  loadingWords: byId("loading-words"),
  loadingProgress: byId("loading-progress"),
  loadingDetail: byId("loading-detail"),
  loadingError: byId("loading-error"),
  welcome: byId("welcome"),
  examples: [...byId("examples").querySelectorAll("button")],
  messages: byId("messages"),
  composer: byId("composer"),
  question: byId("question"),
  send: byId("send"),
  stop: byId("stop"),
  newConversation: byId("new-conversation"),
  keyDialog: byId("key-dialog"),
  keyForm: byId("key-form"),
  keyWords: byId("key-words"),
  key: byId("key"),
  keyCancel: byId("key-cancel"),
  announcer: byId("announcer"),
};

export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export function button(words, onClick) {
  const made = element("button", { type: "button", textContent: words });
  made.addEventListener("click", onClick);
  return made;
}

/** Words for screen readers; they do not interrupt what is being read. */
export function announce(words) {
  page.announcer.textContent = words;
}
