/**
 * The numpy and PyTorch programs that ours is timed against: their virtual
 * environment, and a process each that times a step on request.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const venv = join(here, "..", ".cache", "bench-venv");

/** A library that can be asked for times. */
export interface Reference {
  name: "numpy" | "torch";
  version: string;
  /** Seconds that `count` steps took. Throws with the library's own error. */
  time(work: string, count: number): Promise<number>;
  close(): Promise<void>;
}

async function run(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, {
    args,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (success) return;
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  throw new Error(`${command} ${args[0]}: ${lines[lines.length - 1]}`);
}

/** The Python of a virtual environment with the pinned libraries. */
async function python(): Promise<string> {
  const marker = join(venv, "requirements.txt");
  const wanted = await Deno.readTextFile(join(here, "requirements.txt"));
  if (existsSync(marker) && await Deno.readTextFile(marker) === wanted) {
    return join(venv, "bin", "python");
  }
  console.error("Installing numpy and PyTorch for the comparison …");
  await mkdir(join(venv, ".."), { recursive: true });
  await run("python3", ["-m", "venv", venv]);
  await run(join(venv, "bin", "python"), [
    ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check"],
    ...["-r", join(here, "requirements.txt")],
  ]);
  await Deno.writeTextFile(marker, wanted);
  return join(venv, "bin", "python");
}

/** How many threads a library works with: one, or as many as it takes itself. */
export type Threads = "one" | "default";

/**
 * Starts what can be started, hands it to `use` and ends it afterwards; what
 * cannot be is told in `missing`.
 */
export async function withReferences<Result>(
  threads: Threads,
  missing: string[],
  use: (references: readonly Reference[]) => Promise<Result>,
): Promise<Result> {
  const references: Reference[] = [];
  for (const name of ["numpy", "torch"] as const) {
    try {
      references.push(await startReference(name, threads));
    } catch (error) {
      missing.push(`${name}: ${(error as Error).message}`);
    }
  }
  try {
    return await use(references);
  } finally {
    await Promise.all(references.map((reference) => reference.close()));
  }
}

/**
 * Starts a reference.
 *
 * @throws {Error} if there is no Python or the library cannot be installed
 */
async function startReference(
  name: Reference["name"],
  threads: Threads,
): Promise<Reference> {
  const child = new Deno.Command(await python(), {
    args: ["-B", join(here, "serve.py"), name, threads],
    cwd: here,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = child.stdout
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(splitLines())
    .getReader();
  const line = async (): Promise<string> => {
    const { value } = await lines.read();
    if (value === undefined) throw new Error(`the ${name} process ended`);
    return value;
  };
  const [ready, version] = (await line()).split(" ");
  if (ready !== "ready") throw new Error(`the ${name} process did not start`);
  return {
    name,
    version,
    async time(work, count): Promise<number> {
      await writer.write(new TextEncoder().encode(`${work} ${count}\n`));
      const answer = await line();
      if (answer.startsWith("error")) throw new Error(answer.slice(6));
      return Number(answer);
    },
    async close(): Promise<void> {
      await writer.close();
      while (!(await lines.read()).done);
      await child.status;
    },
  };
}

function splitLines(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(chunk, controller): void {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop()!;
      for (const part of parts) controller.enqueue(part);
    },
  });
}

/** Holds gradients by hand in numpy to PyTorch's; throws where they differ. */
export async function checkGradients(): Promise<void> {
  await run(await python(), ["-B", join(here, "gradients_agree.py")]);
}
