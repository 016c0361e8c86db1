import { expect, it } from "@jest/globals";
import { type BrowserContextOptions, type Page } from "playwright-core";
import { type FakeAnswer } from "../helpers/fake-engine";
import { accessibilityFaults, ask, describePage, idle, screenshot, seen } from "./chat-page";

const PHONE = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true } satisfies BrowserContextOptions;

describePage("how the chat page looks", (visit) => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [device, size] of [
      ["desktop", { viewport: { width: 1280, height: 800 } }],
      ["phone", PHONE],
    ] as const) {
      it(`has no accessibility fault and nothing outside the screen: ${device}, ${colorScheme}`, async () => {
        const { page, service } = await visit(conversationOf, {
          context: { ...size, colorScheme, reducedMotion: "reduce" },
          modelId: "qwen2.5-3b-instruct",
        });
        await seen(page, "qwen2.5-3b-instruct");
        await screenshot(page, `welcome-${device}-${colorScheme}`);
        expect(await accessibilityFaults(page)).toEqual([]);
        await ask(page, "I twisted my ankle on the stairs this morning and it is swollen. What should I do?");
        await seen(page, "See a doctor");
        await idle(page);
        await screenshot(page, `answer-${device}-${colorScheme}`);
        await ask(page, "A word that does not fit: " + "Donaudampfschifffahrt".repeat(8));
        await seen(page, /^Something went wrong in the service/);
        await screenshot(page, `conversation-${device}-${colorScheme}`);
        expect(await accessibilityFaults(page)).toEqual([]);
        // innerWidth of a phone grows with what overflows, so the width that was asked for is the measure.
        const widths = () => ["html", "main"].map((name) => document.querySelector(name)?.scrollWidth);
        expect(await page.evaluate(widths)).toEqual([size.viewport.width, size.viewport.width]);
        const ground = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        expect(ground).toBe(colorScheme === "light" ? "rgb(246, 248, 248)" : "rgb(16, 23, 22)");

        service.lifecycle.become({ status: "loading", phase: "loading", progress: 0.3, error: "no memory" });
        await page.reload();
        await seen(page, "Loading the model into memory: 30 %");
        expect(await inView(page, "#loading")).toBe(true);
        expect(await accessibilityFaults(page)).toEqual([]);
        await screenshot(page, `loading-${device}-${colorScheme}`);
      });
    }
  }
});

/** Whether all of the element is between the header and the form. */
function inView(page: Page, selector: string): Promise<boolean> {
  return page.evaluate((wanted) => {
    const box = document.querySelector(wanted)?.getBoundingClientRect();
    const view = document.querySelector("main")?.getBoundingClientRect();
    return box !== undefined && view !== undefined && box.top >= view.top && box.bottom <= view.bottom;
  }, selector);
}

function conversationOf(_: unknown, index: number): FakeAnswer {
  if (index > 0) {
    return { refuse: Object.assign(new Error("boom"), { name: "Error" }) };
  }
  return {
    reasoning: ["The person has a swollen ankle after a twist. Fracture must be considered."],
    pieces: [
      "I am sorry to hear that. For the first two days:\n\n",
      "1. **Rest** it, and do not walk on it more than you must.\n",
      "2. **Cool** it for 15 minutes at a time, with a cloth in between.\n",
      "3. **Raise** it above your heart when you sit or lie.\n\n",
      "See a doctor today if you cannot take four steps, if a bone hurts when you press it, or if the foot feels numb.",
    ],
  };
}
