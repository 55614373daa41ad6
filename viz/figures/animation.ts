/**
 * Frames that the reader plays: play and pause, a slider, the keyboard. Where
 * scripts are stripped, and on paper, the last frame stands alone.
 *
 * @module
 */

import { domainOf, paint } from "./color_map.ts";
import {
  escape,
  frame,
  type FrameOptions,
  type Html,
  raw,
} from "../page/html.ts";
import {
  colorBar,
  type MapOptions,
  tile,
  type TileOptions,
} from "./image_grid.ts";
import { drawInline } from "../page/picture.ts";
import { scripted } from "../page/script.ts";

/** What every animation takes besides its frames. */
export interface AnimationOptions extends FrameOptions {
  /** Frames a second; default 8. */
  rate?: number;
}

/** One frame: what is seen, and a word that says where in time it is. */
export interface Frame {
  label: string;
  content: Html;
}

/** One frame of small images. */
export interface ImageFrame {
  label: string;
  /** Flat arrays of pixels, row by row. */
  images: readonly ArrayLike<number>[];
}

/** What {@link imageAnimation} takes besides the frames. */
export type ImageAnimationOptions =
  & AnimationOptions
  & MapOptions
  & Pick<TileOptions, "width" | "columns" | "scale">;

/**
 * A player of any frames: figures, image grids, tables.
 *
 * Throws `RangeError` when there is no frame.
 */
export function animation(
  frames: readonly Frame[],
  options: AnimationOptions = {},
): Html {
  if (frames.length === 0) {
    throw new RangeError(
      "Cannot animate as the number of frames must be at least 1: current value is 0",
    );
  }
  const last = frames.length - 1;
  const said = `${frames.length} frames, from ${frames[0].label} to ${
    frames[last].label
  }`;
  // All but the last travel in the script: a viewer without it shows that one.
  const body =
    `<div class="hc-frames"><div class="hc-frame">${
      frames[last].content.html
    }</div></div>` +
    `<div class="hc-controls"><output>${
      escape(frames[last].label)
    }</output></div>`;
  return frame(
    scripted(body, {
      run: player,
      data: {
        labels: frames.map((f) => f.label),
        // The rows of the last are kept, as it is the one that is shown.
        frames: frames.slice(0, last).map((f) =>
          f.content.html.replaceAll(/ data-rows="[^"]*"/g, "")
        ),
        rate: options.rate ?? 8,
        name: options.title ?? "animation",
      },
    }),
    options,
    said,
    "Animation",
  );
}

/**
 * A player of frames of small images, each frame one PNG.
 *
 * @example
 * ```ts
 * import { imageAnimation } from "./animation.ts";
 * imageAnimation([
 *   { label: "epoch 0", images: [[0, 0, 0, 0]] },
 *   { label: "epoch 1", images: [[0, 1, 1, 0]] },
 * ], { title: "A receptive field forms", map: "diverging" });
 * ```
 */
export function imageAnimation(
  frames: readonly ImageFrame[],
  options: ImageAnimationOptions = {},
): Html {
  const { map = "sequential" } = options;
  const domain = options.domain ??
    domainOf(map, frames.flatMap((f) => f.images));
  const sheets = frames.map((f) => {
    const own = options.each ? domainOf(map, f.images) : domain;
    return {
      label: f.label,
      sheet: contactSheet(
        f.images.map((image) => paint(image, map, own)),
        options,
      ),
    };
  });
  // A pixel of an image is two of the sheet.
  const scale = options.scale === undefined
    ? Math.max(1, Math.min(5, Math.floor(480 / (sheets[0]?.sheet.width ?? 1))))
    : Math.max(1, Math.round(options.scale / 2));
  const bar = map === "binary" || options.each
    ? ""
    : colorBar(map, domain, options.barLabel);
  const player = animation(
    sheets.map(({ label, sheet }) => ({
      label,
      content: {
        html: `<div class="hc-scroll">${
          tile(sheet.colors, { width: sheet.width, scale, name: label })
            .replace("<img ", '<img class="hc-sheet" ')
        }</div>`,
        text: label,
      },
    })),
    options,
  );
  return raw(
    player.html.replace('<div class="hc-controls">', `${bar}$&`),
    player.text,
  );
}

/** Colour of the lines around the images of a contact sheet. */
const LINE = 0xb8b8b8;

/**
 * Images side by side in one image, each pixel as 2 × 2, a line of one pixel
 * around every image.
 */
export function contactSheet(
  images: readonly ArrayLike<number>[],
  options: { width?: number; columns?: number },
): { width: number; colors: Int32Array } {
  const size = images[0]?.length ?? 0;
  const width = options.width ?? Math.sqrt(size);
  const height = size / width;
  const columns = Math.min(
    images.length,
    options.columns ?? Math.ceil(Math.sqrt(images.length)),
  );
  const rows = Math.ceil(images.length / columns);
  const total = columns * (2 * width + 1) + 1;
  const colors = new Int32Array(total * (rows * (2 * height + 1) + 1))
    .fill(LINE);
  images.forEach((image, k) => {
    const left = (k % columns) * (2 * width + 1) + 1;
    const top = Math.floor(k / columns) * (2 * height + 1) + 1;
    for (let y = 0; y < 2 * height; y++) {
      for (let x = 0; x < 2 * width; x++) {
        colors[(top + y) * total + left + x] =
          image[(y >> 1) * width + (x >> 1)];
      }
    }
  });
  return { width: total, colors };
}

/** Runs in the page. */
function player(
  root: HTMLElement,
  data: { labels: string[]; frames: string[]; rate: number; name: string },
): void {
  const holder = root.querySelector<HTMLElement>(".hc-frames")!;
  const end = holder.firstElementChild!;
  for (const markup of data.frames) {
    const element = document.createElement("div");
    element.className = "hc-frame";
    element.style.display = "none";
    element.innerHTML = markup;
    holder.insertBefore(element, end);
  }
  drawInline(holder);
  const frames = holder.querySelectorAll<HTMLElement>(":scope > .hc-frame");
  const controls = root.querySelector<HTMLElement>(".hc-controls")!;
  const output = controls.querySelector("output")!;
  const last = frames.length - 1;
  const button = document.createElement("button");
  const slider = document.createElement("input");
  button.type = "button";
  slider.type = "range";
  slider.min = "0";
  slider.max = String(last);
  slider.step = "1";
  slider.setAttribute("aria-label", `Frame of ${data.name}`);
  let at = last;
  let timer: ReturnType<typeof setInterval> | null = null;
  const show = (i: number): void => {
    frames[at].style.display = "none";
    frames[i].style.display = "";
    at = i;
    slider.value = String(i);
    slider.setAttribute("aria-valuetext", data.labels[i]);
    output.textContent = data.labels[i];
  };
  const pause = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
    button.textContent = "▶";
    button.setAttribute("aria-label", `Play ${data.name}`);
  };
  const play = (): void => {
    if (at === last) show(0);
    button.textContent = "❚❚";
    button.setAttribute("aria-label", `Pause ${data.name}`);
    timer = setInterval(() => {
      // The output was cleared or the end is reached.
      if (!root.isConnected || at === last) pause();
      else show(at + 1);
    }, 1000 / data.rate);
  };
  button.addEventListener("click", () => timer === null ? play() : pause());
  slider.addEventListener("input", () => {
    pause();
    show(Number(slider.value));
  });
  controls.prepend(button, slider);
  pause();
  show(last);
}
