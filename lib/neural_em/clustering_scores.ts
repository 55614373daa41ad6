/**
 * How well one partition of a set agrees with another: normalised and adjusted
 * mutual information, adjusted Rand index.
 *
 * Vinh, Epps & Bailey (2010), Information theoretic measures for clusterings
 * comparison, JMLR 11, 2837–2854; Hubert & Arabie (1985), Comparing partitions,
 * Journal of Classification 2, 193–218. Conventions for empty and trivial
 * partitions are scikit-learn's.
 *
 * @module
 */
import { exp, log } from "../numeric/elementary.ts";

/** How well two partitions agree: 1 where they are equal. */
export interface ClusteringScores {
  /** Normalised mutual information, arithmetic mean of the entropies. */
  nmi: number;
  /** Adjusted mutual information, arithmetic mean of the entropies. */
  ami: number;
  /** Adjusted mutual information, larger of the entropies. */
  amiMax: number;
  /** Adjusted Rand index. */
  ari: number;
}

/** How often label i of one partition meets label j of the other. */
export interface Contingency {
  /** counts[i][j] items carry label i in the first, j in the second partition. */
  counts: number[][];
  /** Items of each label of the first partition. */
  rows: number[];
  /** Items of each label of the second partition. */
  columns: number[];
  /** All items. */
  total: number;
}

/**
 * The contingency table of two labellings of the same items. Labels are any
 * numbers; only which items share one matters.
 *
 * @throws {TypeError} if the lengths differ
 */
export function contingency(
  truth: ArrayLike<number>,
  found: ArrayLike<number>,
): Contingency {
  if (truth.length !== found.length) {
    throw new TypeError(
      "Cannot compare partitions as both must label the same items: " +
        `current lengths are ${truth.length} and ${found.length}`,
    );
  }
  const rowOf = new Map<number, number>();
  const columnOf = new Map<number, number>();
  const indexOf = (map: Map<number, number>, label: number): number => {
    const known = map.get(label);
    if (known !== undefined) return known;
    map.set(label, map.size);
    return map.size - 1;
  };
  const counts: number[][] = [];
  for (let n = 0; n < truth.length; n++) {
    const i = indexOf(rowOf, truth[n]);
    const j = indexOf(columnOf, found[n]);
    const row = counts[i] ??= [];
    row[j] = (row[j] ?? 0) + 1;
  }
  const columns = new Array<number>(columnOf.size).fill(0);
  for (const row of counts) {
    for (let j = 0; j < columns.length; j++) {
      row[j] ??= 0;
      columns[j] += row[j];
    }
  }
  const rows = counts.map((row) => row.reduce((sum, n) => sum + n, 0));
  return { counts, rows, columns, total: truth.length };
}

/** Entropy in nats of a partition with these part sizes. */
function entropy(sizes: readonly number[], total: number): number {
  let sum = 0;
  for (const size of sizes) {
    if (size > 0) sum -= size / total * (log(size) - log(total));
  }
  return sum;
}

/** Mutual information in nats of the two partitions of a table. */
export function mutualInformation(table: Contingency): number {
  const { counts, rows, columns, total } = table;
  let sum = 0;
  for (let i = 0; i < rows.length; i++) {
    for (let j = 0; j < columns.length; j++) {
      const n = counts[i][j];
      if (n === 0) continue;
      sum += n / total * (log(n) + log(total) - log(rows[i]) - log(columns[j]));
    }
  }
  return Math.max(0, sum);
}

let logFactorials = new Float64Array(1);

/** ln 0!, ln 1!, … ln n! */
function logFactorialsUpTo(n: number): Float64Array {
  if (logFactorials.length <= n) {
    logFactorials = new Float64Array(2 * n + 1);
    for (let i = 1; i < logFactorials.length; i++) {
      logFactorials[i] = logFactorials[i - 1] + log(i);
    }
  }
  return logFactorials;
}

/**
 * Mutual information in nats that two partitions with these part sizes share on
 * average when their items are assigned at random (hypergeometric model; Vinh et
 * al., equation 24a).
 */
export function expectedMutualInformation(table: Contingency): number {
  const { rows, columns, total } = table;
  const lf = logFactorialsUpTo(total);
  let sum = 0;
  for (const a of rows) {
    for (const b of columns) {
      const fixed = lf[a] + lf[b] + lf[total - a] + lf[total - b] - lf[total];
      for (let n = Math.max(1, a + b - total); n <= Math.min(a, b); n++) {
        const logProbability = fixed - lf[n] - lf[a - n] - lf[b - n] -
          lf[total - a - b + n];
        sum += n / total * (log(n) + log(total) - log(a) - log(b)) *
          exp(logProbability);
      }
    }
  }
  return sum;
}

/**
 * All scores of one labelling against another. The adjusted ones are 0 on
 * average for random labels: mutual information above its expectation, over the
 * largest possible; and pairs of items that agree, likewise.
 *
 * @throws {TypeError} if the lengths differ
 */
export function clusteringScores(
  truth: ArrayLike<number>,
  found: ArrayLike<number>,
): ClusteringScores {
  const table = contingency(truth, found);
  const { rows, columns, total } = table;
  const ari = randIndex(table);
  const trivial = [rows, columns].filter(({ length }) => length <= 1).length;
  // Everything in one part, or nothing at all, in both.
  if (trivial === 2) return { nmi: 1, ami: 1, amiMax: 1, ari };
  const [a, b] = [entropy(rows, total), entropy(columns, total)];
  const information = mutualInformation(table);
  const nmi = information === 0 ? 0 : information / (0.5 * (a + b));
  if (trivial === 1) return { nmi, ami: 0, amiMax: 0, ari };
  const expected = expectedMutualInformation(table);
  const above = awayFromZero(information - expected);
  const adjusted = (most: number): number =>
    above / awayFromZero(most - expected);
  const [ami, amiMax] = [adjusted(0.5 * (a + b)), adjusted(Math.max(a, b))];
  return { nmi, ami, amiMax, ari };
}

/** Keeps 0 / 0 from arising where a partition leaves no room: scikit-learn's rule. */
function awayFromZero(x: number): number {
  return x < 0 ? Math.min(x, -Number.EPSILON) : Math.max(x, Number.EPSILON);
}

/** Pairs of items: agreements above chance, over the most possible. */
function randIndex({ counts, rows, columns, total }: Contingency): number {
  const pairs = (n: number): number => n * (n - 1) / 2;
  const sumPairs = (sizes: readonly number[]): number =>
    sizes.reduce((sum, n) => sum + pairs(n), 0);
  const together = sumPairs(counts.flat());
  const inRows = sumPairs(rows);
  const inColumns = sumPairs(columns);
  const most = 0.5 * (inRows + inColumns);
  const expected = total > 1 ? inRows * inColumns / pairs(total) : 0;
  return most === expected ? 1 : (together - expected) / (most - expected);
}
