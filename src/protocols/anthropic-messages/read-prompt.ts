import { groupMessages } from "../../exchange/grouping.ts";
import type { Kept, Message, Part, Prompt, Role, ToolChoice, ToolOffer } from "../../exchange/prompt.ts";
import { checkJson } from "../../wire/json-check.ts";
import { parseAt } from "../../wire/json-text.ts";
import { objectOf, stringOf } from "../../wire/json-value.ts";
import { readingRequest } from "../request-faults.ts";
import { answeredCalls } from "./answered-calls.ts";
import type { Answered } from "./answered-calls.ts";
import { kindOf } from "./blocks.ts";
import type { Block } from "./blocks.ts";
import { moved, readHead } from "./head.ts";
import type { Head } from "./head.ts";
import { findLayout, rememberLayout, valueOf } from "./layout.ts";
import type { Layout } from "./layout.ts";
import { shapeOf } from "./message-shape.ts";
import type { MessageShape } from "./message-shape.ts";
import { offersAfter } from "./offer-changes.ts";

/** Reads the body of `POST /v1/messages`. */
export function readPrompt(body: string, path = "/v1/messages"): Prompt {
  return readingRequest(body, () => {
    const layout = findLayout(body);
    checkOtherMembers(body, layout);
    const head = readHead(body, layout);
    const shapes = layout.messages.elements.map((span) => shapeOf(body.slice(span.start, span.end)));
    const field = (name: string): unknown => {
      const span = valueOf(body, layout.members, name);
      return span === undefined ? undefined : parseAt(body, span);
    };
    const model = field("model");
    const answerTokensMax = field("max_tokens");
    const prompt: Prompt = {
      text: body,
      path,
      model: typeof model === "string" ? model : "",
      stream: field("stream") === true,
      choices: 1,
      answerTokensMax: typeof answerTokensMax === "number" ? answerTokensMax : undefined,
      offers: offersIn(head, shapes, layout),
      toolChoice: toolChoiceOf(field("tool_choice")),
      ...messagesIn(head, shapes, layout),
      kept: keptBy(field("thread")),
      headHash: head.hash,
    };
    return rememberLayout(prompt, layout);
  });
}

/** A thread is kept by the provider: the body has only what is new in it. */
function keptBy(thread: unknown): readonly Kept[] {
  const { type, previous_message_id: previous } = objectOf(thread) ?? {};
  if (thread === undefined || thread === null) return [];
  return type === "continue"
    ? [{ kind: "answer", id: typeof previous === "string" ? previous : null }]
    : [{ kind: "conversation", id: null }];
}

/** System, tools and messages are checked where they are read, once for each content. */
function checkOtherMembers(body: string, layout: Layout): void {
  const read = [layout.system, layout.tools?.span, layout.messages.span];
  for (const { value } of layout.members) {
    if (!read.some((span) => span?.start === value.start)) checkJson(body.slice(value.start, value.end));
  }
}

function offersIn(head: Head, shapes: readonly MessageShape[], layout: Layout): ToolOffer[] {
  const changes = shapes.flatMap(({ offerChanges }, index) =>
    offerChanges.map((change) =>
      change.kind === "add"
        ? { ...change, offer: { ...change.offer, span: moved(change.offer.span, startOf(layout, index)) } }
        : change,
    ),
  );
  return offersAfter(head.offers, changes).map(({ identity: _identity, ...offer }, index) => ({
    ...offer,
    index,
  }));
}

function toolChoiceOf(value: unknown): ToolChoice {
  const choice = objectOf(value) ?? {};
  switch (choice["type"]) {
    case "none":
      return { kind: "none" };
    case "any":
      return { kind: "required" };
    case "tool":
      return { kind: "named", names: [stringOf(choice["name"]) ?? ""] };
    default:
      return { kind: "auto" };
  }
}

function messagesIn(
  head: Head,
  shapes: readonly MessageShape[],
  layout: Layout,
): { messages: Message[]; parts: Part[] } {
  const parts: Part[] = headParts(head);
  const answered = answeredCalls(shapes);
  let partsTo = parts.length;
  const ungrouped = shapes.map((shape, index) => {
    const partsFrom = partsTo;
    partsTo += shape.blocks.length;
    return ungroupedMessage(shape, index, layout, { partsFrom, partsTo });
  });
  const { groups, pinned } = groupMessages(
    ungrouped.map((message, index) => ({ ...message, answers: earliest(answered[index]) })),
  );
  for (const [message, { role, blocks }] of shapes.entries()) {
    for (const [at, block] of blocks.entries()) {
      parts.push({
        ...partOf(block, role, parts.length, answered[message]?.[at]?.toolName),
        message,
        span: moved(block.span, startOf(layout, message)),
        pinned: pinned[message] ?? true,
      });
    }
  }
  return {
    messages: ungrouped.map((message, index) => ({ ...message, group: groups[index] ?? index })),
    parts,
  };
}

function earliest(answered: readonly (Answered | undefined)[] = []): number | undefined {
  const indexes = answered.flatMap((one) => (one === undefined ? [] : [one.message]));
  return indexes.length === 0 ? undefined : Math.min(...indexes);
}

function ungroupedMessage(
  shape: MessageShape,
  index: number,
  layout: Layout,
  range: { readonly partsFrom: number; readonly partsTo: number },
): Omit<Message, "group"> {
  const { role, calls, asked, hasResults, hasUserContent, hash } = shape;
  return {
    index,
    role,
    span: layout.messages.elements[index] ?? { start: 0, end: 0 },
    ...range,
    hasCalls: calls.length > 0,
    hasResults,
    hasUserContent,
    callIds: calls.map(({ id }) => id),
    calls: asked,
    hash,
  };
}

function headParts(head: Head): Part[] {
  const parts: Part[] = [];
  const outside = { message: -1, role: "system", pinned: true } as const;
  if (head.tools !== null) parts.push({ ...outside, ...head.tools, index: 0, kind: "tools", media: [] });
  for (const block of head.system) {
    parts.push({ ...partOf(block, "system", parts.length, undefined), ...outside, span: block.span });
  }
  return parts;
}

function partOf(
  block: Block,
  role: Role,
  index: number,
  toolName: string | undefined,
): Omit<Part, "message" | "span" | "pinned"> {
  const { original, texts, media, result } = block;
  const part = { index, kind: kindOf(block, role), original, texts, media };
  // What a tool says is no word of the user, although it travels in a message of theirs.
  return result === undefined
    ? { ...part, role }
    : { ...part, role: "tool", result: { ...result, toolName } };
}

function startOf(layout: Layout, message: number): number {
  return layout.messages.elements[message]?.start ?? 0;
}
