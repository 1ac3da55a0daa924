import type { Span } from "../../exchange/prompt.ts";
import { sha256Hex } from "../../text/hash.ts";
import { checkJson } from "../../wire/json-check.ts";
import { elements, parseAt, rootSpan, typeAt } from "../../wire/json-text.ts";
import type { Block } from "./blocks.ts";
import { byContent } from "../../wire/by-content.ts";
import { malformed } from "../request-faults.ts";
import type { Layout } from "./layout.ts";
import { readContent } from "./message-shape.ts";
import { readOffer } from "./offers.ts";
import type { OfferShape } from "./offers.ts";

/** What stands before the messages. Spans count from the start of the body. */
export interface Head {
  readonly tools: {
    readonly span: Span;
    readonly original: string;
    readonly texts: readonly string[];
  } | null;
  readonly offers: readonly OfferShape[];
  readonly system: readonly Block[];
  readonly hash: string;
}

/** System prompts and tool lists kept with what was found in them, in UTF-16 units of text. */
const headCharsMax = 8 * 1024 * 1024;

const systemBlocks = byContent(headCharsMax, (text): { readonly blocks: readonly Block[] } => {
  const root = rootSpan(text);
  return { blocks: readContent(text, root, parseAt(text, root)) };
});

const toolOffers = byContent(headCharsMax, (text) => {
  checkJson(text);
  const spans = elements(text, rootSpan(text));
  const offers = spans.map((span) => {
    if (typeAt(text, span) !== "object") throw malformed("Each element of `tools` must be an object.");
    return readOffer(text, span, span);
  });
  return { original: text, texts: spans.map(({ start, end }) => text.slice(start, end)), offers };
});

export function readHead(body: string, layout: Layout): Head {
  const { system, tools } = layout;
  const blocks = system === undefined ? [] : systemBlocks(body.slice(system.start, system.end)).blocks;
  const list = tools === undefined ? undefined : toolOffers(body.slice(tools.span.start, tools.span.end));
  return {
    tools:
      tools === undefined || list === undefined
        ? null
        : { span: tools.span, original: list.original, texts: list.texts },
    offers: (list?.offers ?? []).map((offer) => ({ ...offer, span: moved(offer.span, tools?.span.start) })),
    system: blocks.map((block) => ({ ...block, span: moved(block.span, system?.start) })),
    hash: sha256Hex(
      "anthropic head 1",
      blocks.flatMap(({ texts }) => texts).join(""),
      ...(list?.offers ?? []).map(({ identity }) => identity),
    ),
  };
}

/** The span as it is in the text of which the span's own text begins at `start`. */
export function moved(span: Span, start = 0): Span {
  return { start: span.start + start, end: span.end + start };
}
