import { groupMessages, type Grouping } from "../../exchange/grouping.ts";
import type { Kept, Message, Part, Prompt, Span, ToolOffer } from "../../exchange/prompt.ts";
import { canonicalJson } from "../../text/canonical-json.ts";
import { sha256Hex } from "../../text/hash.ts";
import { checkJson } from "../../wire/json-check.ts";
import { parseAt, stringAt } from "../../wire/json-text.ts";
import { numberOf, objectOf, stringOf } from "../../wire/json-value.ts";
import { Notes } from "../../wire/notes.ts";
import { byContent } from "../../wire/by-content.ts";
import { readingRequest } from "../request-faults.ts";
import { itemShape, userText, type ItemShape } from "./item-shape.ts";
import { RequestLayout } from "./layout.ts";
import { offersIn, toolChoiceOf, type Offer } from "./offers.ts";
import { pairResults, type AnsweredCall } from "./result-pairs.ts";
import { runsOf, type Run } from "./runs.ts";

const layouts = new Notes<RequestLayout>();

/** Where things stand in a prompt's body: remembered from its reading, or found again. */
export function layoutOf(prompt: Prompt): RequestLayout {
  return layouts.get(prompt) ?? readingRequest(prompt.text, () => new RequestLayout(prompt.text));
}

/** The shapes of all items of a request, in order. */
export function itemsOf(layout: RequestLayout): ItemShape[] {
  const { body, form, items } = layout;
  if (form === "text") return items.map((span) => userText(stringAt(body, span) ?? ""));
  return items.map((span) => itemShape(body.slice(span.start, span.end)));
}

/** Reads a request: https://platform.openai.com/docs/api-reference/responses/create */
export function readPrompt(body: string, path = "/v1/responses"): Prompt {
  return readingRequest(body, () => {
    const layout = new RequestLayout(body);
    // Parsed only to see that all of it is JSON: what reads it differently must not come behind us.
    for (const span of layout.others("input", "tools")) parseAt(body, span);
    const items = itemsOf(layout);
    const offers = currentOffers(definitionsIn(layout, items));
    const kept = keptBy(layout, items);
    const prompt: Prompt = {
      text: body,
      path,
      model: stringOf(layout.value("model")) ?? "",
      stream: layout.value("stream") === true,
      choices: 1,
      answerTokensMax: numberOf(layout.value("max_output_tokens")),
      offers,
      ...(layout.span("prompt") === undefined ? {} : { offersElsewhere: true }),
      toolChoice: toolChoiceOf(layout.value("tool_choice"), offers.length > 0),
      ...place(layout, items, kept),
      kept,
      headHash: headHash(layout),
    };
    layouts.set(prompt, layout);
    return prompt;
  });
}

interface ToolsShape {
  readonly offers: readonly Offer[];
  readonly hash: string;
}

const toolsShape: (raw: string) => ToolsShape = byContent(8 * 1024 * 1024, (raw) => {
  checkJson(raw);
  return {
    offers: offersIn(raw, { start: 0, end: raw.length }),
    hash: sha256Hex("tools", canonicalJson(raw) ?? raw),
  };
});

function toolsOf(layout: RequestLayout): ToolsShape | undefined {
  const span = layout.span("tools");
  if (span === undefined) return undefined;
  return toolsShape(layout.body.slice(span.start, span.end));
}

/** Every definition of a tool in a request: of `tools`, and of the items that offer more on the way. */
export function definitionsIn(layout: RequestLayout, items: readonly ItemShape[]): Offer[] {
  const tools = layout.span("tools");
  return [
    ...(tools === undefined ? [] : moved(toolsOf(layout)?.offers ?? [], tools)),
    ...items.flatMap(({ offers }, index) => moved(offers, layout.items[index] ?? layout.root)),
  ];
}

function moved(offers: readonly Offer[], { start }: Span): Offer[] {
  return offers.map((offer) => ({
    ...offer,
    span: { start: start + offer.span.start, end: start + offer.span.end },
  }));
}

/** A tool that is defined again on the way is offered as it was defined last. */
function currentOffers(definitions: readonly Offer[]): ToolOffer[] {
  const last = new Map(definitions.map((offer) => [offer.name, offer]));
  return [...last.values()].map((offer, index) => ({ ...offer, index }));
}

/** Instructions, tools and a prompt that is stored at the provider: all that stands before the items. */
function headHash(layout: RequestLayout): string {
  const texts = ["instructions", "prompt"].map((key) => {
    const span = layout.span(key);
    if (span === undefined) return "";
    const raw = layout.body.slice(span.start, span.end);
    return canonicalJson(raw) ?? raw;
  });
  return sha256Hex("openai-responses head", ...texts, toolsOf(layout)?.hash ?? "");
}

function keptBy(layout: RequestLayout, items: readonly ItemShape[]): readonly Kept[] {
  const answer = stringOf(layout.value("previous_response_id"));
  const conversation = layout.value("conversation");
  const conversationId = stringOf(conversation) ?? stringOf(objectOf(conversation)?.["id"]);
  return [
    ...(answer === undefined ? [] : [{ kind: "answer", id: answer } as const]),
    ...(conversationId === undefined ? [] : [{ kind: "conversation", id: conversationId } as const]),
    ...items.flatMap(({ reference }) =>
      reference === undefined ? [] : [{ kind: "item", id: reference } as const],
    ),
  ];
}

/** Puts the items, each read for itself, into their places among each other. */
function place(
  layout: RequestLayout,
  items: readonly ItemShape[],
  kept: readonly Kept[],
): { messages: Message[]; parts: Part[] } {
  const runs = runsOf(items);
  const answered = pairResults(runs, items);
  const { groups, pinned } = groupsOf(runs, answered, kept);
  const parts = headParts(layout);
  const messages: Message[] = [];
  for (const [index, run] of runs.entries()) {
    const partsFrom = parts.length;
    for (let at = run.from; at < run.to; at++) {
      const item = items[at];
      if (item !== undefined)
        parts.push(partOf(layout, item, at, { index, pinned, answered: answered[index] }, parts.length));
    }
    messages.push({
      index,
      role: run.role,
      span: spanOf(layout, run),
      partsFrom,
      partsTo: parts.length,
      hasCalls: run.hasCalls,
      hasResults: run.hasResults,
      hasUserContent: run.hasUserContent,
      callIds: run.calls.map(({ id }) => id),
      calls: run.calls,
      group: groups[index] ?? index,
      hash: run.hash,
    });
  }
  return { messages, parts };
}

/**
 * The call of a result may be kept at the provider, which refuses the request once the result leaves.
 * From the first such result on nothing leaves.
 */
function groupsOf(
  runs: readonly Run[],
  answered: readonly (AnsweredCall | undefined)[],
  kept: readonly Kept[],
): Grouping {
  const grouping = groupMessages(runs.map((run, index) => ({ ...run, answers: answered[index]?.message })));
  const leansOn = kept.some(({ kind }) => kind !== "item");
  const first = leansOn
    ? runs.findIndex((run, index) => run.hasResults && answered[index] === undefined)
    : -1;
  if (first === -1) return grouping;
  return {
    groups: grouping.groups.map((group, index) =>
      index < first ? group : (grouping.groups[first] ?? group),
    ),
    pinned: grouping.pinned.map((one, index) => one || index >= first),
  };
}

function spanOf(layout: RequestLayout, { from, to }: Run): Span {
  return { start: layout.items[from]?.start ?? 0, end: layout.items[to - 1]?.end ?? 0 };
}

interface Place {
  readonly index: number;
  readonly pinned: readonly boolean[];
  readonly answered: AnsweredCall | undefined;
}

function partOf(
  layout: RequestLayout,
  item: ItemShape,
  at: number,
  { index, pinned, answered }: Place,
  partIndex: number,
): Part {
  const span = layout.items[at] ?? layout.root;
  return {
    index: partIndex,
    message: index,
    role: item.role,
    kind: item.kind,
    span,
    original: layout.body.slice(span.start, span.end),
    pinned: pinned[index] === true,
    texts: item.texts,
    media: item.media,
    ...(item.kind === "result" && {
      result: { callId: resultId(item), toolName: answered?.name, isError: item.isError },
    }),
  };
}

function resultId({ answers }: ItemShape): string {
  return answers?.slice(answers.indexOf(" ") + 1) ?? "";
}

function headParts(layout: RequestLayout): Part[] {
  const parts: Part[] = [];
  for (const key of ["tools", "instructions"] as const) {
    const span = layout.span(key);
    if (span === undefined) continue;
    const original = layout.body.slice(span.start, span.end);
    const kind = key === "tools" ? "tools" : "system";
    const texts = [stringAt(layout.body, span) ?? original];
    parts.push({
      index: parts.length,
      message: -1,
      role: "system",
      kind,
      span,
      original,
      pinned: true,
      texts,
      media: [],
    });
  }
  return parts;
}
