/**
 * The environment of a run, without anything that names the machine or user.
 *
 * @module
 */
import { cpus } from "node:os";

/** Versions and hardware on which numbers were made. */
export interface Environment {
  deno: string;
  v8: string;
  typescript: string;
  os: string;
  arch: string;
  cpu: string;
  cores: number;
}

/** The environment of this process. */
export function environment(): Environment {
  return {
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    typescript: Deno.version.typescript,
    os: Deno.build.os,
    arch: Deno.build.arch,
    cpu: cpus()[0]?.model.trim() || "unknown",
    cores: navigator.hardwareConcurrency,
  };
}
