import { expect, it } from "@jest/globals";
import { gate, type FakeAnswer } from "../helpers/fake-engine";
import { until } from "../helpers/http-service";
import { answers, ask, describePage, idle, questions, seen } from "./chat-page";

describePage("a conversation on the chat page", (visit) => {
  it("streams an answer, remembers the turns and folds what the model thought", async () => {
    const hold = gate();
    const script = (_: unknown, index: number): FakeAnswer =>
      index === 0
        ? { reasoning: ["Let me think."], pieces: ["Drink ", "**plenty** of water."], hold: hold.promise }
        : { pieces: ["And rest."] };
    const { page, engine, complaints, origins, origin } = await visit(script);
    await ask(page, "What helps against a cold?");
    await seen(page, "Drink plenty of water.");
    expect(await answers(page).getAttribute("aria-busy")).toBe("true");
    expect(await page.locator("strong").textContent()).toBe("plenty");
    expect(await page.getByText("Let me think.").isVisible()).toBe(false);
    hold.open();
    await idle(page);
    await page.getByText("What the model thought first").click();
    expect(await page.getByText("Let me think.").isVisible()).toBe(true);

    await ask(page, "And then?");
    await seen(page, "And rest.");
    expect(engine.requests[1]?.messages.slice(1)).toEqual([
      { role: "user", content: "What helps against a cold?" },
      { role: "assistant", content: "Drink **plenty** of water." },
      { role: "user", content: "And then?" },
    ]);
    expect(engine.requests[1]?.messages[0]?.role).toBe("system");
    expect(await page.getByRole("status").textContent()).toBe("The answer: And rest.");
    expect(complaints).toEqual([]);
    expect([...origins]).toEqual([origin]);
  });

  it("folds a thought that the service did not separate, and does not send it back", async () => {
    const pieces = ["<thi", "nk>Hm, ", "water?</th", "ink>\n\nDrink water."];
    const { page, engine } = await visit({ pieces });
    await ask(page, "What helps?");
    await seen(page, "Drink water.");
    expect(await page.getByText("Hm, water?").isVisible()).toBe(false);
    await idle(page);
    await ask(page, "And then?");
    await until(() => engine.requests.length === 2, "the second question arrived");
    expect(engine.requests[1]?.messages.at(-2)).toEqual({ role: "assistant", content: "Drink water." });
  });

  it("begins a thought anew when its question is repeated before the first word of an answer", async () => {
    const { page } = await visit((_, index) =>
      index === 0
        ? { reasoning: ["A first thought."], pieces: [], hold: gate().promise }
        : { reasoning: ["A second thought."], pieces: ["Rest."] },
    );
    await ask(page, "What helps?");
    await seen(page, "Thinking");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Try again" }).click();
    await seen(page, "Rest.");
    await idle(page);
    expect(await page.locator(".thoughts").allTextContents()).toEqual(["A second thought."]);
  });

  it("stops an answer at the button and at Escape, and keeps what was written", async () => {
    const { page, engine } = await visit({ pieces: ["Half an"], hold: gate().promise });
    await ask(page, "Tell me everything");
    await seen(page, "Half an");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.locator("#messages").getByText("You stopped this answer.").waitFor();
    await until(() => engine.running === 0, "the slot is free again");
    expect(engine.aborted).toBe(1);

    await ask(page, "Again");
    await answers(page).nth(1).getByText("Half an").waitFor();
    await page.keyboard.press("Escape");
    await answers(page).nth(1).getByText("You stopped this answer.").waitFor();
    await until(() => engine.aborted === 2, "the second answer was aborted");
    expect(engine.requests[1]?.messages.at(-2)).toEqual({ role: "assistant", content: "Half an" });
  });

  it("survives a reload, in the middle of an answer too, until a new conversation is begun", async () => {
    const { page, engine } = await visit((_, index) =>
      index === 1 ? { pieces: ["Rest for ", "two"], hold: gate().promise } : { pieces: ["**Cool** it."] },
    );
    await ask(page, "My ankle hurts");
    await seen(page, "Cool it.");
    await idle(page);
    await ask(page, "And then?");
    await seen(page, "Rest for two");
    await page.reload();
    await seen(page, "This answer was interrupted.");
    expect(await questions(page).locator(".text").allTextContents()).toEqual(["My ankle hurts", "And then?"]);
    expect(await answers(page).locator("strong").textContent()).toBe("Cool");
    await seen(page, "fake-model");

    engine.answer = { pieces: [" days."] };
    await page.getByRole("button", { name: "Continue" }).click();
    await seen(page, "Rest for two days.");
    expect(engine.requests[2]?.messages.slice(1)).toEqual([
      { role: "user", content: "My ankle hurts" },
      { role: "assistant", content: "**Cool** it." },
      { role: "user", content: "And then?" },
      { role: "assistant", content: "Rest for two" },
    ]);

    await idle(page);
    await page.getByRole("button", { name: "New conversation" }).click();
    await page.reload();
    await seen(page, "How can we help?");
    expect(await page.locator("#messages li").count()).toBe(0);
  });

  it("continues an answer that reached the longest length", async () => {
    const { page, engine } = await visit((_, index) =>
      index === 0 ? { pieces: ["One, two"], finishReason: "length" } : { pieces: [", three."] },
    );
    await ask(page, "Count");
    await seen(page, "The answer was cut here because it reached the longest length allowed.");
    await page.getByRole("button", { name: "Continue" }).click();
    await seen(page, "One, two, three.");
    expect(engine.requests[1]?.messages.at(-1)).toEqual({ role: "assistant", content: "One, two" });
    await idle(page);
    expect(await page.getByRole("button", { name: "Continue" }).count()).toBe(0);
  });

  it("asks for another answer in place of the last one", async () => {
    const { page, engine } = await visit((_, index) => ({ pieces: [index === 0 ? "First." : "Second."] }));
    await ask(page, "Hello?");
    await seen(page, "First.");
    await page.getByRole("button", { name: "Another answer" }).click();
    await seen(page, "Second.");
    expect(await answers(page).count()).toBe(1);
    expect(engine.requests[1]?.messages).toEqual(engine.requests[0]?.messages);
  });

  it("asks an edited question again, without what came after it", async () => {
    const { page, engine } = await visit((request) => ({ pieces: [`To ${request.messages.at(-1)?.content ?? ""}`] }));
    await ask(page, "My angle hurts");
    await seen(page, "To My angle hurts");
    await idle(page);
    await ask(page, "And then?");
    await seen(page, "To And then?");
    await idle(page);
    await page.getByRole("button", { name: "Edit" }).first().click();
    await page.getByLabel("Edit your question").fill("My ankle hurts");
    await page.keyboard.press("Enter");
    await seen(page, "To My ankle hurts");
    expect(await page.locator("#messages li").count()).toBe(2);
    expect(engine.requests[2]?.messages.slice(1)).toEqual([{ role: "user", content: "My ankle hurts" }]);
  });

  it("copies an answer as it was written", async () => {
    const context = { permissions: ["clipboard-read", "clipboard-write"] };
    const { page } = await visit({ pieces: ["**Cool** it."] }, { context });
    await ask(page, "My ankle hurts");
    await seen(page, "Cool it.");
    await idle(page);
    await answers(page).getByRole("button", { name: "Copy" }).click();
    await answers(page).getByRole("button", { name: "Copied" }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("**Cool** it.");
  });

  it("writes each text in its own direction", async () => {
    const { page } = await visit({ pieces: ["اشرب الماء.\n\nDrink water."] });
    await ask(page, "ماذا يساعد؟");
    await seen(page, "Drink water.");
    const direction = (text: string) =>
      page
        .locator("#messages")
        .getByText(text)
        .evaluate((node) => getComputedStyle(node).direction);
    expect(await direction("ماذا يساعد؟")).toBe("rtl");
    expect(await direction("اشرب الماء.")).toBe("rtl");
    expect(await direction("Drink water.")).toBe("ltr");
  });

  it("can be used with the keyboard alone", async () => {
    const { page, engine } = await visit();
    await seen(page, "fake-model");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("question");
    await page.getByRole("link", { name: "Skip to the question" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.type("One line");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("another line");
    await page.keyboard.press("Enter");
    await seen(page, "Hello there");
    expect(engine.requests[0]?.messages.at(-1)?.content).toBe("One line\nanother line");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("question");
  });
});
