/**
 * Markdown as elements: marked reads it, DOMPurify lets through the tags and attributes of a text and nothing else.
 * HTML that a model writes is shown as the text it is.
 */
import DOMPurify from "/vendor/dompurify.js";
import { Marked } from "/vendor/marked.js";
import { copyButton } from "./clipboard.js";
import { element } from "./elements.js";

const marked = new Marked({
  gfm: true,
  // Models end lines where they want them to end.
  breaks: true,
  tokenizer: { html: () => undefined, tag: () => undefined },
  renderer: {
    // A picture would be loaded from elsewhere, which tells that place who reads.
    image: ({ text, href }) => escaped(text || href),
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

const ALLOWED = {
  ALLOWED_TAGS: [
    ...["p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"],
    ...["h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"],
  ],
  ALLOWED_ATTR: ["href", "class", "align", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?|mailto|tel):/i,
  RETURN_DOM_FRAGMENT: true,
};

/** Returns a DocumentFragment. */
export function markdown(text) {
  const fragment = DOMPurify.sanitize(marked.parse(text), ALLOWED);
  for (const link of fragment.querySelectorAll("a")) finishLink(link);
  for (const code of fragment.querySelectorAll("pre > code")) finishCode(code);
  for (const table of fragment.querySelectorAll("table")) finishTable(table);
  finishHeadings(fragment);
  for (const block of fragment.querySelectorAll("p, li, h3, h4, h5, h6, blockquote, th, td, ul, ol"))
    block.dir = "auto";
  return fragment;
}

/** Puts the new elements in, and leaves alone what is the same: a selection or a scrolled table survives the next word. */
export function replaceContent(container, fragment) {
  const before = [...container.childNodes];
  const after = [...fragment.childNodes];
  let same = 0;
  while (same < before.length && same < after.length && before[same].isEqualNode(after[same])) same++;
  for (const node of before.slice(same)) node.remove();
  container.append(...after.slice(same));
}

function finishLink(link) {
  if (!link.hasAttribute("href")) return link.replaceWith(...link.childNodes);
  link.target = "_blank";
  link.rel = "noopener noreferrer";
}

function finishCode(code) {
  const pre = code.parentElement;
  const language = /language-(\S+)/.exec(code.className)?.[1] ?? "";
  const copy = copyButton("Copy code", () => code.textContent.replace(/\n$/, ""));
  const block = element("div", { className: "code" });
  pre.replaceWith(block);
  pre.tabIndex = 0;
  pre.dir = "ltr";
  block.append(element("div", { className: "code-bar" }, element("span", { textContent: language }), copy), pre);
}

function finishTable(table) {
  const frame = element("div", { className: "table", tabIndex: 0, role: "region", ariaLabel: "Table" });
  table.replaceWith(frame);
  frame.append(table);
}

/** The page has the first level and each message the second; a level that the model leaves out is not left out here. */
function finishHeadings(fragment) {
  let last = 2;
  for (const heading of fragment.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    last = Math.min(last + 1, Number(heading.tagName[1]) + 2, 6);
    heading.replaceWith(element(`h${last}`, {}, ...heading.childNodes));
  }
}

function escaped(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
