/**
 * A headless browser for tests: Chromium or Firefox where one is installed.
 *
 * @module
 */
import { type Browser, chromium, type Page } from "playwright-core";

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
export function launch(
  executablePath: string,
  args: readonly string[] = [],
): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox", ...args] });
}

/** What a page said or asked for that it should not. */
export interface Watched {
  page: Page;
  complaints: string[];
}

/** Open a file with the network off, and note all that goes wrong. */
export async function openPage(
  browser: Browser,
  file: string,
  options: { width: number; dark?: boolean },
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: options.width, height: 800 },
    colorScheme: options.dark ? "dark" : "light",
    offline: true,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (m) => m.type() === "error" && complaints.push(m.text()));
  page.on("pageerror", (e) => complaints.push(e.message));
  page.on("request", (r) => {
    if (r.url() !== `file://${file}` && !/^(data|blob):/.test(r.url())) {
      complaints.push(`request ${r.url()}`);
    }
  });
  await page.goto(`file://${file}`);
  return { page, complaints };
}
