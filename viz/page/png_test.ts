import assert from "node:assert/strict";
import { crc32, inflateSync } from "node:zlib";
import { encodePng, pngDataUri } from "./png.ts";

interface Decoded {
  width: number;
  height: number;
  colors: number[];
}

/** An independent reader of what the encoder may write. */
function decode(file: Uint8Array): Decoded {
  assert.deepEqual([...file.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
  const chunks = new Map<string, Uint8Array>();
  const view = new DataView(file.buffer);
  for (let at = 8; at < file.length;) {
    const size = view.getUint32(at);
    const body = file.subarray(at + 4, at + 8 + size);
    assert.equal(crc32(body), view.getUint32(at + 8 + size));
    const name = String.fromCharCode(...body.subarray(0, 4));
    chunks.set(name, body.subarray(4));
    at += 12 + size;
  }
  const header = chunks.get("IHDR")!;
  const sizes = new DataView(header.buffer, header.byteOffset);
  const [width, height] = [sizes.getUint32(0), sizes.getUint32(4)];
  const data = inflateSync(chunks.get("IDAT")!);
  const palette = chunks.get("PLTE");
  const alpha = chunks.get("tRNS") ?? new Uint8Array();
  const channels = palette ? 1 : 4;
  const colors: number[] = [];
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * (1 + width * channels) + 1);
    for (let x = 0; x < width; x++) {
      const [r, g, b, a] = palette
        ? [0, 1, 2].map((c) => palette[3 * row[x] + c])
          .concat(alpha[row[x]] ?? 255)
        : row.subarray(4 * x, 4 * x + 4);
      colors.push(a === 0 ? -1 : r << 16 | g << 8 | b);
    }
  }
  return { width, height, colors };
}

Deno.test("an image of few colours, transparent pixels too, comes back as it was", () => {
  const pixels = {
    width: 3,
    height: 2,
    colors: [0, 0xff8800, -1, 7, 0xffffff, -1],
  };
  assert.deepEqual(decode(encodePng(pixels)), pixels);
});

Deno.test("an image of more than 256 colours comes back as it was", () => {
  const colors = Array.from({ length: 400 }, (_, i) => i === 5 ? -1 : i * 4099);
  const pixels = { width: 20, height: 20, colors };
  assert.deepEqual(decode(encodePng(pixels)), pixels);
});

Deno.test("equal pixels give equal bytes", () => {
  assert.equal(
    pngDataUri({ width: 2, height: 1, colors: [0, 0xffffff] }),
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAMAAADD/I+4AAAABlBMVEUAAAD///+l2Z/dAAAAC0lEQVR42mNgYAQAAAQAAizeSK0AAAAASUVORK5CYII=",
  );
});

Deno.test("pixels that do not fill the image are refused", () => {
  assert.throws(
    () => encodePng({ width: 2, height: 2, colors: [1] }),
    /must be width × height = 2 × 2: current value is 1/,
  );
});
