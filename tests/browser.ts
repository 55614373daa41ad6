/**
 * A headless browser for tests: Chromium or Firefox where one is installed.
 *
 * @module
 */
import { type Browser, chromium } from "playwright-core";

/** Paths where Debian, macOS and others put Chromium. */
const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Path of Chromium, or null with the reason printed. */
export function findChromium(): string | null {
  for (const path of PLACES) {
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // not here
    }
  }
  console.log("skipped: no Chromium in the usual places");
  return null;
}

/** Start Chromium without its sandbox, which containers do not allow. */
export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}
