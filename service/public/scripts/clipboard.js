/** Copying, and the button that says it was done. */
import { announce, button, element } from "./elements.js";

/** `text` is called when the button is pressed: an answer may still be growing. */
export function copyButton(words, text) {
  const made = button(words, () => void copy());
  return made;

  async function copy() {
    const done = await copyText(text());
    made.textContent = done ? "Copied" : "Could not copy";
    announce(`${made.textContent}.`);
    setTimeout(() => (made.textContent = words), 2_000);
  }
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Only a secure context has the clipboard; over plain HTTP (port-forward to another name) `execCommand` still works.
    const area = element("textarea", { value: text, className: "hidden" });
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
