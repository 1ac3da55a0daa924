import type { Message, Part, Prompt, PromptEdit, Span } from "../../exchange/prompt.ts";
import { changeList, removeElements } from "../../wire/json-edit.ts";
import type { TextEdit } from "../../wire/json-edit.ts";
import { member, stringAt, typeAt } from "../../wire/json-text.ts";
import { editResult } from "./edit-result.ts";
import type { Layout } from "./layout.ts";
import { offerChangesIn } from "./offer-changes.ts";

/** What becomes of one message. */
interface Plan {
  readonly message: Message;
  leaves: boolean;
  withoutThinking: boolean;
  readonly removedParts: Set<number>;
  replacement: readonly string[] | undefined;
  readonly results: Map<number, readonly string[]>;
}

/** Edits for everything that happens to messages, the commas between them included. */
export function editMessages(prompt: Prompt, layout: Layout, edits: readonly PromptEdit[]): TextEdit[] {
  const plans = planFor(prompt, edits);
  const changed: TextEdit[] = [];
  const removed = new Set<number>();
  for (const plan of plans) {
    const outcome = carryOut(prompt, plan);
    if (outcome === "leaves") removed.add(plan.message.index);
    else changed.push(...outcome);
  }
  const inserted = insertions(prompt, edits);
  if (removed.size === 0 && inserted.size === 0) return changed;
  const { span, elements } = layout.messages;
  return [...changed, ...changeList(span, elements, { removed, inserted })];
}

function planFor(prompt: Prompt, edits: readonly PromptEdit[]): Plan[] {
  const plans = prompt.messages.map((message): Plan => ({
    message,
    leaves: false,
    withoutThinking: false,
    removedParts: new Set(),
    replacement: undefined,
    results: new Map(),
  }));
  for (const edit of edits) {
    switch (edit.kind) {
      case "drop-messages":
        for (const plan of plans.slice(edit.from, edit.to)) plan.leaves ||= plan.message.role !== "system";
        break;
      case "drop-thinking":
        for (const plan of plans.slice(edit.from, edit.to)) plan.withoutThinking = true;
        break;
      case "replace-message":
        existing(plans[edit.message], `message ${edit.message}`).replacement = edit.rawMessages;
        break;
      case "result-texts": {
        const part = resultPart(prompt, edit.part);
        existing(plans[part.message], `message ${part.message}`).results.set(part.index, edit.texts);
        break;
      }
      case "remove-offer":
        removeInlineOffer(prompt, plans, edit.offer);
        break;
      case "append-system":
      case "insert":
      case "rewrite-offer":
      case "kept-id":
        break;
    }
  }
  return plans;
}

/**
 * What system messages say about an offer leaves with it: its definition, and blocks that show or hide
 * it, because the provider refuses a reference to a tool that there is not. A definition that a
 * `compaction` block repeats stays: the block is signed, and the provider refuses a changed one.
 */
function removeInlineOffer(prompt: Prompt, plans: readonly Plan[], index: number): void {
  const { name } = existing(prompt.offers[index], `offer ${index}`);
  for (const part of prompt.parts) {
    if (part.message === -1 || part.role !== "system") continue;
    const type = typeOf(prompt.text, part.span);
    if (type !== "tool_addition" && type !== "tool_removal") continue;
    const [change] = offerChangesIn(prompt.text, part.span, type);
    const about = change?.kind === "add" ? change.offer.name : change?.name;
    if (about === name) plans[part.message]?.removedParts.add(part.index);
  }
}

function typeOf(text: string, block: Span): string | undefined {
  const type = typeAt(text, block) === "object" ? member(text, block, "type") : undefined;
  return type === undefined ? undefined : stringAt(text, type);
}

function carryOut(prompt: Prompt, plan: Plan): "leaves" | TextEdit[] {
  const { message, replacement } = plan;
  if (plan.leaves || replacement?.length === 0) return "leaves";
  if (replacement !== undefined) return [{ ...message.span, text: replacement.join(",") }];
  const parts = prompt.parts.slice(message.partsFrom, message.partsTo);
  const removed = new Set<number>();
  const edits: TextEdit[] = [];
  for (const [at, part] of parts.entries()) {
    const texts = plan.results.get(part.index);
    if (plan.removedParts.has(part.index) || (plan.withoutThinking && part.kind === "thinking"))
      removed.add(at);
    else if (texts !== undefined) edits.push(...editResult(prompt.text, part, texts));
  }
  if (removed.size === 0) return edits;
  // A message without a block is refused by the provider.
  if (removed.size === parts.length) return "leaves";
  const content = existing(member(prompt.text, message.span, "content"), "content");
  const spans = parts.map(({ span }) => span);
  return [...edits, ...removeElements(content, spans, removed)];
}

/**
 * Messages of their own, by the index of the message that they stand before. `role: "system"` inside
 * `messages` came with API version 2026-10-21: where the request has none there, nothing proves that
 * its version allows it, and the text goes in as a user's.
 */
function insertions(prompt: Prompt, edits: readonly PromptEdit[]): Map<number, string[]> {
  const systemAllowed = prompt.messages.some(({ role }) => role === "system");
  const inserted = new Map<number, string[]>();
  for (const edit of edits) {
    if (edit.kind !== "insert") continue;
    const role = edit.role === "system" && !systemAllowed ? "user" : edit.role;
    const before = edit.after + 1;
    inserted.set(before, [...(inserted.get(before) ?? []), JSON.stringify({ role, content: edit.text })]);
  }
  return inserted;
}

function resultPart(prompt: Prompt, index: number): Part {
  const part = existing(prompt.parts[index], `part ${index}`);
  if (part.result === undefined) throw new RangeError(`Part ${index} is no result.`);
  return part;
}

function existing<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new RangeError(`The prompt has no ${what}.`);
  return value;
}
