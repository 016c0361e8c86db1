import { expect, it } from "@jest/globals";
import { describePage, screenshot, seen } from "./chat-page";

describePage("the chat page while the service gets ready", (visit) => {
  it("shows how far it is in words and percent, with the error that is being retried folded", async () => {
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
    await seen(page, "Something did not work, and the service is trying again by itself.");
    expect(await page.getByText("The source answered 500. Try 2.").isVisible()).toBe(false);
    await page.getByText("Details").click();
    await seen(page, "The source answered 500. Try 2.");
    expect(await page.getByRole("progressbar").evaluate((bar: HTMLProgressElement) => bar.value)).toBe(0.42);
    await screenshot(page, "loading");

    service.lifecycle.engine = engine;
    service.lifecycle.become({ status: "ready", phase: "ready", progress: null, error: null });
    await page.locator("#loading").waitFor({ state: "hidden" });
    await seen(page, "fake-model");
    await page.getByLabel("Your question").fill("Now?");
    expect(await page.getByRole("button", { name: "Send" }).isEnabled()).toBe(true);
  });

  it("estimates the time that a download still takes from its pace of the last seconds", async () => {
    const { page } = await visit({}, { loading: true });
    // A resumed download: half of it was on disk, and each second adds one percent.
    const left = await page.evaluate(async () => {
      const path = "/scripts/time-left.js";
      const { TimeLeft } = (await import(path)) as {
        TimeLeft: new () => { observe(phase: string, progress: number | null, now: number): number | undefined };
      };
      const timeLeft = new TimeLeft();
      const at = (second: number) => timeLeft.observe("downloading", 0.5 + second / 100, second * 1000);
      return [at(0), at(1), at(10), timeLeft.observe("verifying", 0.1, 11_000)];
    });
    expect(left.map((seconds) => seconds && Math.round(seconds))).toEqual([undefined, undefined, 40, undefined]);
  });

  it("says the time left beside the size", async () => {
    const { page, service } = await visit({}, { loading: true });
    let second = 0;
    const clock = setInterval(() => {
      second += 0.5;
      service.lifecycle.become({ phase: "downloading", progress: Math.min(0.9, second / 100) });
    }, 500);
    await seen(page, /about \d+ (seconds|minutes) left · /).finally(() => clearInterval(clock));
  });
});
