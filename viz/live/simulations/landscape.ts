/**
 * Simulation 5: one landscape for all losses. One linear encoder w, shared by
 * both views, makes a code of one number; the plane of w is the picture.
 *
 * @module
 */
import type { Views } from "../../../lib/agreement/pairs.ts";
import {
  planeRotation,
  sampleGaussianViews,
} from "../../../data/worlds/gaussian_views.ts";
import { canonicalCorrelations } from "../../../lib/numeric/eigen.ts";
import { atan2, log } from "../../../lib/numeric/elementary.ts";
import {
  covarianceMatrix,
  crossCovariance,
} from "../../../lib/numeric/linear_algebra.ts";
import { stream } from "../../../lib/numeric/random.ts";
import { extent } from "../../../lib/numeric/statistics.ts";
import {
  codesOf,
  initTwoView,
  lossAndGrads,
  stepTwoView,
  type TwoView,
} from "../../../lib/two_view/encoders.ts";
import {
  LOSS_TITLES,
  LOSSES,
  type LossName,
  STUDIED_LOSSES,
} from "../../../lib/agreement/catalogue.ts";
import { COLORS } from "../../page/colors.ts";
import { axes, dots, type Frame, path, place, svg, words } from "../draw.ts";
import { beside, curve, first, heightTo } from "../panels.ts";
import {
  choice,
  progressOf,
  range,
  type Simulation,
  STEP,
} from "../simulation.ts";

/** What the reader sets: data, loss, and where the descent starts. */
export type LandscapeSettings = {
  seed: number;
  loss: LossName;
  x: number;
  y: number;
};

/** Everything that the picture shows. */
export interface LandscapeState {
  model: TwoView;
  plane: Plane;
  /** w after each step: x, y, x, y, … */
  trail: number[];
}

/** What does not depend on where the descent starts. */
interface Plane {
  views: Views<Float64Array>;
  /** First canonical correlation, and the unit vector that reaches it. */
  correlation: number;
  direction: readonly [number, number];
  /** Made when first drawn. */
  relief?: Relief;
}

/** The loss over the plane. */
interface Relief {
  /** The loss at the cells' centres, row by row from the top. */
  heights: Float64Array;
  /** Descent direction at coarse points: x, y, dx, dy. */
  arrows: [number, number, number, number][];
}

/**
 * Entry 1 is shared (correlation 0.8), entry 2 is nearly private (0.1) and
 * varies more; both are turned by 35°.
 */
const PLANE_SCENE = Object.freeze({
  signal: Object.freeze([1, 0.3]),
  noise: Object.freeze([0.25, 2.7]),
  angle: 0.6108652381980153,
});

const PAIRS = 48;
const CELLS = 21;
const REACH = 1.6;
const STEPS = 300;
/** Step sizes: what is stable for the curvature of each. */
const RATES: Partial<Record<LossName, number>> = {
  floor: 0.004,
  vicReg: 0.004,
};
const RATE = 0.1;

/** Simulation 5. */
export const landscape: Simulation<LandscapeSettings, LandscapeState> = {
  name: "landscape",
  title: "One landscape for all losses",
  description:
    "The plane of a linear encoder's two weights; darker is a higher loss. Dashed: the first canonical direction, known in closed form. Arrows: where descent leads. Line: one descent. Tap the plane, or set the two sliders, to start elsewhere.",
  defaults: { seed: 1, loss: "naive", x: -0.6, y: 1.2 },
  controls: [
    range("x", "Start, weight 1", { min: -REACH, max: REACH, step: 0.1 }),
    range("y", "Start, weight 2", { min: -REACH, max: REACH, step: 0.1 }),
    choice(
      "loss",
      "Loss",
      STUDIED_LOSSES.map((name) => [name, LOSS_TITLES[name]]),
    ),
  ],
  challenges: [{
    text:
      "besides the bare distance of naive agreement, one more loss lets w vanish, to less than 0.01: find it.",
    hint:
      "Look for a loss that lives by something that it must not change, and that here it may.",
    met: ({ loss }, { size }, ended) =>
      ended && loss !== "naive" && size < 0.01,
  }],
  verb: "Descend",
  pace: 3,
  readouts: {
    step: STEP,
    loss: { label: "Loss", digits: 4 },
    size: "Size of w",
    correlation: "Correlation of the codes",
    canonical: "First canonical correlation",
    angle: { label: "Angle to its direction", digits: 1, unit: "°" },
  },
  start({ seed, loss, x, y }): LandscapeState {
    const model = encoder(x, y, RATES[loss] ?? RATE);
    return { model, plane: planeOf(seed, loss), trail: [x, y] };
  },
  step({ model, plane, trail }, { loss }): void {
    stepTwoView(model, plane.views, LOSSES[loss]);
    trail.push(model.first.w[0], model.first.w[1]);
  },
  progress: progressOf,
  numbers({ model, plane }, settings): Record<string, number> {
    const { views, correlation: canonical, direction } = plane;
    const [x, y] = model.first.w;
    const size = Math.sqrt(x * x + y * y);
    const along = Math.abs(x * direction[0] + y * direction[1]);
    const across = Math.abs(x * direction[1] - y * direction[0]);
    const codeLoss = LOSSES[settings.loss];
    return {
      step: model.step,
      loss: lossAndGrads(model, views, codeLoss).loss,
      size,
      correlation: size < 1e-6 ? NaN : codeCorrelation(model, plane),
      canonical,
      angle: atan2(across, along) * 57.29577951308232,
    };
  },
  draw,
  place(_, x, y, width): { x: number; y: number } | null {
    const frame = frameOf(width);
    const right = (x * width - frame.left) / frame.width;
    const down = (y * heightTo(frame) - frame.top) / frame.height;
    if (right < 0 || right > 1 || down < 0 || down > 1) return null;
    const round = (share: number): number =>
      Math.round((2 * share - 1) * REACH * 10) / 10;
    return { x: round(right), y: round(1 - down) };
  },
};

/** An encoder with the weights (x, y), shared by both views. */
function encoder(x: number, y: number, learningRate: number): TwoView {
  const model = initTwoView(stream(0, "init"), {
    inputs: 2,
    codes: 1,
    shared: true,
    optimizer: "descent",
    learningRate,
    batchSize: 2 * PAIRS,
    steps: STEPS,
  });
  model.first.w.set([x, y]);
  return model;
}

function codeCorrelation(model: TwoView, { views }: Plane): number {
  const { a, b } = codesOf(model, views);
  const n = a.length;
  const varA = covarianceMatrix(a, n)[0];
  const varB = covarianceMatrix(b, n)[0];
  return crossCovariance(a, b, n)[0] / Math.sqrt(varA * varB);
}

// A slider moves the start while the plane stays: it is kept.
let kept: { key: string; plane: Plane } | null = null;

function planeOf(seed: number, loss: LossName): Plane {
  const key = `${seed} ${loss}`;
  if (kept?.key !== key) kept = { key, plane: makePlane(seed) };
  return kept.plane;
}

function makePlane(seed: number): Plane {
  const { angle, ...scene } = PLANE_SCENE;
  const rng = stream(seed, "data");
  const drawn = sampleGaussianViews(rng, PAIRS, scene, planeRotation(angle));
  // Each pair in both orders: the two views then have the same covariance.
  const a = Float64Array.of(...drawn.a, ...drawn.b);
  const b = Float64Array.of(...drawn.b, ...drawn.a);
  const covariance = covarianceMatrix(a, 2 * PAIRS);
  const { correlations, first } = canonicalCorrelations(
    covariance,
    covariance,
    crossCovariance(a, b, 2 * PAIRS),
    2,
  );
  const size = Math.sqrt(first[0] * first[0] + first[1] * first[1]);
  return {
    views: { a, b },
    correlation: correlations[0],
    direction: [first[0] / size, first[1] / size],
  };
}

function makeRelief({ views }: Plane, loss: LossName): Relief {
  const at = (x: number, y: number): ReturnType<typeof lossAndGrads> =>
    lossAndGrads(encoder(x, y, RATE), views, LOSSES[loss]);
  const heights = new Float64Array(CELLS * CELLS);
  // Every loss is the same at w and −w: half of the cells suffice.
  for (let i = 0; i < (CELLS * CELLS) / 2; i++) {
    const [x, y] = centre(i);
    const value = x === 0 && y === 0 ? NaN : at(x, y).loss;
    heights[i] = heights[heights.length - 1 - i] = value;
  }
  const arrows: Relief["arrows"] = [];
  for (let i = -3; i <= 3; i++) {
    for (let j = -3; j <= 3; j++) {
      if (i === 0 && j === 0) continue;
      const [x, y] = [i * 0.46, j * 0.46];
      const [dx, dy] = at(x, y).grads[0].w;
      const length = Math.sqrt(dx * dx + dy * dy) || 1;
      arrows.push([x, y, -dx / length, -dy / length]);
    }
  }
  return { heights, arrows };
}

function centre(cell: number): [number, number] {
  const step = 2 * REACH / CELLS;
  return [
    ((cell % CELLS) - (CELLS - 1) / 2) * step,
    ((CELLS - 1) / 2 - Math.floor(cell / CELLS)) * step,
  ];
}

function frameOf(picture: number): Frame {
  const side = Math.min(first(picture).width, 440);
  const range = [-REACH, REACH] as const;
  return { ...first(picture, { width: side }), x: range, y: range };
}

function draw(
  { plane, trail, model }: LandscapeState,
  { loss }: LandscapeSettings,
  width: number,
): string {
  const frame = frameOf(width);
  const { left, top, height } = frame;
  const relief = plane.relief ??= makeRelief(plane, loss);
  const points: [number, number][] = [];
  const last = trail.length / 2 - 1;
  for (let i = 0; i <= last; i += i < 30 || last - i < 5 ? 1 : 4) {
    points.push(place(frame, trail[2 * i], trail[2 * i + 1]));
  }
  const end = place(frame, model.first.w[0], model.first.w[1]);
  return svg(
    width,
    heightTo(frame),
    `Loss over the plane of weights: ${LOSS_TITLES[loss]}`,
    shades(relief.heights, frame),
    axes(frame, LOSS_TITLES[loss], { xLabel: "weight 1" }),
    path(through(frame, plane.direction), COLORS.green, {
      width: 2,
      dash: "7 5",
    }),
    arrowsOf(relief, frame),
    path(points, COLORS.vermilion, { width: 2.5 }),
    dots(points.slice(0, 1), COLORS.vermilion, 9, 1),
    dots([end], "currentColor", 12, 1),
    dots([end], COLORS.vermilion, 8, 1),
    words(left + 8, top + height - 10, "dashed: canonical direction", {
      color: COLORS.green,
      bold: true,
    }),
    width > 640 ? sizes(trail, frame, width) : "",
  );
}

/** Where there is room: the size of w over the steps. */
function sizes(trail: readonly number[], plane: Frame, width: number): string {
  const rows = Array.from({ length: trail.length / 2 }, (_, step) => {
    const [x, y] = [trail[2 * step], trail[2 * step + 1]];
    return { step, size: Math.sqrt(x * x + y * y) };
  });
  const panel = { ...beside(plane, width), height: 160 };
  return curve({ ...panel, x: [0, STEPS], y: [0, 2] }, "size of w", rows, {
    of: "size",
    color: COLORS.vermilion,
  });
}

/** The line through the origin along (x, y), from edge to edge. */
function through(
  frame: Frame,
  [x, y]: readonly [number, number],
): [number, number][] {
  const reach = REACH / Math.max(Math.abs(x), Math.abs(y));
  return [-reach, reach].map((scale) => place(frame, x * scale, y * scale));
}

const LEVELS = 14;

/** Cells of equal shade in one path each; shades follow the log of the loss. */
function shades(heights: Float64Array, frame: Frame): string {
  const [low, high] = extent(heights);
  const size = frame.width / CELLS;
  const levels: string[] = new Array(LEVELS).fill("");
  heights.forEach((h, cell) => {
    if (h !== h) return;
    const share = log(1 + 30 * (h - low) / (high - low || 1)) / log(31);
    const level = Math.min(LEVELS - 1, Math.floor(share * LEVELS));
    const x = frame.left + (cell % CELLS) * size;
    const y = frame.top + Math.floor(cell / CELLS) * size;
    levels[level] += `M${x.toFixed(1)} ${y.toFixed(1)}h${size.toFixed(1)}v${
      size.toFixed(1)
    }h-${size.toFixed(1)}z`;
  });
  return levels.map((d, level) =>
    d &&
    `<path d="${d}" fill="${COLORS.blue}" opacity="${
      (0.04 + 0.62 * level / (LEVELS - 1)).toFixed(2)
    }"/>`
  ).join("");
}

/** Short lines that point downhill, with a dot at the tail. */
function arrowsOf({ arrows }: Relief, frame: Frame): string {
  const tails = arrows.map(([x, y]) => place(frame, x, y));
  const lines = arrows.map(([, , dx, dy], i) => {
    const [x, y] = tails[i].map((at) => at.toFixed(1));
    return `M${x} ${y}l${(14 * dx).toFixed(1)} ${(-14 * dy).toFixed(1)}`;
  });
  return `<path d="${
    lines.join("")
  }" fill="none" stroke="currentColor" stroke-width="1.3" opacity=".55"/>` +
    dots(tails, "currentColor", 4, 0.55);
}
