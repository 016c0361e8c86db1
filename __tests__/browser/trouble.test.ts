import { expect, it } from "@jest/globals";
import { PromptTooLongError } from "../../service/src/engine/engine.js";
import { postJson } from "../helpers/chat-client";
import { gate } from "../helpers/fake-engine";
import { apiKeysOf, until } from "../helpers/http-service";
import { answers, ask, describePage, idle, screenshot, seen } from "./chat-page";

describePage("the chat page in trouble", (visit) => {
  it("counts down when the line is full and then asks again by itself", async () => {
    const hold = gate();
    const { page, engine, origin } = await visit(
      (_, index) => (index === 1 ? { hold: hold.promise } : { pieces: ["Served."] }),
      {
        slots: 1,
        settings: { maxQueue: 0 },
      },
    );
    const post = () =>
      postJson(`${origin}/v1/chat/completions`, { messages: [{ role: "user", content: "elsewhere" }] });
    await post(); // From this quick answer the service learns that a place is free again soon.
    const other = post();
    await until(() => engine.running === 1, "the only slot is taken");
    await ask(page, "mine");
    await seen(page, "Many people are asking right now, and the line is full.");
    await seen(page, /^Trying again by itself in \d+ s$/);
    await screenshot(page, "busy");
    hold.open();
    await other;
    await seen(page, "Served.");
    expect(await answers(page).count()).toBe(1);
  });

  it("asks for the key, says when it is wrong, and keeps it for the tab alone", async () => {
    const { page, engine } = await visit({}, { apiKeys: apiKeysOf("right-key") });
    await page.getByRole("dialog").waitFor();
    await screenshot(page, "key");
    await page.getByRole("textbox", { name: "Access key" }).fill("wrong-key");
    await page.keyboard.press("Enter");
    await seen(page, "The key was not accepted. Please check it and enter it again.");
    expect(engine.requests).toHaveLength(0);
    await page.getByRole("textbox", { name: "Access key" }).fill("right-key");
    await page.getByRole("button", { name: "Use this key" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await seen(page, "fake-model");
    await ask(page, "Hello?");
    await seen(page, "Hello there");
    await idle(page);
    const kept = await page.evaluate(
      () => [Object.entries(sessionStorage), Object.entries(localStorage), document.cookie] as const,
    );
    expect(kept[0]).toContainEqual(["carepath-api-key", "right-key"]);
    expect(kept.slice(1)).toEqual([[], ""]);
  });

  it("goes on by itself with an answer whose connection was lost", async () => {
    const { page, service, engine } = await visit((_, index) =>
      index === 0 ? { pieces: ["First half,"], hold: gate().promise } : { pieces: [" second half."] },
    );
    await ask(page, "Are you there?");
    await seen(page, "First half,");
    service.app.server.closeAllConnections();
    await page.getByRole("alert").getByText("The connection was lost.").waitFor();
    await seen(page, "Goes on by itself when the service is back");
    await screenshot(page, "lost");
    await seen(page, "First half, second half.");
    expect(await page.getByRole("alert").count()).toBe(0);
    expect(engine.requests[1]?.messages.at(-1)).toEqual({ role: "assistant", content: "First half," });
  });

  it("waits for a service that restarts and then asks again by itself", async () => {
    const { page, service, engine } = await visit({ pieces: ["At last."] });
    await seen(page, "fake-model");
    service.lifecycle.become({ status: "draining", phase: "draining" });
    await ask(page, "Are you there?");
    await page.getByRole("alert").getByText("The service is restarting. Your question is kept.").waitFor();
    await page.locator(".problem").getByText("Details").click();
    await seen(page, "Code draining");
    await seen(page, "Shutting down");
    service.lifecycle.become({ status: "ready", phase: "ready" });
    await seen(page, "At last.");
    expect(await answers(page).count()).toBe(1);
    expect(engine.requests).toHaveLength(1);
  });

  it("leaves a service alone that fails every time, until somebody asks", async () => {
    const { page, engine } = await visit({ fail: Object.assign(new Error("boom"), { name: "Error" }), pieces: [] });
    await ask(page, "Are you there?");
    await page.getByRole("alert").getByText("Something went wrong in the service. This is not your fault.").waitFor();
    expect(await page.getByText("Goes on by itself").count()).toBe(0);
    await page.getByRole("button", { name: "Try again" }).click();
    await until(() => engine.requests.length === 2, "it was asked again");
  });

  it("says the place in line while the question waits", async () => {
    const hold = gate();
    const { page, engine, origin } = await visit(
      (_, index) => (index === 0 ? { hold: hold.promise } : { pieces: ["Your turn."] }),
      { slots: 1 },
    );
    const stay = new AbortController();
    const post = () =>
      postJson(
        `${origin}/v1/chat/completions`,
        { messages: [{ role: "user", content: "elsewhere" }] },
        { signal: stay.signal },
      ).catch(() => undefined);
    void post();
    await until(() => engine.running === 1, "the only slot is taken");
    const before = post();
    await until(() => engine.requests.length === 1, "one is asked, one waits");
    await ask(page, "mine");
    await seen(page, "You are number 2 in line.");
    await screenshot(page, "line");
    hold.open();
    await seen(page, "Your turn.");
    await before;
    expect(await page.getByText("in line").count()).toBe(0);
  });

  it("suggests a new conversation when this one is too long, and starts one", async () => {
    const { page } = await visit({ refuse: new PromptTooLongError(5000, 4096) });
    await ask(page, "Long story");
    await seen(page, "This conversation has become too long to go on with. Please start a new one.");
    expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);
    await page.getByRole("button", { name: "New conversation" }).click();
    expect(await page.locator("#messages li").count()).toBe(0);
    await seen(page, "How can we help?");
  });
});
