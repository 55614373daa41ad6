/**
 * Grouping the pixels of an image: scores against the true objects, and the
 * baselines that know nothing of shapes.
 *
 * An assignment gives each pixel of each image a group, count × pixels numbers.
 * Scores use the pixels whose true label stands for one object; background and
 * pixels of two objects are left out, as in Greff et al. (2017).
 *
 * @module
 */
import {
  type ClusteringScores,
  clusteringScores,
} from "./clustering_scores.ts";
import { integer, type Rng, shuffle } from "../numeric/random.ts";
import { mean } from "../numeric/statistics.ts";
import { atan2 } from "../numeric/elementary.ts";

/** Images with true labels: 0 background, 255 belongs to no single object. */
export interface LabelledImages {
  count: number;
  /** Side of the square images in pixels. */
  canvas: number;
  /** count × canvas², 0 or 1. */
  images: Float32Array;
  /** count × canvas². */
  labels: Uint8Array;
}

/** Calls `use` with the pixels and the labels of each image. */
function eachImage<T>(
  { count, canvas, images, labels }: LabelledImages,
  use: (image: Float32Array, labels: Uint8Array, i: number) => T,
): T[] {
  const size = canvas * canvas;
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [i * size, (i + 1) * size];
    return use(images.subarray(from, to), labels.subarray(from, to), i);
  });
}

/** Whether a label stands for one object. */
function isScored(label: number): boolean {
  return label !== 0 && label !== 255;
}

/** The scores of each image, over its pixels whose label is scored. */
export function scoreImages(
  batch: LabelledImages,
  groups: ArrayLike<number>,
): ClusteringScores[] {
  return eachImage(batch, (_, labels, i) => {
    // Not lists that grow: in one process of thirty V8 15.0, which compiles
    // while this runs, got such a loop wrong, and with it the scores.
    const count = labels.reduce((n, l) => isScored(l) ? n + 1 : n, 0);
    const truth = new Uint8Array(count);
    const found = new Uint8Array(count);
    for (let p = 0, n = 0; p < labels.length; p++) {
      if (!isScored(labels[p])) continue;
      truth[n] = labels[p];
      found[n++] = groups[i * labels.length + p];
    }
    return clusteringScores(truth, found);
  });
}

/** Mean scores over images. */
export function meanScores(
  scores: readonly ClusteringScores[],
): ClusteringScores {
  return {
    nmi: mean(scores.map((s) => s.nmi)),
    ami: mean(scores.map((s) => s.ami)),
    amiMax: mean(scores.map((s) => s.amiMax)),
    ari: mean(scores.map((s) => s.ari)),
  };
}

/** Mean scores of an assignment over a batch. */
export function scoreGroups(
  batch: LabelledImages,
  groups: ArrayLike<number>,
): ClusteringScores {
  return meanScores(scoreImages(batch, groups));
}

/** Finds groups in one image: `groups[p]` of each pixel p. */
export type Grouper = (image: Float32Array, canvas: number) => Uint8Array;

/** Applies a grouper to every image of a batch. */
export function groupBatch(batch: LabelledImages, group: Grouper): Uint8Array {
  const groups = new Uint8Array(batch.images.length);
  eachImage(batch, (image, _, i) => {
    groups.set(group(image, batch.canvas), i * image.length);
  });
  return groups;
}

/** The same k sectors around the centre for every image. */
export function fixedSectors(k: number): Grouper {
  return (image, canvas) => {
    const centre = (canvas - 1) / 2;
    return Uint8Array.from(image, (_, p) => {
      const angle = atan2(Math.floor(p / canvas) - centre, p % canvas - centre);
      return Math.floor((angle / (2 * Math.PI) + 0.5) * k) % k;
    });
  };
}

/** The same k vertical stripes of equal width for every image. */
export function fixedStripes(k: number): Grouper {
  return (image, canvas) =>
    Uint8Array.from(image, (_, p) => Math.floor((p % canvas) * k / canvas));
}

/** A random group for each pixel. */
export function randomGroups(rng: Rng, k: number): Grouper {
  return (image) => Uint8Array.from(image, () => integer(rng, k));
}

/**
 * The lit pixels of an image that touch, also at corners. Background is 0, the
 * components are numbered from 1.
 */
export function connectedComponents(): Grouper {
  return (image, canvas) => {
    const groups = new Uint8Array(image.length);
    let components = 0;
    for (let start = 0; start < image.length; start++) {
      if (image[start] === 0 || groups[start] !== 0) continue;
      groups[start] = ++components;
      const open = [start];
      for (let p = open.pop(); p !== undefined; p = open.pop()) {
        const column = p % canvas;
        for (let dr = -canvas; dr <= canvas; dr += canvas) {
          for (let dc = -1; dc <= 1; dc++) {
            const q = p + dr + dc;
            const outside = q < 0 || q >= image.length || column + dc < 0 ||
              column + dc >= canvas;
            if (outside || image[q] === 0 || groups[q] !== 0) continue;
            groups[q] = components;
            open.push(q);
          }
        }
      }
    }
    return groups;
  };
}

/**
 * k-means on the positions of the lit pixels of each image on its own: the best
 * of `restarts` runs from random pixels by squared distance. Knows nothing but
 * nearness. Background gets the group of its nearest mean.
 */
export function kMeansPositions(
  rng: Rng,
  k: number,
  restarts = 10,
): Grouper {
  return (image, canvas) => {
    const lit: number[] = [];
    image.forEach((x, p) => x > 0 && lit.push(p));
    let best: Uint8Array = new Uint8Array(image.length);
    let least = Infinity;
    for (let restart = 0; restart < restarts; restart++) {
      const means = shuffle(rng, lit.slice()).slice(0, k).map((p) => [
        p % canvas,
        Math.floor(p / canvas),
      ]);
      const { groups, distance } = lloyd(image.length, canvas, lit, means);
      if (distance < least) [best, least] = [groups, distance];
    }
    return best;
  };
}

/** Lloyd's iterations on pixel positions until no mean moves. */
function lloyd(
  pixels: number,
  canvas: number,
  lit: readonly number[],
  means: number[][],
): { groups: Uint8Array; distance: number } {
  const nearest = (p: number): [number, number] => {
    let group = 0;
    let least = Infinity;
    for (let j = 0; j < means.length; j++) {
      const dx = p % canvas - means[j][0];
      const dy = Math.floor(p / canvas) - means[j][1];
      if (dx * dx + dy * dy < least) [group, least] = [j, dx * dx + dy * dy];
    }
    return [group, least];
  };
  for (let iteration = 0; iteration < 100; iteration++) {
    const sums = means.map(() => [0, 0, 0]);
    for (const p of lit) {
      const sum = sums[nearest(p)[0]];
      sum[0] += p % canvas;
      sum[1] += Math.floor(p / canvas);
      sum[2]++;
    }
    const moved = sums.map(([x, y, n], j) => n ? [x / n, y / n] : means[j]);
    const still = moved.every(([x, y], j) =>
      x === means[j][0] && y === means[j][1]
    );
    means = moved;
    if (still) break;
  }
  let distance = 0;
  for (const p of lit) distance += nearest(p)[1];
  const groups = Uint8Array.from(
    { length: pixels },
    (_, p) => nearest(p)[0],
  );
  return { groups, distance };
}

/**
 * Chance for an assignment: its groups are dealt anew among the scored pixels of
 * each image, so that only their sizes are kept.
 */
export function permutedScores(
  rng: Rng,
  batch: LabelledImages,
  groups: ArrayLike<number>,
): ClusteringScores {
  const dealt = Uint8Array.from(groups);
  eachImage(batch, (_, labels, i) => {
    const scored: number[] = [];
    labels.forEach((label, p) => {
      if (isScored(label)) scored.push(i * labels.length + p);
    });
    const values = shuffle(rng, scored.map((p) => groups[p]));
    scored.forEach((p, n) => dealt[p] = values[n]);
  });
  return scoreGroups(batch, dealt);
}

/** A baseline by name, with its mean scores. */
export type NamedScores = { name: string } & ClusteringScores;

/**
 * Everything that can be scored without a model: chance, partitions that ignore
 * the image, components that touch, k-means on positions, the truth.
 */
export function baselineScores(
  rng: Rng,
  batch: LabelledImages,
  k: number,
): NamedScores[] {
  const named = (name: string, groups: Uint8Array): NamedScores => ({
    name,
    ...scoreGroups(batch, groups),
  });
  const by = (name: string, grouper: Grouper): NamedScores =>
    named(name, groupBatch(batch, grouper));
  return [
    {
      name: "the truth, dealt at random (chance)",
      ...permutedScores(rng, batch, batch.labels),
    },
    by("a random group for each pixel", randomGroups(rng, k)),
    by(`${k} fixed stripes`, fixedStripes(k)),
    by(`${k} fixed sectors`, fixedSectors(k)),
    by("connected components", connectedComponents()),
    by(`k-means on positions, ${k} groups`, kMeansPositions(rng, k)),
    named("the truth (oracle)", Uint8Array.from(batch.labels)),
  ];
}

/** Pixels that two or more objects share, for each image. */
export function overlapPixels(batch: LabelledImages): number[] {
  return eachImage(
    batch,
    (_, labels) => labels.reduce((n, label) => n + (label === 255 ? 1 : 0), 0),
  );
}
