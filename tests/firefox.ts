/**
 * Headless Firefox over WebDriver BiDi, for what must hold in two engines.
 *
 * @module
 */

const PLACES = ["/usr/bin/firefox-esr", "/usr/bin/firefox"];

/** Path of Firefox, or null with the reason printed. */
export function findFirefox(): string | null {
  for (const path of PLACES) {
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // not here
    }
  }
  console.log("skipped: no Firefox in the usual places");
  return null;
}

/** Opens a file in Firefox and returns the value of an expression there. */
export async function evaluateInFirefox(
  executable: string,
  file: string,
  expression: string,
  { width, dark = false }: { width?: number; dark?: boolean } = {},
): Promise<string> {
  const profile = await Deno.makeTempDir();
  const theme =
    `user_pref("layout.css.prefers-color-scheme.content-override", ${
      dark ? 0 : 1
    });`;
  await Deno.writeTextFile(`${profile}/user.js`, theme);
  const browser = new Deno.Command(executable, {
    args: [
      "--headless",
      "--no-remote",
      "--profile",
      profile,
      "--remote-debugging-port",
      "0",
    ],
    env: { HOME: profile, MOZ_CRASHREPORTER_DISABLE: "1" },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  try {
    const session = await connect(await endpoint(browser.stderr));
    await session.command("session.new", { capabilities: {} });
    const { contexts } = await session.command("browsingContext.getTree", {});
    const { context } = contexts[0];
    if (width) {
      const viewport = { width, height: 900 };
      await session.command("browsingContext.setViewport", {
        context,
        viewport,
      });
    }
    const url = `file://${file}`;
    await session.command("browsingContext.navigate", {
      context,
      url,
      wait: "complete",
    });
    const { result, exceptionDetails } = await session.command(
      "script.evaluate",
      {
        expression,
        target: { context },
        awaitPromise: true,
      },
    );
    if (exceptionDetails) throw new Error(exceptionDetails.text);
    session.close();
    return result.value;
  } finally {
    browser.kill("SIGKILL");
    await browser.status;
    await Deno.remove(profile, { recursive: true }).catch(() => {});
  }
}

/** The address that Firefox prints on standard error once it listens. */
async function endpoint(stderr: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const found = Promise.withResolvers<string>();
  const read = async (): Promise<void> => {
    for await (const chunk of stderr) {
      text += new TextDecoder().decode(chunk);
      const [, address] = /BiDi listening on (ws:\S+)/.exec(text) ?? [];
      if (address) found.resolve(address);
    }
    found.reject(new Error(`Firefox ended: ${text.slice(-500)}`));
  };
  read().catch(found.reject);
  return await found.promise;
}

interface Session {
  // deno-lint-ignore no-explicit-any
  command(method: string, params: unknown): Promise<any>;
  close(): void;
}

async function connect(address: string): Promise<Session> {
  const socket = new WebSocket(`${address}/session`);
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const opened = Promise.withResolvers<void>();
  socket.onopen = () => opened.resolve();
  socket.onerror = () => opened.reject(new Error("Firefox refused"));
  socket.onmessage = ({ data }) => {
    const { id, result, error, message } = JSON.parse(data);
    const request = waiting.get(id);
    waiting.delete(id);
    if (error) request?.reject(new Error(`${error}: ${message}`));
    else request?.resolve(result);
  };
  await opened.promise;
  let count = 0;
  return {
    command(method, params): Promise<unknown> {
      const request = Promise.withResolvers<unknown>();
      waiting.set(++count, request);
      socket.send(JSON.stringify({ id: count, method, params }));
      return request.promise;
    },
    close: () => socket.close(),
  };
}
