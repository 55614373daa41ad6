/**
 * A real JupyterLab for the time of a test, with a browser beside it.
 *
 * @module
 */
import type { Browser } from "playwright-core";
import { findChromium, launch } from "./browser.ts";
import { findProgram, type Workplace, workplace } from "./jupyter.ts";
import { until } from "./processes.ts";

/** What a test is handed. */
export interface Lab {
  browser: Browser;
  place: Workplace;
  url: string;
  pid: number;
}

/**
 * Runs `test` with JupyterLab over copies of `files`, and ends both after it.
 * JupyterLab and Chromium must be there: `findProgram`, `findChromium`.
 */
export async function withLab(
  files: readonly string[],
  test: (lab: Lab) => Promise<void>,
): Promise<void> {
  const place = await workplace(files);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = listener.addr.port;
  listener.close();
  const server = new Deno.Command(findProgram("jupyter-lab")!, {
    args: [
      "--no-browser",
      "--allow-root",
      "--ServerApp.ip=127.0.0.1",
      `--ServerApp.port=${port}`,
      "--ServerApp.port_retries=0",
      "--IdentityProvider.token=",
      `--ServerApp.root_dir=${place.folder}`,
      "--LabApp.expose_app_in_browser=True",
      "--LabApp.news_url=",
    ],
    cwd: place.folder,
    env: place.env,
    stdout: "null",
    stderr: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  const browser = await launch(findChromium()!);
  try {
    await until(
      () =>
        fetch(`${url}/api`).then(
          (r) => r.body?.cancel().then(() => r.ok) ?? r.ok,
          () => false,
        ),
      60,
    );
    await test({ browser, place, url, pid: server.pid });
  } finally {
    await browser.close();
    server.kill("SIGTERM");
    const gone = setTimeout(() => server.kill("SIGKILL"), 10_000);
    await server.status;
    clearTimeout(gone);
    await place.remove();
  }
}
