/**
 * What tests ask the operating system about processes.
 *
 * @module
 */

/** 1 while a process lives, 0 once it is gone (a zombie counts as gone). */
export async function kernelProcesses(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ps", {
    args: ["-o", "stat=", "-p", String(pid)],
  }).output();
  const state = new TextDecoder().decode(stdout).trim();
  return state === "" || state.startsWith("Z") ? 0 : 1;
}
