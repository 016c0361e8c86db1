/** The access key: asked for when the service wants one, kept in sessionStorage, so gone with the tab. */
import { page } from "./elements.js";

const NAME = "carepath-api-key";

export function authorization() {
  const key = sessionStorage.getItem(NAME);
  return key === null ? {} : { authorization: `Bearer ${key}` };
}

/** Resolves to true when a key was entered. */
export function askForKey(wasWrong = sessionStorage.getItem(NAME) !== null) {
  page.keyWords.textContent = wasWrong
    ? "The key was not accepted. Please check it and enter it again."
    : "The people who run this service give it to you. It is kept until you close this tab.";
  page.key.value = "";
  if (!page.keyDialog.open) page.keyDialog.showModal();
  return new Promise((resolve) => {
    page.keyDialog.addEventListener("close", () => resolve(page.keyDialog.returnValue === "given"), { once: true });
  });
}

page.keyForm.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(NAME, page.key.value.trim());
  page.key.value = "";
  page.keyDialog.close("given");
});
page.keyCancel.addEventListener("click", () => page.keyDialog.close("cancelled"));
