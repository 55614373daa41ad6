import assert from "node:assert/strict";
import { colorOf, hex } from "../figures/color_map.ts";
import { inkOf, PALETTE, PAPER } from "./colors.ts";

/** Relative luminance as WCAG defines it. */
function luminance(color: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = parseInt(color.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** As color-mix in sRGB does: `share` of `a`, the rest of `b`. */
function mixed(a: string, b: string, share: number): string {
  const parts = [1, 3, 5].map((i) => {
    const [x, y] = [a, b].map((color) => parseInt(color.slice(i, i + 2), 16));
    return Math.round(share * x + (1 - share) * y).toString(16).padStart(
      2,
      "0",
    );
  });
  return `#${parts.join("")}`;
}

Deno.test("every colour of the palette stands out from white and from a dark page by 3 : 1", () => {
  for (const color of PALETTE) {
    assert.ok(contrast(color, "#ffffff") >= 3, color);
    assert.ok(contrast(color, "#1e1e1e") >= 3, color);
  }
});

Deno.test("words in every colour are read at 4.5 : 1 in the themes of VS Code and JupyterLab", () => {
  const themes = [
    ["#ffffff", "#3b3b3b"], // VS Code: Light Modern
    ["#1f1f1f", "#cccccc"], // and Dark Modern
    ["#ffffff", "#212121"], // JupyterLab: Light
    ["#111111", "#ffffff"], // and Dark
  ];
  for (const color of PALETTE) {
    const [, share] = /(\d+)%,currentColor/.exec(inkOf(color))!;
    for (const [paper, text] of themes) {
      const ink = mixed(color, text, Number(share) / 100);
      assert.ok(contrast(ink, paper) >= 4.5, `${color} on ${paper}: ${ink}`);
    }
  }
});

Deno.test("every colour of the maps for points is visible on white and on a dark page", () => {
  for (const map of ["ramp", "tilt", "cyclic"] as const) {
    for (let i = 0; i <= 32; i++) {
      const color = hex(colorOf(map, i / 32));
      assert.ok(contrast(color, "#ffffff") >= 2.5, `${map} ${color}`);
      assert.ok(contrast(color, "#1e1e1e") >= 2.5, `${map} ${color}`);
    }
  }
});

Deno.test("VS Code's background counts before JupyterLab's, which its Jupyter extension says is white", () => {
  const names = Array.from(PAPER.matchAll(/--[\w-]+/g), ([name]) => name);
  assert.deepEqual(names, [
    "--hc-paper", // a report of ours
    "--vscode-editor-background",
    "--jp-layout-color0",
  ]);
});
