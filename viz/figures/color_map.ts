/**
 * Colour maps from numbers to 0xRRGGBB.
 *
 * - `sequential`: black to white, for intensities and probabilities;
 * - `heat`: a dark-to-light map of rising lightness, for densities;
 * - `diverging`: blue, white, red around 0, for weights;
 * - `binary`: two greys, for pixels that are on or off;
 * - `ramp`: violet to ochre, every colour visible on white and on black;
 * - `tilt`: blue, grey, vermilion around 0, equally visible;
 * - `cyclic`: a circle of hues of nearly equal lightness, for angles.
 *
 * @module
 */
import { extent } from "../../lib/numeric/statistics.ts";

/** The name of a colour map. */
export type ColorMap =
  | "sequential"
  | "heat"
  | "diverging"
  | "binary"
  | "cyclic"
  | "ramp"
  | "tilt";

const STOPS: Record<ColorMap, readonly number[]> = {
  sequential: [0x000000, 0xffffff],
  binary: [0x1a1a1a, 0xf2f2f2],
  // Viridis at nine even steps (van der Walt & Smith 2015).
  heat: [
    0x440154,
    0x472d7b,
    0x3b528b,
    0x2c728e,
    0x21918c,
    0x28ae80,
    0x5ec962,
    0xaddc30,
    0xfde725,
  ],
  ramp: [0x5f55d6, 0x9c48b8, 0xc8508a, 0xd8663c, 0xc48a00],
  tilt: [0x0072b2, 0x6a87a0, 0x8c8c8c, 0xb17f5c, 0xd55e00],
  // ColorBrewer RdBu, reversed (Brewer 2002).
  diverging: [
    0x053061,
    0x2166ac,
    0x4393c3,
    0x92c5de,
    0xf7f7f7,
    0xf4a582,
    0xd6604d,
    0xb2182b,
    0x67001f,
  ],
  cyclic: [
    0xd55e00,
    0xb58100,
    0x5a9a2a,
    0x009e73,
    0x0090c0,
    0x5c74c8,
    0xa862b8,
    0xd0557a,
    0xd55e00,
  ],
};

/**
 * Colour of `t` in [0, 1] under `map`, values outside clamped; "cyclic" wraps.
 * `binary` has its threshold at one half. NaN is transparent (-1).
 */
export function colorOf(map: ColorMap, t: number): number {
  if (Number.isNaN(t)) return -1;
  const stops = STOPS[map];
  if (map === "binary") return t >= 0.5 ? stops[1] : stops[0];
  const unit = map === "cyclic"
    ? t - Math.floor(t)
    : Math.min(1, Math.max(0, t));
  // 256 levels: PNG palettes stay within a byte.
  const x = Math.round(unit * 255) / 255 * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(x));
  return blend(stops[i], stops[i + 1], x - i);
}

/** `a` + `t` (`b` - `a`), channel by channel. */
export function blend(a: number, b: number, t: number): number {
  const mix = (shift: number): number => {
    const from = a >> shift & 255;
    return Math.round(from + t * ((b >> shift & 255) - from)) << shift;
  };
  return mix(16) | mix(8) | mix(0);
}

/** `color` as #rrggbb. */
export function hex(color: number): string {
  return `#${color.toString(16).padStart(6, "0")}`;
}

/** `#rgb`, `#rrggbb` or `rgb(r, g, b)` as 0xRRGGBB. */
export function parseColor(color: string): number {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(color)?.[1];
  if (hex !== undefined) {
    return parseInt(hex.length === 3 ? hex.replace(/./g, "$&$&") : hex, 16);
  }
  const rgb = /^rgba?\((\d+), *(\d+), *(\d+)/.exec(color);
  if (rgb === null) {
    throw new RangeError(
      `Cannot read a colour as it must be #rrggbb or rgb(r, g, b): current value is ${color}`,
    );
  }
  return Number(rgb[1]) << 16 | Number(rgb[2]) << 8 | Number(rgb[3]);
}

/** Numbers that a map's ends stand for. */
export type Domain = readonly [number, number];

/**
 * The domain that shows `values` under `map`: symmetric around 0 for
 * "diverging", [0, 1] for "binary", else from the least to the largest.
 */
export function domainOf(
  map: ColorMap,
  values: Iterable<ArrayLike<number>>,
): Domain {
  if (map === "binary") return [0, 1];
  const [low, high] = extent(...values);
  if (low > high) return [0, 1];
  if (map === "diverging") {
    const size = Math.max(-low, high) || 1;
    return [-size, size];
  }
  return low === high ? [low, low + 1] : [low, high];
}

/** Colours of `values` under `map`, its ends at `domain`. */
export function paint(
  values: ArrayLike<number>,
  map: ColorMap,
  [low, high]: Domain,
): Int32Array {
  const out = new Int32Array(values.length);
  for (let i = 0; i < out.length; i++) {
    out[i] = colorOf(map, (values[i] - low) / (high - low));
  }
  return out;
}
