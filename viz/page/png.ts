/**
 * A small PNG encoder: 8-bit pixels, with a palette when they have at most 256
 * colours. The same pixels always give the same bytes, on any machine.
 *
 * @module
 */

import { zlibSync } from "fflate";

/** Pixels as `0xRRGGBB`, row by row; transparent where the value is -1. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** `width × height` colours. */
  readonly colors: ArrayLike<number>;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

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
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  const size = chunks.reduce((sum, c) => sum + c.length, signature.length);
  const file = new Uint8Array(size);
  file.set(signature);
  let at = signature.length;
  for (const c of chunks) {
    file.set(c, at);
    at += c.length;
  }
  return file;
}

/** The PNG of `pixels` as a `data:` address. */
export function pngDataUri(pixels: Pixels): string {
  const bytes = encodePng(pixels);
  let binary = "";
  for (let i = 0; i < bytes.length; i++) {
    binary += String.fromCharCode(bytes[i]);
  }
  return `data:image/png;base64,${btoa(binary)}`;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  let crc = 0xffffffff;
  for (let i = 4; i < 8 + data.length; i++) {
    crc = CRC_TABLE[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  }
  view.setUint32(8 + data.length, ~crc >>> 0);
  return bytes;
}
