/**
 * Imports the modules it is given, one after the other, as the kernel does, and
 * prints the seconds that each took as JSON.
 *
 * @module
 */
const seconds: number[] = [];
for (const specifier of Deno.args) {
  const start = performance.now();
  await import(specifier);
  seconds.push((performance.now() - start) / 1000);
}
console.log(JSON.stringify(seconds));
