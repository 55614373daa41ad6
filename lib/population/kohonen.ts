/**
 * A self-organising map: units on a grid, each with a weight image; the winner
 * and its neighbours on the grid move towards each input.
 *
 *   wᵤ ← wᵤ + rate · exp(−‖placeᵤ − place of the winner‖² / 2 width²) (x − wᵤ)
 *
 * Kohonen, T. (1982). Self-organized formation of topologically correct
 * feature maps. Biological Cybernetics 43, 59–69. The baseline that Zemel &
 * Hinton (1995) compare their codes with.
 *
 * @module
 */
import * as is from "../run/checks.ts";
import { checkedConfig, type Configure, each } from "../run/config.ts";
import { exp, pow } from "../numeric/elementary.ts";
import { squaredDistance } from "../numeric/points.ts";
import { type Floats, integer, type Rng } from "../numeric/random.ts";

/** Everything that decides how a map is trained. */
export interface KohonenConfig {
  /** Units along one side of the grid. */
  side: number;
  /** Dimensions of the grid: side^dims units. */
  dims: number;
  /** Inputs shown. */
  steps: number;
  /** Step size at the first input, falling geometrically … */
  rateFrom: number;
  /** … to that at the last. */
  rateTo: number;
  /** Width of the neighbourhood at first, in units of the grid, falling … */
  widthFrom: number;
  /** … to that at the last. */
  widthTo: number;
}

/** The checked configuration of a map: 10 × 10 units by default. */
export const kohonenConfig: Configure<KohonenConfig> = checkedConfig(
  "train a Kohonen map",
  {
    side: [10, is.integerIn(2, 100)],
    dims: [2, is.integerIn(1, 4)],
    steps: [20_000, is.positiveInteger],
    ...each(is.positive, {
      rateFrom: 0.5,
      rateTo: 0.02,
      widthFrom: 4,
      widthTo: 0.4,
    }),
  },
);

/** A trained map. */
export interface KohonenMap {
  /** units × pixels. */
  weights: Float64Array;
  /** units × dims: places on the grid, in [0, 1]. */
  places: Float64Array;
}

/**
 * Trains a map on images drawn at random from `images` (count × pixels), which
 * its weights start from as well.
 */
export function trainKohonen(
  rng: Rng,
  config: Readonly<KohonenConfig>,
  { images, pixels }: { images: Floats; pixels: number },
): KohonenMap {
  const { side, dims, steps } = config;
  const units = Math.round(pow(side, dims));
  const count = images.length / pixels;
  const places = new Float64Array(units * dims);
  const weights = new Float64Array(units * pixels);
  for (let u = 0; u < units; u++) {
    for (let k = 0, rest = u; k < dims; k++, rest = Math.floor(rest / side)) {
      places[u * dims + k] = (rest % side) / (side - 1);
    }
    const start = integer(rng, count) * pixels;
    weights.set(images.subarray(start, start + pixels), u * pixels);
  }
  for (let step = 0; step < steps; step++) {
    const done = step / steps;
    const fall = (from: number, to: number): number =>
      from * pow(to / from, done);
    const rate = fall(config.rateFrom, config.rateTo);
    const width = fall(config.widthFrom, config.widthTo) / (side - 1);
    const at = integer(rng, count) * pixels;
    const image = images.subarray(at, at + pixels);
    const won = winner(weights, image);
    for (let u = 0; u < units; u++) {
      const distance = squaredDistance(places, dims, u, won);
      const near = rate * exp(-distance / (2 * width * width));
      if (near < 1e-4) continue;
      for (let p = 0; p < pixels; p++) {
        weights[u * pixels + p] += near * (image[p] - weights[u * pixels + p]);
      }
    }
  }
  return { weights, places };
}

/** The unit whose weights are nearest to the image. */
function winner(weights: Float64Array, image: Floats): number {
  const pixels = image.length;
  let best = 0;
  let least = Infinity;
  for (let u = 0, at = 0; at < weights.length; u++, at += pixels) {
    let distance = 0;
    for (let p = 0; p < pixels && distance < least; p++) {
      const d = weights[at + p] - image[p];
      distance += d * d;
    }
    if (distance < least) {
      least = distance;
      best = u;
    }
  }
  return best;
}

/**
 * The winning unit of each image (count × pixels), and the squared error per
 * pixel to it.
 */
export function mapImages(
  { weights }: KohonenMap,
  images: Floats,
  pixels: number,
): { winners: Int32Array; mse: number } {
  const winners = new Int32Array(images.length / pixels);
  let squares = 0;
  for (let i = 0; i < winners.length; i++) {
    const image = images.subarray(i * pixels, (i + 1) * pixels);
    const won = winners[i] = winner(weights, image);
    for (let p = 0; p < pixels; p++) {
      const d = weights[won * pixels + p] - image[p];
      squares += d * d;
    }
  }
  return { winners, mse: squares / images.length };
}
