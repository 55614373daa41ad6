/** The Template Title. */
export const TEMPLATE = Object.freeze({
  paper:
    "REPLACE: Author, A., & Author, B. (1900). Title. Journal volume(issue), pages.",
  /** REPLACE: what the paper states, a number a line, with its unit and page. */
  stated: Object.freeze({ correlation: null as number | null }),
});
