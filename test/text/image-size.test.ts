import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { imageSize } from "../../src/text/image-size.ts";

function bytes(...pieces: readonly (string | readonly number[])[]): Buffer {
  const made = pieces.map((piece) =>
    typeof piece === "string" ? Buffer.from(piece, "latin1") : Buffer.from(piece),
  );
  return Buffer.concat([...made, Buffer.alloc(64)]);
}

const segment = (marker: number, length: number) => [
  0xff,
  marker,
  (length + 2) >> 8,
  (length + 2) & 0xff,
  ...Array.from({ length }, () => 0xff),
];
const frame = (marker: number) => [0xff, marker, 0, 17, 8, 0x01, 0x2c, 0x01, 0x90];

const images: readonly [string, Buffer][] = [
  ["PNG", bytes("\x89PNG\r\n\x1a\n", [0, 0, 0, 13], "IHDR", [0, 0, 1, 0x90], [0, 0, 1, 0x2c])],
  ["GIF", bytes("GIF89a", [0x90, 1, 0x2c, 1])],
  ["JPEG", bytes([0xff, 0xd8], segment(0xe0, 14), segment(0xdb, 65), frame(0xc0))],
  ["progressive JPEG", bytes([0xff, 0xd8], segment(0xc4, 30), frame(0xc2))],
  ["JPEG with fill bytes", bytes([0xff, 0xd8, 0xff, 0xff, 0xff], frame(0xc0).slice(1))],
  ["JPEG of a camera", bytes([0xff, 0xd8], segment(0xe1, 60_000), segment(0xe2, 20_000), frame(0xc0))],
  ["lossy WebP", bytes("RIFF", [0, 0, 0, 0], "WEBPVP8 ", Array(10).fill(0), [0x90, 0x41, 0x2c, 0xc1])],
  ["lossless WebP", bytes("RIFF", [0, 0, 0, 0], "WEBPVP8L", [0, 0, 0, 0, 0x2f], [0x8f, 0xc1, 0x4a, 0])],
  ["extended WebP", bytes("RIFF", [0, 0, 0, 0], "WEBPVP8X", Array(8).fill(0), [0x8f, 1, 0, 0x2b, 1, 0])],
];

describe("imageSize", () => {
  it.each(images)("reads the size of a %s", (_, image) => {
    const base64 = image.toString("base64");
    expect(imageSize(base64)).toEqual({ width: 400, height: 300 });
    expect(imageSize(`data:image/any;base64,${base64}`)).toEqual({ width: 400, height: 300 });
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["text", Buffer.from("no image, but long enough to hold a header of one")],
    ["a PDF", bytes("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>")],
    [
      "a JPEG whose size comes too late",
      bytes([0xff, 0xd8], segment(0xe1, 60_000), segment(0xe1, 60_000), frame(0xc0)),
    ],
    ["a PNG without a size", bytes("\x89PNG\r\n\x1a\n", [0, 0, 0, 13], "IHDR")],
  ])("knows no size of %s", (_, image) => {
    expect(imageSize(image.toString("base64"))).toBeUndefined();
  });

  it("takes anything, however cut or wrong", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...images),
        fc.nat(200),
        fc.uint8Array({ maxLength: 20 }),
        ([, image], at, noise) => {
          const wrong = Buffer.concat([
            image.subarray(0, at),
            noise,
            image.subarray(at + noise.length, at + 60),
          ]);
          const size = imageSize(wrong.toString("base64"));
          expect(size === undefined || (size.width > 0 && size.height > 0)).toBe(true);
          expect(() => imageSize(`${wrong.toString("latin1")} is not Base64`)).not.toThrow();
        },
      ),
    );
  });
});
