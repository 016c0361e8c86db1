import { afterAll, afterEach, beforeAll, describe, jest } from "@jest/globals";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { FakeEngine } from "../helpers/fake-engine";
import { closeHttpServices, httpService, type HttpService, type HttpServiceOptions } from "../helpers/http-service";
import { findChromium, launch, SKIP_REASON } from "./chromium";

export interface Visit {
  readonly page: Page;
  readonly origin: string;
  readonly engine: FakeEngine;
  readonly service: HttpService;
  /** Console errors (policy violations among them) and uncaught exceptions. */
  readonly complaints: string[];
  /** Origins of all requests. */
  readonly origins: Set<string>;
}

export interface VisitOptions extends Partial<HttpServiceOptions> {
  readonly context?: BrowserContextOptions;
  readonly slots?: number;
  /** Start with a service that has no model yet. */
  readonly loading?: boolean;
  readonly modelId?: string;
}

/** A service with a scripted engine, and a browser that has opened its page. */
export type Visiting = (answer?: FakeEngine["answer"], options?: VisitOptions) => Promise<Visit>;

/** Tests of the page in one browser; skipped aloud where there is none. */
export function describePage(name: string, tests: (visit: Visiting, open: OpenPage) => void): void {
  const executable = findChromium();
  if (executable === undefined) process.stderr.write(`\n${SKIP_REASON}\n\n`);
  jest.setTimeout(60_000);
  (executable === undefined ? describe.skip : describe)(name, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch(executable ?? "");
    }, 60_000);
    afterEach(async () => {
      await Promise.all(browser.contexts().map((context) => context.close()));
      await closeHttpServices();
    });
    afterAll(() => browser.close());

    const open: OpenPage = async (origin, contextOptions) => {
      const context = await browser.newContext(contextOptions);
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
      return { page, complaints, origins };
    };

    tests(async (answer = {}, options = {}) => {
      const engine = new FakeEngine(options.slots ?? 2, answer, options.modelId);
      const service = await httpService({ engine, ...options });
      if (options.loading) {
        service.lifecycle.engine = undefined;
        service.lifecycle.become({ status: "loading", phase: "starting", progress: null });
      }
      const origin = await service.listen();
      return { ...(await open(origin, options.context)), origin, engine, service };
    }, open);
  });
}

export type OpenPage = (
  origin: string,
  context?: BrowserContextOptions,
) => Promise<Pick<Visit, "page" | "complaints" | "origins">>;

export async function ask(page: Page, question: string): Promise<void> {
  await page.getByLabel("Your question").fill(question);
  await page.keyboard.press("Enter");
}

export const answers = (page: Page) => page.locator("[data-role=assistant]");
export const questions = (page: Page) => page.locator("[data-role=user]");

/** Waits until a text is on the screen. */
export const seen = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();

/** Waits until no answer is being written. */
export const idle = (page: Page) => page.getByRole("button", { name: "Send" }).waitFor();

const AXE = readFileSync(createRequire(join(process.cwd(), "package.json")).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds, as one line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
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
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = process.env["SCREENSHOTS"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
