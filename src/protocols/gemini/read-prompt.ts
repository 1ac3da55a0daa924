import { groupMessages } from "../../exchange/grouping.ts";
import type { Kept, Message, Part, Prompt } from "../../exchange/prompt.ts";
import { sha256Hex } from "../../text/hash.ts";
import { checkJson } from "../../wire/json-check.ts";
import { parseAt } from "../../wire/json-text.ts";
import { numberOf, stringOf } from "../../wire/json-value.ts";
import { Notes } from "../../wire/notes.ts";
import { readingRequest } from "../request-faults.ts";
import { shapeOf, systemParts, type ContentShape } from "./content-shape.ts";
import { fieldOf } from "./fields.ts";
import { RequestLayout, type Run } from "./layout.ts";
import { readOffers, readToolChoice } from "./offers.ts";
import type { ContentPart } from "./parts.ts";
import { readPath } from "./path.ts";
import { pairResults, type Answered } from "./result-pairs.ts";

const layouts = new Notes<RequestLayout>();

/** Where things stand in a prompt's body: remembered from its reading, or found again. */
export function layoutOf(prompt: Prompt): RequestLayout {
  const known = layouts.get(prompt);
  if (known !== undefined) return known;
  return readingRequest(prompt.text, () => {
    const layout = new RequestLayout(prompt.text);
    readContents(layout);
    return layout;
  });
}

/** Reads a request: https://ai.google.dev/api/generate-content#method:-models.generatecontent */
export function readPrompt(body: string, path: string): Prompt {
  return readingRequest(body, () => {
    const layout = new RequestLayout(body);
    // What reads a part of the body differently must not come behind us.
    for (const span of layout.others(layout.contents.span, layout.tools?.span, layout.system)) {
      checkJson(body.slice(span.start, span.end));
    }
    const shapes = readContents(layout);
    const { offers, hash } = readOffers(layout);
    const { model, stream } = readPath(path) ?? { model: "", stream: false };
    const config = layout.object("generationConfig");
    const head = headParts(layout);
    const prompt: Prompt = {
      text: body,
      path,
      model,
      stream,
      choices: numberOf(fieldOf(config, "candidateCount")) ?? 1,
      answerTokensMax: numberOf(fieldOf(config, "maxOutputTokens")),
      offers,
      ...(layout.field("cachedContent") === undefined ? {} : { offersElsewhere: true }),
      toolChoice: readToolChoice(layout.object("toolConfig"), offers.length > 0),
      ...place(layout, shapes, head),
      kept: keptBy(layout),
      headHash: sha256Hex(
        "gemini head 1",
        hash,
        head.flatMap(({ kind, texts }) => (kind === "system" ? texts : [])).join(""),
      ),
    };
    layouts.set(prompt, layout);
    return prompt;
  });
}

/** A cached content holds the beginning of the conversation, system instruction and tools included. */
function keptBy(layout: RequestLayout): readonly Kept[] {
  const span = layout.field("cachedContent");
  const id = span === undefined ? undefined : stringOf(parseAt(layout.body, span));
  return id === undefined || id === "" ? [] : [{ kind: "conversation", id }];
}

/** Reads every message, and tells the layout which elements each of them is made of. */
function readContents(layout: RequestLayout): readonly ContentShape[] {
  const { body, contents } = layout;
  const single = contents.items.map(({ start, end }) => shapeOf(body.slice(start, end)));
  const runs: { from: number; to: number }[] = [];
  for (const [index, { role }] of single.entries()) {
    const last = runs.at(-1);
    if (last !== undefined && role === "assistant" && single[index - 1]?.role === "assistant") last.to++;
    else runs.push({ from: index, to: index + 1 });
  }
  layout.runs = runs;
  return runs.map((run) => {
    const shape = run.to === run.from + 1 ? single[run.from] : undefined;
    const { start, end } = spanOf(layout, run);
    return shape ?? shapeOf(body.slice(start, end));
  });
}

function spanOf({ contents, root }: RequestLayout, { from, to }: Run): { start: number; end: number } {
  return { start: (contents.items[from] ?? root).start, end: (contents.items[to - 1] ?? root).end };
}

/** Puts the messages, each read for itself, into their places among each other. */
function place(
  layout: RequestLayout,
  shapes: readonly ContentShape[],
  head: readonly Part[],
): { messages: Message[]; parts: Part[] } {
  const answered = pairResults(shapes);
  const outlines = shapes.map(({ role, calls, hasResults, hasUserContent }, index) => ({
    role,
    hasCalls: calls.length > 0,
    hasResults,
    hasUserContent,
    answers: earliest(answered[index]),
  }));
  const { groups, pinned } = groupMessages(outlines);
  const parts = [...head];
  const messages: Message[] = [];
  for (const [index, shape] of shapes.entries()) {
    const span = spanOf(layout, layout.runs[index] ?? { from: 0, to: 0 });
    const partsFrom = parts.length;
    for (const [at, part] of shape.parts.entries()) {
      const found = { message: index, index: parts.length, from: span.start, pinned: pinned[index] ?? true };
      parts.push(partOf(part, shape.role, found, answered[index]?.[at]));
    }
    const { role, hasCalls, hasResults, hasUserContent } = outlines[index] ?? noOutline;
    const calls = shape.calls;
    messages.push({
      index,
      role,
      span,
      partsFrom,
      partsTo: parts.length,
      hasCalls,
      hasResults,
      hasUserContent,
      callIds: calls.map(({ id }) => id),
      calls,
      group: groups[index] ?? index,
      hash: shape.hash,
    });
  }
  return { messages, parts };
}

const noOutline = { role: "user", hasCalls: false, hasResults: false, hasUserContent: false } as const;

function earliest(answered: readonly (Answered | undefined)[] = []): number | undefined {
  const indexes = answered.flatMap((one) => (one === undefined ? [] : [one.message]));
  return indexes.length === 0 ? undefined : Math.min(...indexes);
}

function partOf(
  part: ContentPart,
  role: Part["role"],
  at: { readonly message: number; readonly index: number; readonly from: number; readonly pinned: boolean },
  answered: Answered | undefined,
): Part {
  const { kind, original, texts, media, span, result } = part;
  const found = {
    index: at.index,
    message: at.message,
    span: { start: span.start + at.from, end: span.end + at.from },
    original,
    pinned: at.pinned,
    kind,
    texts,
    media,
  };
  if (result === undefined) return { ...found, role };
  // What a tool says is no word of the user, although it travels in a content of theirs.
  const callId = answered === undefined ? result.id : answered.id;
  return { ...found, role: "tool", result: { callId, toolName: answered?.name, isError: result.isError } };
}

/** The tools, all offers together, and the parts of the system instruction. */
function headParts({ body, tools, system }: RequestLayout): Part[] {
  const parts: Part[] = [];
  if (tools !== undefined) {
    const { span } = tools;
    const original = body.slice(span.start, span.end);
    const texts = tools.items.map(({ start, end }) => body.slice(start, end));
    const always = { message: -1, role: "system", pinned: true, media: [] } as const;
    parts.push({ ...always, index: 0, kind: "tools", span, original, texts });
  }
  if (system === undefined) return parts;
  for (const part of systemParts(body.slice(system.start, system.end)).parts) {
    const at = { message: -1, index: parts.length, from: system.start, pinned: true };
    parts.push({ ...partOf(part, "system", at, undefined), kind: "system" });
  }
  return parts;
}
