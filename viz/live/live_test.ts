import { match, ok, rejects, strictEqual } from "node:assert/strict";
import { live, liveExperiment, play } from "./live.ts";
import { fingerprint } from "./experiment.ts";
import { imax } from "./simulations/imax.ts";

Deno.test("a live cell holds a still, its numbers and one script that asks for nothing", async () => {
  const { html, text } = await live(imax, { settings: { seed: 2 } });
  match(html, /<img class="hc-svg" src="data:image\/svg/);
  match(text, /At the end: Step 240/);
  strictEqual(html.match(/<script>/g)?.length, 1);
  const [, script] = /<script>([^]*)<\/script>/.exec(html)!;
  const code = script.replace(/\/\*![^]*?\*\//, "");
  ok(!/https?:|fetch\(|import\(|XMLHttp/.test(code));
  ok(html.includes(JSON.stringify(play(imax, { seed: 2 }).numbers)));
  ok(script.length < 30_000, String(script.length));
});

Deno.test("a package in the script keeps its name, its licence and its notice", async () => {
  const { html } = await live(imax);
  const comments = html.match(/\/\*![^]*?\*\//g) ?? [];
  strictEqual(comments.length, 1);
  match(comments[0], /^\/\*! seedrandom 3\.0\.5, MIT\n/);
  match(comments[0], /Copyright \(C\) 2010 by Johannes Baagøe/);
  match(comments[0], /Permission is hereby granted[^]*THE SOFTWARE\.\n\*\/$/);
});

Deno.test("the same cell gives the same bytes", async () => {
  const once = await live(imax);
  strictEqual((await live(imax)).html, once.html);
});

Deno.test("cells of a moment share the bundler", async () => {
  const once = await live(imax);
  const both = await Promise.all([live(imax), live(imax)]);
  for (const { html } of both) strictEqual(html, once.html);
});

Deno.test({
  name: "a stop that ends the bundler, as the kernel's may, ends no cell",
  ignore: Deno.build.os !== "linux",
  async fn(): Promise<void> {
    const once = await live(imax);
    let ended = false;
    for (let cell = 0; cell < 50 && !ended; cell++) {
      const again = live(imax);
      for (let look = 0; look < 20 && !ended; look++) {
        const { stdout } = await new Deno.Command("ps", {
          args: ["-o", "pid=,comm=", "--ppid", `${Deno.pid}`],
        }).output();
        const found = /(\d+) esbuild/.exec(new TextDecoder().decode(stdout));
        if (!found) continue;
        try {
          Deno.kill(Number(found[1]), "SIGINT");
          ended = true;
        } catch {
          // it was through before
        }
      }
      strictEqual((await again).html, once.html);
    }
    ok(ended, "no bundler was met at work");
  },
});

Deno.test("a simulation without a module is an error", async () => {
  await rejects(live({ ...imax, name: "nowhere" }), /nowhere/);
});

Deno.test("an experiment is held to its outcome, and trains in a worker of the page", async () => {
  const params = { w: Float64Array.of(1, 2) };
  const { html } = await liveExperiment("two_view_agreement", {
    ...{ title: "t", preset: "full" },
    seed: 3,
    settings: { steps: 10 },
    total: 10,
    metrics: { eta: "η²" },
    outcome: { metrics: { eta: 0.25 }, params },
  });
  const held = { eta: 0.25, weights: fingerprint(params) };
  ok(html.includes(JSON.stringify(held)));
  match(html, /new Worker/);
});
