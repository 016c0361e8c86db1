import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { ApiKeys } from "../../service/src/http/api-keys.js";
import { createLogger } from "../../service/src/logging.js";
import { FakeEngine, gate, type FakeAnswer } from "../helpers/fake-engine";
import {
  closeHttpServices,
  httpService,
  until,
  type HttpService,
  type HttpServiceOptions,
} from "../helpers/http-service";
import { findChromium, launch, SKIP_REASON } from "./chromium";

jest.setTimeout(60_000);
const executable = findChromium();
if (executable === undefined) process.stderr.write(`\n${SKIP_REASON}\n\n`);

const AXE = readFileSync(createRequire(join(process.cwd(), "package.json")).resolve("axe-core/axe.min.js"), "utf8");
const PHONE = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true } satisfies BrowserContextOptions;

(executable === undefined ? describe.skip : describe)("the chat page", () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    browser = await launch(executable ?? "");
    folder = mkdtempSync(join(tmpdir(), "chat-page-"));
  }, 60_000);
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    await closeHttpServices();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  interface Visit {
    readonly page: Page;
    readonly origin: string;
    readonly engine: FakeEngine;
    readonly service: HttpService;
    /** Console errors (policy violations among them) and uncaught exceptions. */
    readonly complaints: string[];
    /** Origins of all requests. */
    readonly origins: Set<string>;
  }

  async function visit(
    answer: FakeEngine["answer"] = {},
    options: Partial<HttpServiceOptions> & {
      context?: BrowserContextOptions;
      slots?: number;
      loading?: boolean;
      modelId?: string;
    } = {},
  ): Promise<Visit> {
    const engine = new FakeEngine(options.slots ?? 2, answer, options.modelId);
    const service = await httpService({ engine, ...options });
    if (options.loading) {
      service.lifecycle.engine = undefined;
      service.lifecycle.become({ status: "loading", phase: "starting", progress: null });
    }
    const origin = await service.listen();
    const context = await browser.newContext(options.context);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const complaints: string[] = [];
    const origins = new Set<string>();
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("request", (request) => origins.add(new URL(request.url()).origin));
    await page.goto(origin);
    return { page, origin, engine, service, complaints, origins };
  }

  async function ask(page: Page, question: string): Promise<void> {
    await page.getByLabel("Your question").fill(question);
    await page.keyboard.press("Enter");
  }

  const answers = (page: Page) => page.locator("[data-role=assistant]");
  const seen = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

  it("shows how the model gets ready, in words and percent, with the error that is being retried", async () => {
    const { page, service, engine } = await visit({}, { loading: true });
    await seen(page, "The service is starting");
    expect(await page.getByRole("button", { name: "Send" }).isDisabled()).toBe(true);

    service.lifecycle.become({
      phase: "downloading",
      progress: 0.42,
      downloaded_bytes: 884_071_762,
      total_bytes: 2_104_932_768,
      attempt: 2,
      error: "The source answered 500",
      elapsed_seconds: 95,
    });
    await seen(page, "Downloading the model: 42 %");
    await seen(page, "884 MB of 2.10 GB · 1 min 35 s since the start");
    await seen(page, "The last try failed: The source answered 500. Trying again (try 2).");
    expect(await page.getByRole("progressbar").evaluate((bar: HTMLProgressElement) => bar.value)).toBe(0.42);
    await screenshot(page, "loading");

    service.lifecycle.engine = engine;
    service.lifecycle.become({ status: "ready", phase: "ready", progress: null, error: null });
    await page.locator("#loading").waitFor({ state: "hidden" });
    await seen(page, "fake-model");
    await page.getByLabel("Your question").fill("Now?");
    expect(await page.getByRole("button", { name: "Send" }).isEnabled()).toBe(true);
  });

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
    await page.getByText("What the model thought first").click();
    expect(await page.getByText("Let me think.").isVisible()).toBe(true);
    hold.open();
    await page.getByRole("button", { name: "Send" }).waitFor();

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
      fetch(`${origin}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ messages: [{ role: "user", content: "elsewhere" }] }),
      });
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
    const file = join(folder, "keys");
    writeFileSync(file, "right-key\n");
    const apiKeys = await ApiKeys.open({ file, logger: createLogger({ level: "silent" }) });
    const { page, engine } = await visit({}, { apiKeys });
    await page.getByRole("dialog").waitFor();
    await screenshot(page, "key");
    await page.getByRole("textbox", { name: "API key" }).fill("wrong-key");
    await page.keyboard.press("Enter");
    await seen(page, "The key was not accepted. Please check it and enter it again.");
    expect(engine.requests).toHaveLength(0);
    await page.getByRole("textbox", { name: "API key" }).fill("right-key");
    await page.getByRole("button", { name: "Use this key" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    await seen(page, "fake-model");
    await ask(page, "Hello?");
    await seen(page, "Hello there");
    expect(
      await page.evaluate(() => [Object.values(sessionStorage), Object.values(localStorage), document.cookie]),
    ).toEqual([["right-key"], [], ""]);
  });

  it("says that the connection was lost and tries again on request", async () => {
    const { page, service } = await visit((_, index) =>
      index === 0 ? { pieces: ["Half"], hold: gate().promise } : { pieces: ["Whole."] },
    );
    await ask(page, "Are you there?");
    await seen(page, "Half");
    service.app.server.closeAllConnections();
    await page
      .getByRole("alert")
      .getByText(/^The connection was lost/)
      .waitFor();
    await screenshot(page, "lost");
    await page.getByRole("button", { name: "Try again" }).click();
    await seen(page, "Whole.");
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  it("says in a sentence that the service is restarting, whether it comes as status or in the stream", async () => {
    const { page, service } = await visit({ pieces: ["Half"], hold: gate().promise });
    await ask(page, "Are you there?");
    await seen(page, "Half");
    const drained = service.admission.drain(0);
    await page
      .getByRole("alert")
      .getByText("The service is restarting. Your question is kept; try again when it is back.")
      .waitFor();
    await drained;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("alert").getByText("The service is restarting.").waitFor();
    expect(await answers(page).count()).toBe(1);
  });

  it("suggests a new conversation when this one is too long, and starts one", async () => {
    const { PromptTooLongError } = await import("../../service/src/engine/engine.js");
    const { page } = await visit({ refuse: new PromptTooLongError(5000, 4096) });
    await ask(page, "Long story");
    await seen(page, "This conversation has become longer than the model can remember. Please start a new one.");
    expect(await page.getByRole("button", { name: "Try again" }).count()).toBe(0);
    await page.getByRole("button", { name: "New conversation" }).click();
    expect(await page.locator("#messages li").count()).toBe(0);
    await seen(page, "How can we help?");
  });

  it("can be used with the keyboard alone", async () => {
    const { page, engine } = await visit();
    await seen(page, "fake-model");
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the question");
    await page.keyboard.press("Enter");
    await page.keyboard.type("One line");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("another line");
    await page.keyboard.press("Enter");
    await seen(page, "Hello there");
    expect(engine.requests[0]?.messages.at(-1)?.content).toBe("One line\nanother line");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("question");
  });

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
        await page.getByRole("button", { name: "Send" }).waitFor();
        await screenshot(page, `answer-${device}-${colorScheme}`);
        await ask(page, "A word that does not fit: " + "Donaudampfschifffahrt".repeat(8));
        await seen(page, /^Something went wrong inside the service/);
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
        expect(await accessibilityFaults(page)).toEqual([]);
        await screenshot(page, `loading-${device}-${colorScheme}`);
      });
    }
  }
});

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

/** What axe finds, as one line each. */
async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  });
}

/** Kept only where `SCREENSHOTS` names a folder, for people who want to look. */
async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
