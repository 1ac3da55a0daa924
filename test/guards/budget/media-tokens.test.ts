import { describe, expect, it } from "vitest";
import { mediaTokens } from "../../../src/guards/budget/media-tokens.ts";

/** The head of a PNG of this size. */
function png(width: number, height: number): string {
  const head = Buffer.alloc(64);
  head.write("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1");
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return head.toString("base64");
}

function imageTokens(model: string, base64: string | undefined): number {
  return mediaTokens({ kind: "image", base64 }, model);
}

describe("mediaTokens of an image", () => {
  // The examples of the vendors' pages on vision.
  it.each([
    ["gpt-4o", 1_024, 1_024, 765],
    ["gpt-4o", 2_048, 4_096, 1_105],
    ["gpt-4o-mini", 512, 512, 8_500],
    ["gpt-5", 1_024, 1_024, 630],
    ["gpt-4.1-mini", 1_024, 1_024, 1_659],
    ["gpt-6-astra", 1_024, 1_024, 1_229],
    ["gpt-6-astra", 4_032, 3_024, 14_364],
    ["claude-opus-5-5", 1_092, 1_092, 1_521],
    ["claude-opus-4-5", 200, 200, 64],
    ["claude-sonnet-4-5", 4_000, 3_000, 1_568],
    ["claude-opus-4-8", 4_000, 3_000, 4_784],
    ["unknown", 280, 280, 100],
  ])("%s reads %d by %d pixels as %d", (model, width, height, tokens) => {
    expect(imageTokens(model, png(width, height))).toBe(tokens);
  });

  it("is the most that the model takes where the size is unknown", () => {
    for (const model of [
      "gpt-4o",
      "gpt-4o-mini",
      "gpt-4.1-mini",
      "gpt-5.4",
      "gpt-6-sol",
      "claude-opus-4-5",
      "claude-opus-5",
    ]) {
      const most = imageTokens(model, undefined);
      expect(imageTokens(model, "bm8gaW1hZ2U=")).toBe(most);
      for (const [width, height] of [
        [10, 10],
        [1_000, 1_000],
        [2_048, 768],
        [5_000, 3_000],
      ] as const) {
        expect(imageTokens(model, png(width, height))).toBeLessThanOrEqual(most);
      }
    }
  });

  it("does not depend on how many bytes the image has", () => {
    expect(imageTokens("gpt-4o", png(1_024, 1_024) + "A".repeat(4_000_000))).toBe(765);
  });
});

describe("mediaTokens of documents and sound", () => {
  it("grow with their length, and have a value where that is unknown", () => {
    const short = mediaTokens({ kind: "document", base64: "A".repeat(1_000) }, "claude-opus-5");
    const long = mediaTokens({ kind: "document", base64: "A".repeat(1_000_000) }, "claude-opus-5");
    expect(short).toBe(4_500);
    expect(long).toBe(15 * 4_500);
    expect(mediaTokens({ kind: "document", base64: undefined }, "claude-opus-5")).toBe(45_000);
    expect(mediaTokens({ kind: "audio", base64: "A".repeat(64_000) }, "gpt-4o")).toBe(30);
    expect(mediaTokens({ kind: "audio", base64: undefined }, "gpt-4o")).toBe(2_000);
  });
});
