import type { Message, Prompt, PromptEdit } from "../../exchange/prompt.ts";
import {
  appendInString,
  applyEdits,
  changeList,
  removeMembers,
  setMember,
  type TextEdit,
} from "../../wire/json-edit.ts";
import { elements, member, parseAt, stringAt, typeAt, type Span } from "../../wire/json-text.ts";
import { objectOf } from "../../wire/json-value.ts";
import { KeptBytes } from "../../wire/kept-bytes.ts";
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
  return edits.length === 0 ? prompt.text : editBody(prompt, edits).toString("utf8");
}

/** The same as UTF-8; without edits the very bytes that were read. */
export function editBody(prompt: Prompt, edits: readonly PromptEdit[]): Buffer {
  const layout = layoutOf(prompt);
  if (edits.length === 0) return layout.cut.bytes;
  const change = new MessagesChange(prompt, layout);
  const appended: string[] = [];
  // What leaves is known first: nothing inside a message that leaves is edited.
  for (const edit of edits) {
    if (edit.kind === "drop-messages") change.drop(edit);
    else if (edit.kind === "replace-message") change.replace(edit);
    else if (edit.kind === "insert") change.insert(edit.after + 1, edit.role, edit.text);
    else if (edit.kind === "append-system") appended.push(edit.text);
  }
  for (const edit of edits) {
    if (edit.kind === "result-texts") change.setResult(edit);
    else if (edit.kind === "drop-thinking") change.dropThinking(edit);
  }
  if (appended.length > 0) change.appendSystem(appended.join(paragraph));
  return layout.cut.edited([...change.listEdits(), ...editOffers(prompt, layout, edits)], change.others);
}

/** Which messages leave, which come, and which are others from now on. */
class MessagesChange {
  readonly #prompt: Prompt;
  readonly #layout: RequestLayout;
  readonly #removed = new Set<number>();
  readonly #inserted = new Map<number, string[]>();
  readonly #replaced = new Map<number, readonly string[]>();
  /** The messages that stay and are edited, as UTF-8. */
  readonly others = new Map<number, Uint8Array>();

  constructor(prompt: Prompt, layout: RequestLayout) {
    this.#prompt = prompt;
    this.#layout = layout;
  }

  drop({ from, to }: EditOf<"drop-messages">): void {
    for (const message of this.#prompt.messages.slice(from, to)) {
      if (message.role !== "system") this.#removed.add(message.index);
    }
  }

  replace({ message, rawMessages }: EditOf<"replace-message">): void {
    this.#removed.add(message);
    this.#replaced.set(message, rawMessages);
  }

  insert(before: number, role: "user" | "system", text: string): void {
    const wireRole = role === "system" ? this.#systemRole() : role;
    const others = this.#inserted.get(before) ?? [];
    this.#inserted.set(before, [...others, JSON.stringify({ role: wireRole, content: text })]);
  }

  /** The role that this client gives its system messages. */
  #systemRole(): "system" | "developer" {
    const { list } = this.#layout.cut;
    return list?.elements.some(({ derived }) => derived.wireRole === "developer") === true
      ? "developer"
      : "system";
  }

  /** Other texts for a result: one for each text in it, or one in place of the whole content. */
  setResult(edit: EditOf<"result-texts">): void {
    const part = this.#prompt.parts[edit.part];
    if (part?.kind !== "result") throw new RangeError(`Part ${edit.part} of the prompt is no result.`);
    if (this.#removed.has(part.message)) return;
    const { original, texts } = part;
    const make = (): Uint8Array => edited(original, contentEdits(original, texts, edit.texts));
    this.others.set(part.message, results.of(edit.texts, original, make));
  }

  dropThinking(edit: EditOf<"drop-thinking">): void {
    const keys = new Set<string>(reasoningKeys);
    for (const { role, index } of this.#prompt.messages.slice(edit.from, edit.to)) {
      if (role !== "assistant" || this.#removed.has(index)) continue;
      const original = this.#originalOf(index);
      const edits = removeMembers(original, { start: 0, end: original.length }, keys);
      if (edits.length > 0) this.others.set(index, edited(original, edits));
    }
  }

  /**
   * Text at the end of the system prompt: of the last of the system messages that open the prompt. A
   * system message further down is part of the conversation, and text there would not stand first.
   */
  appendSystem(text: string): void {
    const last = lastOfHead(this.#prompt.messages);
    if (last === undefined || this.#removed.has(last)) return this.insert(0, "system", text);
    const element = this.#layout.cut.list?.elements[last];
    if (element === undefined) return;
    const make = (): Uint8Array => edited(element.text, appendedContent(element.text, text));
    this.others.set(last, systems.of(element, text, make));
  }

  #originalOf(index: number): string {
    return this.#layout.cut.list?.elements[index]?.text ?? "";
  }

  listEdits(): TextEdit[] {
    if (this.#removed.size + this.#inserted.size === 0) return [];
    const span = this.#layout.span("messages");
    if (span === undefined || this.#layout.cut.list === undefined) return [];
    const inserted = new Map<number, string[]>(this.#inserted);
    for (const [index, raw] of this.#replaced) inserted.set(index, [...(inserted.get(index) ?? []), ...raw]);
    const places = this.#layout.cut.places.map((place) => ({ start: place, end: place + 1 }));
    return changeList(span, places, { removed: this.#removed, inserted });
  }
}

/** Results with other texts, by these texts; and system messages with something appended, by themselves. */
const results = new KeptBytes();
const systems = new KeptBytes();

function edited(original: string, edits: readonly TextEdit[]): Uint8Array {
  return Buffer.from(applyEdits(original, edits));
}

/** Index of the last of the system messages that open a prompt. */
function lastOfHead(messages: readonly Message[]): number | undefined {
  const first = messages.findIndex(({ role }) => role !== "system");
  return messages[(first === -1 ? messages.length : first) - 1]?.index;
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

/** Edits that put text at the end of what a system message says. */
function appendedContent(raw: string, text: string): readonly TextEdit[] {
  const whole = { start: 0, end: raw.length };
  const content = member(raw, whole, "content");
  const type = content === undefined ? "null" : typeAt(raw, content);
  if (content === undefined || (type !== "string" && type !== "array")) {
    return [setMember(raw, whole, "content", JSON.stringify(text))];
  }
  if (type === "string") {
    const empty = stringAt(raw, content) === "";
    return [appendInString(content, empty ? text : `${paragraph}${text}`)];
  }
  const spans = elements(raw, content);
  const added = JSON.stringify({ type: "text", text });
  return changeList(content, spans, { removed: new Set(), inserted: new Map([[spans.length, [added]]]) });
}
