import type { ToolChoice } from "../../exchange/prompt.ts";
import { parseAt, type Span } from "../../wire/json-text.ts";
import { numberOf, stringOf } from "../../wire/json-value.ts";
import { offerLists, readOffers, readToolChoice, type Offer } from "./offers.ts";
import { TopLevel } from "./top-level.ts";

/** All that a request says besides its messages. Spans count in its text without their elements. */
export interface RequestHead {
  readonly model: string;
  readonly stream: boolean;
  readonly choices: number;
  readonly answerTokensMax: number | undefined;
  readonly offers: readonly Offer[];
  readonly toolChoice: ToolChoice;
  readonly hash: string;
  /** Each list of offers that is there: all offers of a list are one part of a prompt. */
  readonly offerTexts: readonly OfferText[];
}

interface OfferText {
  readonly span: Span;
  readonly original: string;
  readonly texts: readonly string[];
}

/** Reads a request without its messages. Throws `JsonTextError` where any of it is no JSON. */
export function readHead(text: string): RequestHead {
  const top = new TopLevel(text);
  const values = valuesOf(top);
  const { offers, hash, texts } = readOffers(top);
  return {
    model: stringOf(values.get("model")) ?? "",
    stream: values.get("stream") === true,
    choices: numberOf(values.get("n")) ?? 1,
    answerTokensMax: numberOf(values.get("max_completion_tokens")) ?? numberOf(values.get("max_tokens")),
    offers,
    toolChoice: readToolChoice(values.get("tool_choice") ?? values.get("function_call"), offers.length > 0),
    hash,
    offerTexts: offerLists.flatMap((list) => {
      const span = top.span(list);
      if (span === undefined) return [];
      const listTexts = texts.get(list) ?? [text.slice(span.start, span.end)];
      return [{ span, original: listTexts.join(""), texts: listTexts }];
    }),
  };
}

/**
 * The values of all members but the lists that are read by their elements. All of a request is parsed
 * somewhere, so that nothing that others read differently comes behind us.
 */
function valuesOf(top: TopLevel): ReadonlyMap<string, unknown> {
  const lists = new Set(offerLists.map((list) => top.array(list)));
  const values = new Map<string, unknown>();
  for (const { key, value } of top.members) {
    if (!lists.has(value)) values.set(key, parseAt(top.text, value));
  }
  return values;
}
