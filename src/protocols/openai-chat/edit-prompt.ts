import type { Prompt, PromptEdit } from "../../exchange/prompt.ts";
import {
  appendInString,
  applyEdits,
  changeList,
  removeMembers,
  setMember,
  type TextEdit,
} from "../../wire/json-edit.ts";
import { elements, member, members, parseAt, stringAt, typeAt, type Span } from "../../wire/json-text.ts";
import { objectOf } from "../../wire/json-value.ts";
import { KeptEdits } from "../../wire/kept-edits.ts";
import { textOf } from "./content.ts";
import { editOffers } from "./edit-offers.ts";
import type { RequestLayout } from "./layout.ts";
import { reasoningKeys } from "./message-shape.ts";
import { layoutOf } from "./read-prompt.ts";

type EditOf<Kind extends PromptEdit["kind"]> = Extract<PromptEdit, { kind: Kind }>;

/** Between what a system prompt says and what is added to it. */
const paragraph = "\n\n";

/** The body with the edits carried out; without edits the very same string. */
export function editPrompt(prompt: Prompt, edits: readonly PromptEdit[]): string {
  if (edits.length === 0) return prompt.text;
  const layout = layoutOf(prompt);
  const list = new MessageListChange(prompt, layout);
  const appended: string[] = [];
  const textEdits: TextEdit[] = [];
  // What leaves is known first: nothing inside a message that leaves is edited.
  for (const edit of edits) {
    if (edit.kind === "drop-messages") list.drop(edit);
    else if (edit.kind === "replace-message") list.replace(edit);
    else if (edit.kind === "insert") list.insert(edit.after + 1, edit.role, edit.text);
    else if (edit.kind === "append-system") appended.push(edit.text);
  }
  for (const edit of edits) {
    if (edit.kind === "result-texts") textEdits.push(...resultTexts(prompt, list, edit));
    else if (edit.kind === "drop-thinking") textEdits.push(...dropThinking(prompt, list, edit));
  }
  if (appended.length > 0) textEdits.push(...appendSystem(prompt, list, appended.join(paragraph)));
  textEdits.push(...editOffers(prompt, layout, edits));
  return applyEdits(prompt.text, [...list.textEdits(), ...textEdits]);
}

/** Collects which messages leave and which come, so that the commas are set once. */
class MessageListChange {
  readonly #prompt: Prompt;
  readonly #layout: RequestLayout;
  readonly removed = new Set<number>();
  readonly #inserted = new Map<number, string[]>();
  readonly #replaced = new Map<number, readonly string[]>();

  constructor(prompt: Prompt, layout: RequestLayout) {
    this.#prompt = prompt;
    this.#layout = layout;
  }

  drop({ from, to }: EditOf<"drop-messages">): void {
    for (const message of this.#prompt.messages.slice(from, to)) {
      if (message.role !== "system") this.removed.add(message.index);
    }
  }

  replace({ message, rawMessages }: EditOf<"replace-message">): void {
    this.removed.add(message);
    this.#replaced.set(message, rawMessages);
  }

  insert(before: number, role: "user" | "system", text: string): void {
    const wireRole = role === "system" ? this.systemRole() : role;
    const others = this.#inserted.get(before) ?? [];
    this.#inserted.set(before, [...others, JSON.stringify({ role: wireRole, content: text })]);
  }

  /** The role that this client gives its system messages. */
  systemRole(): "system" | "developer" {
    const { body } = this.#layout;
    const developer = this.#prompt.messages.some(
      ({ role, span }) => role === "system" && wireRoleAt(body, span) === "developer",
    );
    return developer ? "developer" : "system";
  }

  textEdits(): TextEdit[] {
    const list = this.#layout.span("messages");
    if (list === undefined) return [];
    const inserted = new Map<number, string[]>(this.#inserted);
    for (const [index, raw] of this.#replaced) inserted.set(index, [...(inserted.get(index) ?? []), ...raw]);
    const spans = this.#layout.elements("messages") ?? [];
    return changeList(list, spans, { removed: this.removed, inserted });
  }
}

function wireRoleAt(body: string, message: Span): string | undefined {
  const role = member(body, message, "role");
  return role === undefined ? undefined : stringAt(body, role);
}

const keptEdits = new KeptEdits();

/** Other texts for a result: one for each text in it, or one in place of the whole content. */
function resultTexts(
  prompt: Prompt,
  list: MessageListChange,
  edit: EditOf<"result-texts">,
): readonly TextEdit[] {
  const part = prompt.parts[edit.part];
  if (part?.kind !== "result") throw new RangeError(`Part ${edit.part} of the prompt is no result.`);
  if (list.removed.has(part.message)) return [];
  const { original, texts } = part;
  return keptEdits.at(part.span.start, original, edit.texts, () => contentEdits(original, texts, edit.texts));
}

/** Edits on the text of one result. */
function contentEdits(raw: string, before: readonly string[], after: readonly string[]): TextEdit[] {
  const whole = { start: 0, end: raw.length };
  if (after.length !== before.length) {
    return [setMember(raw, whole, "content", JSON.stringify(after.join(paragraph)))];
  }
  return textSpans(raw, member(raw, whole, "content")).flatMap((span, index) => {
    const text = after[index];
    // A text that stays keeps its escapes.
    return text === undefined || text === before[index] ? [] : [{ ...span, text: JSON.stringify(text) }];
  });
}

/** The strings in a content, in the order of the texts that reading finds. */
function textSpans(body: string, content: Span | undefined): Span[] {
  if (content === undefined) return [];
  if (typeAt(body, content) === "string") return [content];
  if (typeAt(body, content) !== "array") return [];
  return elements(body, content).flatMap((element) => {
    const part = objectOf(parseAt(body, element));
    if (part === undefined || textOf(part) === undefined) return [];
    return member(body, element, part["type"] === "text" ? "text" : "refusal") ?? [];
  });
}

function dropThinking(prompt: Prompt, list: MessageListChange, edit: EditOf<"drop-thinking">): TextEdit[] {
  const keys = new Set<string>(reasoningKeys);
  return prompt.messages
    .slice(edit.from, edit.to)
    .filter(({ role, index }) => role === "assistant" && !list.removed.has(index))
    .flatMap(({ span }) => removeMembers(prompt.text, span, keys));
}

/**
 * Text at the end of the system prompt: of the last of the system messages that open the prompt. A
 * system message further down is part of the conversation, and text there would not stand first.
 */
function appendSystem(prompt: Prompt, list: MessageListChange, text: string): TextEdit[] {
  const first = prompt.messages.findIndex(({ role }) => role !== "system");
  const last = prompt.messages[(first === -1 ? prompt.messages.length : first) - 1];
  if (last === undefined || list.removed.has(last.index)) {
    list.insert(0, "system", text);
    return [];
  }
  const content = members(prompt.text, last.span).findLast((one) => one.key === "content")?.value;
  const type = content === undefined ? "null" : typeAt(prompt.text, content);
  if (content === undefined || (type !== "string" && type !== "array")) {
    return [setMember(prompt.text, last.span, "content", JSON.stringify(text))];
  }
  if (type === "string") {
    const empty = stringAt(prompt.text, content) === "";
    return [appendInString(content, empty ? text : `${paragraph}${text}`)];
  }
  const spans = elements(prompt.text, content);
  const added = JSON.stringify({ type: "text", text });
  return changeList(content, spans, { removed: new Set(), inserted: new Map([[spans.length, [added]]]) });
}
