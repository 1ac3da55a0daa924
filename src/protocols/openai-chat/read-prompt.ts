import { groupMessages, type MessageOutline } from "../../exchange/grouping.ts";
import type { Message, Part, Prompt, Span, ToolChoice, ToolOffer } from "../../exchange/prompt.ts";
import type { CutList } from "../../wire/cut-body.ts";
import { RequestLayout } from "./layout.ts";
import type { MessageShape } from "./message-shape.ts";
import type { Offer } from "./offers.ts";
import { malformed, readingRequest } from "../request-faults.ts";
import { pairResults, type AnsweredCall } from "./result-pairs.ts";

/**
 * A class, although a prompt is nothing but data: an accessor in an object literal makes a hidden class of
 * its own for each object, which holds whatever the accessor sees until the next full collection.
 */
class ChatPrompt implements Prompt {
  readonly path: string;
  readonly model: string;
  readonly stream: boolean;
  readonly choices: number;
  readonly answerTokensMax: number | undefined;
  readonly offers: readonly ToolOffer[];
  readonly toolChoice: ToolChoice;
  readonly messages: readonly Message[];
  readonly parts: readonly Part[];
  readonly kept: readonly [] = [];
  readonly headHash: string;
  readonly layout: RequestLayout;

  constructor(layout: RequestLayout, list: CutList<MessageShape>, path: string) {
    const { head, cut } = layout;
    const { messages, parts } = place(list, toolParts(layout));
    this.path = path;
    this.model = head.model;
    this.stream = head.stream;
    this.choices = head.choices;
    this.answerTokensMax = head.answerTokensMax;
    this.offers = head.offers.map((offer, index) => placed(offer, index, cut.inWhole(offer.span)));
    this.toolChoice = head.toolChoice;
    this.messages = messages;
    this.parts = parts;
    this.headHash = head.hash;
    this.layout = layout;
  }

  /** Made when it is asked for: of a request that only passes, nobody needs the whole text. */
  get text(): string {
    return this.layout.cut.text;
  }
}

/** Where things stand in a prompt's body: known from its reading, or found again. */
export function layoutOf(prompt: Prompt): RequestLayout {
  return prompt instanceof ChatPrompt
    ? prompt.layout
    : readingRequest(prompt.text, () => new RequestLayout(prompt.text));
}

/** Reads a request: https://platform.openai.com/docs/api-reference/chat/create */
export function readPrompt(body: string | Uint8Array, path = "/v1/chat/completions"): Prompt {
  return readingRequest(body, () => {
    const layout = new RequestLayout(body);
    const { list } = layout.cut;
    if (list === undefined) throw malformed('The request has no array "messages".');
    return new ChatPrompt(layout, list, path);
  });
}

/** While it is put together: a spread costs more than all that is spread. */
type Placed<Thing> = { -readonly [Key in keyof Thing]: Thing[Key] };

/** Puts the messages, each read for itself, into their places among each other. */
function place(
  { elements, spans }: CutList<MessageShape>,
  outside: readonly Part[],
): { messages: Message[]; parts: Part[] } {
  const shapes = elements.map(({ derived }) => derived);
  const answered = pairResults(shapes);
  const { groups, pinned } = groupMessages(shapes.map((shape, index) => outlineOf(shape, answered[index])));
  const parts = [...outside];
  const messages: Message[] = [];
  for (const [index, shape] of shapes.entries()) {
    const span = spans[index] as Span;
    messages.push({
      index,
      role: shape.role,
      span,
      partsFrom: parts.length,
      partsTo: parts.length + 1,
      hasCalls: shape.calls.length > 0,
      hasResults: shape.role === "tool",
      hasUserContent: shape.hasUserContent,
      callIds: shape.callIds,
      calls: shape.calls,
      group: groups[index] ?? index,
      hash: shape.hash,
    });
    const part: Placed<Part> = {
      index: parts.length,
      message: index,
      role: shape.role,
      kind: shape.kind,
      span,
      original: shape.original,
      pinned: pinned[index] === true,
      texts: shape.texts,
      media: shape.media,
    };
    if (shape.answers !== undefined) {
      part.result = { callId: shape.answers, toolName: answered[index]?.name, isError: false };
    }
    parts.push(part);
  }
  return { messages, parts };
}

function outlineOf(shape: MessageShape, answered: AnsweredCall | undefined): MessageOutline {
  return {
    role: shape.role,
    hasCalls: shape.calls.length > 0,
    hasResults: shape.role === "tool",
    hasUserContent: shape.hasUserContent,
    answers: answered?.message,
  };
}

function placed(offer: Offer, index: number, span: Span): ToolOffer {
  const { name, kind, description, schemaText, strict, grammar } = offer;
  const here: Placed<ToolOffer> = { index, name, kind, description, schemaText, strict, span };
  if (grammar !== undefined) here.grammar = grammar;
  return here;
}

/** All offers of a list are one part. A request that uses both lists has two such parts. */
function toolParts({ head, cut }: RequestLayout): Part[] {
  return head.offerTexts.map(({ span, original, texts }, index) => ({
    index,
    message: -1,
    role: "system",
    kind: "tools",
    span: cut.inWhole(span),
    original,
    pinned: true,
    texts,
    media: [],
  }));
}
