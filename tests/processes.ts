/**
 * Starting this project's commands, and what tests ask about processes.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { ROOT } from "../tasks/project.ts";

/** What a command left behind. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** A command of this project that runs in a process group of its own. */
export interface Started {
  pid: number;
  ended: Promise<Ended>;
  /** What it has said on standard error so far. */
  said: () => string;
}

/** Start `deno <args>` in the root of the project. */
export function start(
  args: string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Started {
  const child = spawn(Deno.execPath(), args, {
    cwd: options.cwd ?? ROOT,
    env: { ...Deno.env.toObject(), NO_COLOR: "1", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => stdout += chunk);
  child.stderr.on("data", (chunk) => stderr += chunk);
  const ended = new Promise<Ended>((resolve) =>
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr }))
  );
  return { pid: child.pid!, ended, said: () => stderr };
}

/** Run `deno run -A tasks/<name>.ts <args>` to its end. */
export function task(
  name: string,
  args: string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Ended> {
  return start(["run", "-A", `${ROOT}/tasks/${name}.ts`, ...args], options)
    .ended;
}

/** Pids of the kernels below a process, at any depth. */
export async function kernelsBelow(pid: number): Promise<number[]> {
  const below = [pid];
  const kernels: number[] = [];
  for (const row of await processes()) {
    if (!below.includes(row.parent) || row.state.startsWith("Z")) continue;
    below.push(row.pid);
    if (row.command.includes("jupyter --kernel")) kernels.push(row.pid);
  }
  return kernels;
}

/** Whether a process lives (a zombie does not). */
export async function lives(pid: number): Promise<boolean> {
  const row = (await processes()).find((row) => row.pid === pid);
  return row !== undefined && !row.state.startsWith("Z");
}

interface Row {
  pid: number;
  parent: number;
  state: string;
  command: string;
}

/** All processes, parents before children where pids do not wrap. */
async function processes(): Promise<Row[]> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-eo", "pid=,ppid=,stat=,args="],
  }).output();
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/
      .exec(line)!;
    return { pid: Number(pid), parent: Number(parent), state, command };
  }).sort((a, b) => a.pid - b.pid);
}

/** Wait until `test` holds; throws after `seconds`. */
export async function until(
  test: () => boolean | Promise<boolean>,
  seconds = 15,
): Promise<void> {
  const start = performance.now();
  while (!await test()) {
    if (performance.now() - start > 1000 * seconds) {
      throw new Error(`Waited ${seconds} s in vain for ${test}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
