/**
 * One example of every kind of figure, from fixed numbers. The snapshot tests
 * draw them, and they show how each function is called.
 *
 * @module
 */

import { claim, metric } from "../lib/run/results.ts";
import { normal, stream, uniform } from "../lib/numeric/random.ts";
import { imageAnimation } from "../viz/figures/animation.ts";
import { barChart, strips } from "../viz/figures/bar_chart.ts";
import { curves } from "../viz/figures/curves.ts";
import { figure, grid, Plot } from "../viz/figures/figure.ts";
import { hintonDiagram } from "../viz/figures/hinton_diagram.ts";
import type { Html } from "../viz/page/html.ts";
import { imageGrid } from "../viz/figures/image_grid.ts";
import type { Point } from "../viz/figures/marks.ts";
import { markdown } from "../viz/page/markdown.ts";
import { maskGrid } from "../viz/figures/masks.ts";
import { progressLine } from "../viz/notebook/progress.ts";
import { scatter } from "../viz/figures/scatter.ts";
import { scatter3d } from "../viz/figures/scatter_3d.ts";
import { table, verdictTable } from "../viz/figures/table.ts";
import { COLORS } from "../viz/page/colors.ts";

/** All examples, by name. */
export function gallery(): Record<string, Html> {
  return { ...plots(), ...pictures(), ...words() };
}

function run(seed: number, start: number, end: number): Point[] {
  const rng = stream(seed, "figures");
  return Array.from({ length: 30 }, (_, i) => {
    const part = 1 / (1 + i * i / 40);
    const noise = 0.04 * (start - end) * normal(rng);
    return [i * 50, end + (start - end) * part + noise] as const;
  });
}

function cloud(n: number): { d: number[]; a: number[]; b: number[] } {
  const rng = stream(1, "figures");
  const d = Array.from({ length: n }, () => uniform(rng, -3, 3));
  const clean = d.map((x) => 1.6 * x / (1 + x * x));
  return {
    d,
    a: clean.map((y) => y + 0.1 * normal(rng)),
    b: clean.map((y) => y + 0.1 * normal(rng)),
  };
}

function noise(seed: number, n: number): number[] {
  const rng = stream(seed, "figures");
  return Array.from({ length: n }, () => normal(rng));
}

function plots(): Record<string, Html> {
  const { d, a, b } = cloud(400);
  const seeds = Array.from({ length: 10 }, (_, s) => run(s, 28, 9));
  return {
    curves: curves([
      { label: "training", points: run(1, 28, 8.8) },
      { label: "held-out", points: run(2, 28, 9.4) },
      { label: "shuffled pairs", points: run(3, 28, 20), dashed: true },
    ], {
      title: "The likelihood approaches the entropy",
      caption: "Held-out images cost half a bit more than those trained on.",
      x: "update (thousands)",
      y: "NLL (bits)",
      lines: [{ value: 7.98872, label: "entropy of the data" }],
      marks: [{ x: 700, label: "rate halved" }],
    }),
    curves_of_seeds: curves([{ label: "ten seeds", points: seeds }], {
      title: "Ten seeds and their mean",
      x: "update (thousands)",
      y: "NLL (bits)",
      logY: true,
      lines: [{ value: 9.271, label: "reference", color: "#d55e00" }],
    }),
    scatter: scatter(d, a, {
      title: "Output against disparity",
      xLabel: "disparity (pixels)",
      yLabel: "output",
      meanBins: 15,
    }),
    small_multiples: grid([
      scatter(a, b, {
        title: "The two outputs",
        by: d,
        scale: "diverging",
        colorLabel: "disparity",
        width: 280,
        square: true,
        diagonal: true,
        xLabel: "a",
        yLabel: "b",
      }),
      scatter(d, b, {
        title: "By direction",
        by: d.map((x) => x > 0 ? "right" : "left"),
        width: 280,
        height: 260,
        xLabel: "disparity",
        yLabel: "b",
      }),
      figure({
        title: "Any Plot",
        alt: "histogram of the disparity",
        width: 280,
        height: 260,
        marks: [
          Plot.rectY(d, {
            ...Plot.binX({ y: "count", thresholds: 12 }),
            fill: COLORS.blue,
          }),
          Plot.ruleY([0]),
        ],
      }),
    ], { columns: 3, caption: "Side by side, or below one another." }),
    bars: barChart([
      { label: "best sign vector", value: 0.633, sd: 0.02 },
      { label: "label-free readout", value: 0.864, sd: 0.013 },
      { label: "exact posterior", value: 0.884 },
    ], {
      title: "Accuracy of the direction",
      x: "accuracy",
      xDomain: [0, 1],
      lines: [
        { value: 0.554, label: "chance" },
        { value: 0.9692, label: "Bayes limit" },
      ],
    }),
    strips: strips([
      { label: "Imax", values: noise(4, 10).map((x) => 0.9 + 0.02 * x) },
      { label: "InfoNCE", values: noise(5, 10).map((x) => 0.85 + 0.03 * x) },
      {
        label: "untrained",
        values: noise(6, 10).map((x) => 0.1 + 0.04 * x),
        color: "#7f7f7f",
      },
    ], {
      title: "Correlation ratio over ten seeds",
      x: "η²(y | d)",
      lines: [{ value: 0.91, label: "reference" }],
    }),
    scatter_3d: scatter3d(d, a, b, {
      title: "Disparity and both outputs",
      by: d,
      colorLabel: "disparity",
      labels: ["d", "a", "b"],
    }),
  };
}

function pictures(): Record<string, Html> {
  const fields = Array.from({ length: 8 }, (_, k) => noise(k, 32));
  const frames = Array.from({ length: 6 }, (_, t) => ({
    label: `update ${t * 100}`,
    images: fields.map((field) => field.map((w) => w * t / 5)),
  }));
  const third = (i: number): number => Math.floor((i % 12) / 4);
  return {
    image_grid: imageGrid(fields, {
      width: 8,
      map: "diverging",
      labels: fields.map((_, k) => `unit ${k + 1}`),
      title: "Receptive fields",
      barLabel: "weight",
    }),
    image_rows: imageGrid(fields.map((f) => f.map((w) => Number(w > 0.5))), {
      width: 8,
      columns: 4,
      rowLabels: ["shifted right", "shifted left"],
      map: "binary",
      title: "Images of both directions",
    }),
    hinton_grey: hintonDiagram(noise(9, 16 * 32), {
      rows: 16,
      columns: 32,
      rowTitle: "hidden unit",
      columnTitle: "pixel",
      title: "Recognition weights",
    }),
    hinton_color: hintonDiagram(noise(10, 4 * 8), {
      rows: 4,
      columns: 8,
      style: "color",
      rowLabels: ["t₁", "t₂", "t₃", "t₄"],
      columnLabels: ["h₁", "h₂", "h₃", "h₄", "h₅", "h₆", "h₇", "h₈"],
      title: "Weights from the top",
    }),
    masks: maskGrid([
      Array.from({ length: 144 }, (_, i) => third(i) - 1),
      {
        gamma: Array.from({ length: 144 * 3 }, (_, j) => {
          const t = (Math.floor(j / 3) % 12) / 11;
          return [(1 - t) * (1 - t), 2 * t * (1 - t), t * t][j % 3];
        }),
        components: 3,
      },
    ], {
      names: ["square", "triangle", "disc"],
      labels: ["truth", "responsibilities"],
      title: "Who explains which pixel",
    }),
    animation: imageAnimation(frames, {
      width: 8,
      columns: 4,
      map: "diverging",
      title: "Receptive fields form",
    }),
  };
}

function words(): Record<string, Html> {
  const rows = run(1, 28, 9).map(([step, loss]) => ({ step, loss }));
  const line = { label: "Helmholtz machine", total: 1450 };
  const loss = (row: { loss: number }): string => `${row.loss.toFixed(2)} bits`;
  const curve = (row: { loss: number }): number => row.loss;
  return {
    markdown:
      markdown`The gap is **${"1.28"}** bits: $D = \sum_v p \ln\frac{p}{q}$.`,
    table: table([
      { model: "mean image", mse: 0.0277, seconds: 0.01 },
      { model: "principal components, 8", mse: 0.009, seconds: 1.2 },
      { model: "population code", mse: 0.00043, seconds: null },
    ], {
      columns: [
        "model",
        { key: "mse", label: "test MSE", format: 5 },
        "seconds",
      ],
      title: "Baselines",
    }),
    verdict: verdictTable([
      metric("exact NLL", 9.2713, {
        sd: 0.0312,
        seeds: 10,
        unit: "bits per image",
        reference: 9.271,
        limit: 7.98872,
        chance: 28.2,
        better: "lower",
      }),
      metric("accuracy of the direction", 0.864, {
        sd: 0.02,
        seeds: 10,
        reference: 0.633,
        chance: 0.554,
        limit: 0.9692,
        better: "higher",
      }),
    ], [
      claim("The likelihood is that of the reference.", 9.27, "within", [
        9,
        9.5,
      ]),
      claim("The readout is as good as the Bayes limit.", 0.86, ">=", 0.9692),
    ]),
    progress_running: progressLine(rows.slice(0, 15), {
      ...line,
      metric: loss,
      curve,
      elapsed: 900,
    }),
    progress_done: progressLine(rows, {
      ...line,
      metric: loss,
      curve,
      end: "done",
    }),
    progress_stopped: progressLine(rows.slice(0, 20), {
      ...line,
      metric: loss,
      curve,
      end: "stopped",
    }),
  };
}
