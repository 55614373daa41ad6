/**
 * The losses on two codes by name, for tables, panels and studies that run
 * through all of them.
 *
 * @module
 */
import {
  barlowTwins,
  infoNce,
  simSiam,
  varianceLoss,
  VICREG,
  vicReg,
} from "./losses.ts";

/** The losses by name, with the settings that the papers give. */
export const LOSSES = Object.freeze({
  naive: vicReg({ invariance: 1, variance: 0, covariance: 0 }),
  floor: vicReg({ ...VICREG, covariance: 0 }),
  imax: varianceLoss("difference"),
  imaxSum: varianceLoss("sumDifference"),
  gaussian: varianceLoss("gaussian"),
  covariance: varianceLoss("covariance"),
  infoNce: infoNce(),
  barlowTwins: barlowTwins(),
  vicReg: vicReg(VICREG),
  simSiam: simSiam({ stopGradient: true }),
  simSiamNoStop: simSiam({ stopGradient: false }),
});

/** The name of a loss in {@link LOSSES}. */
export type LossName = keyof typeof LOSSES;

/** How the losses are called in tables and panels. */
export const LOSS_TITLES: Readonly<Record<LossName, string>> = Object.freeze({
  naive: "naive agreement",
  floor: "variance floor",
  imax: "Imax",
  imaxSum: "Imax, sum over difference",
  gaussian: "Gaussian I(a; b)",
  covariance: "difference of variances",
  infoNce: "InfoNCE",
  barlowTwins: "Barlow Twins",
  vicReg: "VICReg",
  simSiam: "SimSiam",
  simSiamNoStop: "SimSiam without stop",
});

/** The losses that studies compare, in the order of tables and panels. */
export const STUDIED_LOSSES: readonly LossName[] = Object.freeze([
  "naive",
  "floor",
  "imax",
  "infoNce",
  "barlowTwins",
  "vicReg",
  "simSiam",
  "simSiamNoStop",
]);
