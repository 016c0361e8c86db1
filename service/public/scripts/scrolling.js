/** Follows the text while the reader is at its end, and leaves them alone when they have scrolled up. */
import { page } from "./elements.js";

let following = true;

page.scroller.addEventListener("scroll", () => {
  following = page.scroller.scrollHeight - page.scroller.scrollTop - page.scroller.clientHeight < 80;
});

export function scrollToEnd(always = false) {
  if (always) following = true;
  if (following) page.scroller.scrollTop = page.scroller.scrollHeight;
}
