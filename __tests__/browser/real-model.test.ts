import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { type Page } from "playwright-core";
import { buildService, type BuiltService } from "../helpers/service-process";
import { smolLm2 } from "../helpers/smollm2";
import { answers, ask, describePage, idle, questions, screenshot, seen } from "./chat-page";

const model = smolLm2();

describePage("the chat page with SmolLM2", (_visit, open) => {
  let built: BuiltService;
  beforeAll(() => {
    built = buildService();
  });
  afterAll(() => built.dispose());

  (model === undefined ? it.skip : it)(
    "shows an answer, a cut and its continuation, and all of it after a reload",
    async () => {
      const service = built.start({ MODEL_PATH: model ?? "", MAX_TOKENS: "24", PARALLEL_SLOTS: "1" }, built.main);
      await service.reaches("ready");
      const { page, complaints, origins } = await open(await service.origin());
      // A machine with other work gives a few tokens a second.
      page.setDefaultTimeout(90_000);
      await seen(page, "SmolLM2-135M-Instruct");

      await ask(page, "What helps against a cold?");
      await idle(page);
      const text = answers(page).locator(".text");
      // Words: the weights of the tiny model of the other tests give noise.
      expect(await text.first().textContent()).toMatch(/\b[a-z]+( [a-z]+){4}/i);

      await ask(page, "Write a long story about a garden with many animals.");
      const cut = answers(page).last().getByText("The answer was cut here");
      await cut.waitFor();
      await inEveryLook(page, "real-model-cut");
      const before = (await text.last().innerText()).trim();
      await page.getByRole("button", { name: "Continue" }).click();
      await cut.waitFor({ state: "hidden" });
      await idle(page);
      const after = (await text.last().innerText()).trim();
      expect(after.length).toBeGreaterThan(before.length);
      expect(after.startsWith(before)).toBe(true);

      await page.reload();
      await idle(page);
      expect((await text.last().innerText()).trim()).toBe(after);
      expect(await questions(page).count()).toBe(2);
      await inEveryLook(page, "real-model-continued");
      expect(complaints).toEqual([]);
      expect(origins.size).toBe(1);
    },
    300_000,
  );
});

/** Screenshots on a phone and a desktop, in light and dark. */
async function inEveryLook(page: Page, name: string): Promise<void> {
  for (const [device, width, height] of [
    ["phone", 390, 844],
    ["desktop", 1280, 800],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await screenshot(page, `${name}-${device}-${colorScheme}`);
    }
  }
}
