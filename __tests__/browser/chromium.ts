import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";

const USUAL_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** `CHROMIUM_PATH`, or the first browser at a usual place. */
export function findChromium(): string | undefined {
  const named = process.env["CHROMIUM_PATH"];
  if (named !== undefined && named !== "") {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM_PATH (${named}) does not exist. Point it at a Chromium or Chrome, or unset it.`);
  }
  return USUAL_PLACES.find((path) => existsSync(path));
}

/** The sandbox needs user namespaces that root in a container does not have; the only page opened is our own. */
export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"] });
}

export const SKIP_REASON =
  "SKIPPED: the chat page was not tested, because no Chromium was found. Install one (apt-get install chromium) or set CHROMIUM_PATH.";
