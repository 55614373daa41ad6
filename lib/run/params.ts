/**
 * Stored parameters, put back into a model.
 *
 * @module
 */
import type { Matrices } from "../numeric/optimizers.ts";
import { Refusal } from "./config.ts";

/**
 * Overwrites matrices with what `arraysOf` gave, or other numbers row after
 * row. Arrays whose name no matrix has are passed over.
 *
 * @throws {Refusal} if an array is missing or has another length
 */
export function setParams(
  matrices: Matrices,
  params: Readonly<Record<string, ArrayLike<number>>>,
): void {
  for (const [name, { data }] of Object.entries(matrices)) {
    const found = params[name]?.length;
    if (found !== data.length) {
      throw new Refusal(
        `Cannot set parameters as ${name} must have ${data.length} numbers: ` +
          `current value has ${found ?? "none"}`,
      );
    }
    data.set(params[name]);
  }
}
