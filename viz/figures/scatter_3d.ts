/**
 * A cloud of points in space that the reader turns by dragging or with two
 * sliders; a still picture from a fixed side where scripts are stripped.
 *
 * @module
 */

import { extent } from "../../lib/numeric/statistics.ts";
import { described, escape, frame } from "../page/html.ts";
import type { FrameOptions, Html } from "../page/html.ts";
import {
  evenly,
  type PointColor,
  pointPaint,
  requireEqual,
  type Values,
} from "./scatter.ts";
import { picture } from "../page/picture.ts";
import { scripted } from "../page/script.ts";
import { FONT } from "../page/style_sheet.ts";

/** What {@link scatter3d} takes besides the points. */
export interface Scatter3dOptions extends PointColor, FrameOptions {
  /** Names of the axes. */
  labels?: readonly [string, string, string];
  /** The box; default: from the least to the largest of each axis. */
  domain?: readonly [number, number];
  /** Width and height in pixels; default 420. */
  size?: number;
  /** First view in degrees. */
  turn?: number;
  tilt?: number;
  /** At most this many points are drawn, evenly chosen; default 1,000. */
  limit?: number;
}

/** What the page needs to draw the cloud from any side. */
interface Cloud {
  /** x, y, z of all points, whole numbers in 0..999. */
  points: number[];
  /** Index into `colors` of each point. */
  groups: number[];
  colors: string[];
  size: number;
}

/**
 * Draws points (x[i], y[i], z[i]).
 *
 * Throws `RangeError` when the columns differ in length.
 *
 * @example
 * ```ts
 * import { scatter3d } from "./scatter_3d.ts";
 * scatter3d([0, 1], [0, 1], [0, 1], { labels: ["x", "y", "z"] });
 * ```
 */
export function scatter3d(
  x: Values,
  y: Values,
  z: Values,
  options: Scatter3dOptions = {},
): Html {
  requireEqual({ x, y, z, by: options.by });
  const { turn = 35, tilt = 20, size = 420 } = options;
  const names = options.labels ?? ["x", "y", "z"];
  const paint = pointPaint(options, x.length);
  const index = evenly(x.length, options.limit ?? 1000);
  const used = index.map((i) => paint.color(i));
  const colors = [...new Set(used)];
  const axes = [x, y, z].map((axis) => onGrid(axis, options.domain));
  const cloud: Cloud = {
    points: index.flatMap((i) => axes.map((axis) => axis[i])),
    groups: used.map((color) => colors.indexOf(color)),
    colors,
    size,
  };
  const view = project(cloud, turn, tilt);
  const tall = 2 * Math.round(size * 0.46);
  const bands = view.bands.map((paths, band) =>
    `<g stroke-width="${3 + 0.8 * band}">${
      paths.map((d, k) => `<path stroke="${colors[k]}" d="${d}"/>`).join("")
    }</g>`
  ).join("");
  const said = `${index.length} points, axes ${names.join(", ")}`;
  const alt = described(options, said, "Scatter in space");
  const svg =
    `<svg role="img" aria-label="${
      escape(alt)
    }" width="${size}" height="${tall}" viewBox="0 ${
      (size - tall) / 2
    } ${size} ${tall}" fill="none" font-size="12" font-family="${FONT}">` +
    `<path class="hc-box" d="${view.box}" stroke="currentColor" stroke-opacity=".3"/>` +
    `<g stroke-linecap="round" stroke-opacity=".75">${bands}</g>` +
    names.map((name, k) =>
      `<text x="${view.ends[k][0]}" y="${
        view.ends[k][1]
      }" fill="currentColor" text-anchor="middle" dy=".32em">${
        escape(name)
      }</text>`
    ).join("") + `</svg>`;
  const body = `${paint.key}<div class="hc-scroll">${
    picture(svg, {
      alt,
      rows: index.map((i) => ({
        [names[0]]: x[i],
        [names[1]]: y[i],
        [names[2]]: z[i],
        ...options.by ? { [options.colorLabel || "by"]: options.by[i] } : {},
      })),
    })
  }</div><div class="hc-controls"></div>`;
  return frame(
    scripted(body, {
      run: turnable,
      uses: [project],
      data: { cloud, turn, tilt, name: options.title ?? "cloud" },
    }),
    { ...options, alt },
  );
}

/** Values as whole numbers in 0..999 on their domain. */
function onGrid(
  values: Values,
  domain: readonly [number, number] | undefined,
): number[] {
  const [low, high] = domain ?? extent(values);
  return Array.from(values, (v) => {
    const t = (v - low) / (high - low || 1);
    return Math.round(999 * Math.min(1, Math.max(0, t)));
  });
}

/**
 * The drawing from a side: paths by depth (far first) and colour, the box, and
 * where the names of the axes stand. Runs here and in the page.
 */
function project(cloud: Cloud, turn: number, tilt: number): {
  bands: string[][];
  box: string;
  ends: number[][];
} {
  const { points, groups, colors, size } = cloud;
  const a = turn * Math.PI / 180;
  const b = tilt * Math.PI / 180;
  const [ca, sa, cb, sb] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b)];
  const scale = size * 0.55;
  // z points up; the cube has side 1 and its centre at the origin.
  const at = (x: number, y: number, z: number): number[] => {
    const u = ca * x - sa * y;
    const v = sa * x + ca * y;
    return [
      Math.round(10 * (size / 2 + scale * u)) / 10,
      Math.round(10 * (size / 2 - scale * (cb * z - sb * v))) / 10,
      cb * v + sb * z,
    ];
  };
  const bands = [0, 1, 2].map(() => colors.map(() => ""));
  for (let i = 0; i < groups.length; i++) {
    const [x, y, depth] = at(
      points[3 * i] / 999 - 0.5,
      points[3 * i + 1] / 999 - 0.5,
      points[3 * i + 2] / 999 - 0.5,
    );
    const band = depth > 0.25 ? 0 : depth > -0.25 ? 1 : 2;
    bands[band][groups[i]] += `M${x},${y}h0`;
  }
  let box = "";
  for (let corner = 0; corner < 8; corner++) {
    const from = [0, 1, 2].map((k) => (corner >> k & 1) - 0.5);
    for (let k = 0; k < 3; k++) {
      if (corner >> k & 1) continue;
      const to = from.slice();
      to[k] = 0.5;
      const [x1, y1] = at(from[0], from[1], from[2]);
      const [x2, y2] = at(to[0], to[1], to[2]);
      box += `M${x1},${y1}L${x2},${y2}`;
    }
  }
  const ends = [[0.62, -0.5, -0.5], [-0.5, 0.62, -0.5], [-0.5, -0.5, 0.6]]
    .map(([x, y, z]) => at(x, y, z).slice(0, 2));
  return { bands, box, ends };
}

/** Runs in the page, with `project` beside it. */
function turnable(
  root: HTMLElement,
  data: { cloud: Cloud; turn: number; tilt: number; name: string },
): void {
  const svg = root.querySelector<SVGSVGElement>("svg[role=img]")!;
  const box = svg.querySelector(".hc-box")!;
  const groups = [...svg.querySelectorAll("g > g")];
  const texts = [...svg.querySelectorAll("text")];
  const view = { turn: data.turn, tilt: data.tilt };
  const sliders: Record<string, HTMLInputElement> = {};
  let waiting = false;
  svg.style.cursor = "grab";
  svg.style.touchAction = "pan-y";
  const draw = (): void => {
    waiting = false;
    const drawn = project(data.cloud, view.turn, view.tilt);
    box.setAttribute("d", drawn.box);
    drawn.bands.forEach((paths, band) =>
      paths.forEach((d, k) => groups[band].children[k].setAttribute("d", d))
    );
    drawn.ends.forEach(([x, y], k) => {
      texts[k].setAttribute("x", String(x));
      texts[k].setAttribute("y", String(y));
    });
    sliders.turn.value = String(view.turn);
    sliders.tilt.value = String(view.tilt);
  };
  const set = (turn: number, tilt: number): void => {
    view.turn = ((turn + 180) % 360 + 360) % 360 - 180;
    view.tilt = Math.max(-90, Math.min(90, tilt));
    if (!waiting) requestAnimationFrame(draw);
    waiting = true;
  };
  const controls = root.querySelector(".hc-controls")!;
  for (const key of ["turn", "tilt"] as const) {
    const label = document.createElement("label");
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = key === "turn" ? "-180" : "-90";
    slider.max = key === "turn" ? "180" : "90";
    slider.step = "1";
    slider.addEventListener("input", () => {
      set(
        key === "turn" ? Number(slider.value) : view.turn,
        key === "tilt" ? Number(slider.value) : view.tilt,
      );
    });
    label.append(key, slider);
    controls.append(label);
    sliders[key] = slider;
  }
  let held: PointerEvent | null = null;
  svg.addEventListener("pointerdown", (event) => {
    held = event;
    svg.setPointerCapture(event.pointerId);
  });
  svg.addEventListener("pointermove", (event) => {
    if (held === null) return;
    const [dx, dy] = [
      event.clientX - held.clientX,
      event.clientY - held.clientY,
    ];
    held = event;
    set(view.turn + dx / 2, view.tilt + dy / 2);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, () => held = null);
  }
  set(view.turn, view.tilt);
}
