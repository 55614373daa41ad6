/**
 * A small PNG encoder: 8-bit pixels, with a palette when they have at most 256
 * colours. The same pixels always give the same bytes, on any machine.
 *
 * @module
 */

import { zlibSync } from "fflate";
import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";

/** Pixels as `0xRRGGBB`, row by row; transparent where the value is -1. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** `width × height` colours. */
  readonly colors: ArrayLike<number>;
}

/**
 * Encodes `pixels` as a PNG file.
 *
 * Throws `RangeError` when the number of colours is not width × height.
 */
export function encodePng(pixels: Pixels): Uint8Array<ArrayBuffer> {
  const { width, height, colors } = pixels;
  if (!(width > 0 && height > 0) || colors.length !== width * height) {
    throw new RangeError(
      `Cannot encode an image as its number of pixels must be width × height = ${width} × ${height}: current value is ${colors.length}`,
    );
  }
  const palette = new Map<number, number>();
  for (let i = 0; i < colors.length && palette.size <= 256; i++) {
    if (!palette.has(colors[i])) palette.set(colors[i], palette.size);
  }
  const indexed = palette.size <= 256;
  const transparent = palette.has(-1) || !indexed;
  const channels = indexed ? 1 : 4;
  const rows = new Uint8Array(height * (1 + width * channels));
  for (let y = 0, at = 0; y < height; y++) {
    at++; // filter type 0
    for (let x = 0; x < width; x++) {
      const color = colors[y * width + x];
      if (indexed) {
        rows[at++] = palette.get(color)!;
      } else {
        rows[at++] = color >> 16 & 255;
        rows[at++] = color >> 8 & 255;
        rows[at++] = color & 255;
        rows[at++] = color < 0 ? 0 : 255;
      }
    }
  }
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header[8] = 8;
  header[9] = indexed ? 3 : 6;
  const chunks = [chunk("IHDR", header)];
  if (indexed) {
    const keys = [...palette.keys()];
    chunks.push(chunk(
      "PLTE",
      Uint8Array.from(
        keys.flatMap((c) => [c >> 16 & 255, c >> 8 & 255, c & 255]),
      ),
    ));
    if (transparent) {
      const alpha = keys.map((c) => c < 0 ? 0 : 255);
      chunks.push(
        chunk("tRNS", Uint8Array.from(alpha.slice(0, alpha.indexOf(0) + 1))),
      );
    }
  }
  chunks.push(chunk("IDAT", zlibSync(rows, { level: 9 })));
  chunks.push(chunk("IEND", new Uint8Array(0)));
  const signature = Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10);
  return new Uint8Array(Buffer.concat([signature, ...chunks]));
}

/** The PNG of `pixels` as a `data:` address. */
export function pngDataUri(pixels: Pixels): string {
  const base64 = Buffer.from(encodePng(pixels)).toString("base64");
  return `data:image/png;base64,${base64}`;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}
