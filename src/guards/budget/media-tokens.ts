import type { Media } from "../../exchange/prompt.ts";
import { imageSize, type ImageSize } from "../../text/image-size.ts";
import { matchesPattern, plainName } from "./windows.ts";

/**
 * How a family of models counts an image. `patches`: one token for each square of `patchPixels`,
 * times `tokensPerPatch`, after scaling into `edgePixelsMax` and `patchesMax`. `tiles`: a base and so
 * many for each tile of 512 pixels, after scaling into 2,048 pixels and to a shorter side of 768.
 */
type ImageRule =
  | {
      readonly kind: "patches";
      readonly patchPixels: number;
      readonly tokensPerPatch: number;
      readonly patchesMax: number;
      readonly edgePixelsMax: number;
    }
  | { readonly kind: "tiles"; readonly baseTokens: number; readonly tokensPerTile: number };

const openaiPatches = (tokensPerPatch: number, patchesMax: number): ImageRule => ({
  kind: "patches",
  patchPixels: 32,
  tokensPerPatch,
  patchesMax,
  edgePixelsMax: 65_536,
});
const claudePatches = (patchesMax: number, edgePixelsMax: number): ImageRule => ({
  kind: "patches",
  patchPixels: 28,
  tokensPerPatch: 1,
  patchesMax,
  edgePixelsMax,
});
const tiles = (baseTokens: number, tokensPerTile: number): ImageRule => ({
  kind: "tiles",
  baseTokens,
  tokensPerTile,
});

/**
 * https://developers.openai.com/api/docs/guides/images-vision#calculating-costs and
 * https://platform.claude.com/docs/en/build-with-claude/vision. The detail that a request asks for is
 * not looked at: every image counts as its model reads it at full size.
 */
const imageRules: readonly (readonly [pattern: string, rule: ImageRule])[] = [
  ["gpt-6*", openaiPatches(1.2, 30_000)],
  ["gpt-5.6*", openaiPatches(1.2, 30_000)],
  ["gpt-5.4-mini*", openaiPatches(1.62, 1_536)],
  ["gpt-5.4-nano*", openaiPatches(2.46, 1_536)],
  ["gpt-5.4*", openaiPatches(1.2, 10_000)],
  ["gpt-5.5*", openaiPatches(1.2, 10_000)],
  ["gpt-5-mini*", openaiPatches(1.62, 1_536)],
  ["gpt-5-nano*", openaiPatches(2.46, 1_536)],
  ["gpt-5*", tiles(70, 140)],
  ["gpt-4.1-mini*", openaiPatches(1.62, 1_536)],
  ["gpt-4.1-nano*", openaiPatches(2.46, 1_536)],
  ["gpt-4o-mini*", tiles(2_833, 5_667)],
  ["o4-mini*", openaiPatches(1.72, 1_536)],
  ["gpt-4*", tiles(85, 170)],
  ["chatgpt-4o*", tiles(85, 170)],
  ["o1*", tiles(75, 150)],
  ["o3*", tiles(75, 150)],
  ["claude-3*", claudePatches(1_568, 1_568)],
  ["claude-opus-4-7*", claudePatches(4_784, 2_576)],
  ["claude-opus-4-8*", claudePatches(4_784, 2_576)],
  ["claude-*-4*", claudePatches(1_568, 1_568)],
];
/** Newer models of Anthropic; and, of models that nothing is known of, the most that is common. */
const newest = claudePatches(4_784, 2_576);

/** A page of a PDF is read as text and as an image. */
const tokensPerPage = 4_500;
const bytesPerPage = 50_000;
const pagesUnknown = 10;
/** Ten a second, of sound at 16 kB a second. */
const bytesPerAudioToken = 1_600;
const audioTokensUnknown = 2_000;

/** Tokens of something that is not text. Its Base64 is never counted as text. */
export function mediaTokens(media: Media, model: string): number {
  if (media.kind === "image") return imageTokens(media.base64, ruleOf(model));
  const bytes = media.base64 === undefined ? undefined : (media.base64.length * 3) / 4;
  if (media.kind === "audio") {
    return bytes === undefined ? audioTokensUnknown : Math.ceil(bytes / bytesPerAudioToken);
  }
  return tokensPerPage * (bytes === undefined ? pagesUnknown : Math.max(1, Math.ceil(bytes / bytesPerPage)));
}

function ruleOf(model: string): ImageRule {
  const name = plainName(model);
  return imageRules.find(([pattern]) => matchesPattern(pattern, name))?.[1] ?? newest;
}

function imageTokens(base64: string | undefined, rule: ImageRule): number {
  const size = base64 === undefined ? undefined : imageSize(base64);
  if (rule.kind === "tiles") return rule.baseTokens + rule.tokensPerTile * tileCount(size);
  return Math.ceil(rule.tokensPerPatch * patchCount(size, rule));
}

/** Of unknown size: the most that an image can have, 4 by 2 tiles. */
function tileCount(size: ImageSize | undefined): number {
  if (size === undefined) return 8;
  const fit = Math.min(1, 2_048 / Math.max(size.width, size.height));
  const scale = Math.min(fit, 768 / Math.min(size.width, size.height));
  return Math.ceil((size.width * scale) / 512) * Math.ceil((size.height * scale) / 512);
}

function patchCount(size: ImageSize | undefined, rule: ImageRule & { readonly kind: "patches" }): number {
  if (size === undefined) return rule.patchesMax;
  const scale = Math.min(1, rule.edgePixelsMax / Math.max(size.width, size.height));
  const across = Math.ceil((size.width * scale) / rule.patchPixels);
  const down = Math.ceil((size.height * scale) / rule.patchPixels);
  return Math.min(rule.patchesMax, across * down);
}
