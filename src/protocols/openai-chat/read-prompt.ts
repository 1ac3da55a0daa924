import { groupMessages, type MessageOutline } from "../../exchange/grouping.ts";
import type { Message, Part, Prompt } from "../../exchange/prompt.ts";
import { parseAt, type Span } from "../../wire/json-text.ts";
import { numberOf, stringOf } from "../../wire/json-value.ts";
import { malformed, readingRequest, RequestLayout } from "./layout.ts";
import { isUserContent, shapeOf, type MessageShape } from "./message-shape.ts";
import { offerLists, readOffers, readToolChoice } from "./offers.ts";
import { pairResults, type AnsweredCall } from "./result-pairs.ts";

const layouts = new WeakMap<Prompt, RequestLayout>();

/** Where things stand in a prompt's body: remembered from its reading, or found again. */
export function layoutOf(prompt: Prompt): RequestLayout {
  return layouts.get(prompt) ?? readingRequest(() => new RequestLayout(prompt.text));
}

/** Reads a request: https://platform.openai.com/docs/api-reference/chat/create */
export function readPrompt(body: string, path = "/v1/chat/completions"): Prompt {
  return readingRequest(() => {
    const layout = new RequestLayout(body);
    const spans = layout.elements("messages");
    if (spans === undefined) throw malformed('The request has no array "messages".');
    // Parsed only to see that all of it is JSON: what reads it differently must not come behind us.
    for (const span of layout.others("messages", ...offerLists)) parseAt(body, span);
    const shapes = spans.map((span, index) => readShape(body, span, index));
    const { offers, hash } = readOffers(layout);
    const prompt: Prompt = {
      text: body,
      path,
      model: stringOf(layout.value("model")) ?? "",
      stream: layout.value("stream") === true,
      choices: numberOf(layout.value("n")) ?? 1,
      answerTokensMax:
        numberOf(layout.value("max_completion_tokens")) ?? numberOf(layout.value("max_tokens")),
      offers,
      toolChoice: readToolChoice(layout, offers.length > 0),
      ...place(layout, spans, shapes),
      kept: [],
      headHash: hash,
    };
    layouts.set(prompt, layout);
    return prompt;
  });
}

function readShape(body: string, span: Span, index: number): MessageShape {
  const shape = shapeOf(body.slice(span.start, span.end), () => parseAt(body, span));
  if (shape === undefined) throw malformed(`messages[${index}] is not an object.`);
  return shape;
}

/** Puts the messages, each read for itself, into their places among each other. */
function place(
  layout: RequestLayout,
  spans: readonly Span[],
  shapes: readonly MessageShape[],
): { messages: Message[]; parts: Part[] } {
  const answered = pairResults(shapes);
  const outlines = shapes.map((shape, index) => outlineOf(shape, answered[index]));
  const { groups, pinned } = groupMessages(outlines);
  const parts: Part[] = toolParts(layout);
  const messages: Message[] = [];
  for (const [index, shape] of shapes.entries()) {
    const span = spans[index] ?? layout.root;
    messages.push({
      index,
      role: shape.role,
      span,
      partsFrom: parts.length,
      partsTo: parts.length + 1,
      hasCalls: shape.calls.length > 0,
      hasResults: shape.role === "tool",
      hasUserContent: isUserContent(shape),
      callIds: shape.calls.map((call) => call.id),
      calls: shape.calls,
      group: groups[index] ?? index,
      hash: shape.hash,
    });
    parts.push({
      index: parts.length,
      message: index,
      role: shape.role,
      kind: shape.kind,
      span,
      original: layout.body.slice(span.start, span.end),
      pinned: pinned[index] === true,
      texts: shape.texts,
      media: shape.media,
      ...(shape.role === "tool" && {
        result: { callId: shape.answers ?? "", toolName: answered[index]?.name, isError: false },
      }),
    });
  }
  return { messages, parts };
}

function outlineOf(shape: MessageShape, answered: AnsweredCall | undefined): MessageOutline {
  return {
    role: shape.role,
    hasCalls: shape.calls.length > 0,
    hasResults: shape.role === "tool",
    hasUserContent: isUserContent(shape),
    answers: answered?.message,
  };
}

/** All offers of a list are one part. A request that uses both lists has two such parts. */
function toolParts(layout: RequestLayout): Part[] {
  const spans = offerLists.map((list) => layout.span(list)).filter((span) => span !== undefined);
  return spans.map((span, index) => {
    const original = layout.body.slice(span.start, span.end);
    return {
      index,
      message: -1,
      role: "system",
      kind: "tools",
      span,
      original,
      pinned: true,
      texts: [original],
      media: [],
    };
  });
}
