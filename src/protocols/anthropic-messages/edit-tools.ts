import type { Prompt, PromptEdit, Span } from "../../exchange/prompt.ts";
import { removeElements, removeMembers, setMember } from "../../wire/json-edit.ts";
import type { TextEdit } from "../../wire/json-edit.ts";
import { member } from "../../wire/json-text.ts";
import type { Layout } from "./layout.ts";

/**
 * Edits for offers that leave `tools`, and for new descriptions and schemas of offers anywhere. With its
 * last element `tools` leaves itself, and `tool_choice`, which the API refuses without tools.
 */
export function editTools(prompt: Prompt, layout: Layout, edits: readonly PromptEdit[]): TextEdit[] {
  const { tools } = layout;
  const changed: TextEdit[] = [];
  const removed = new Set<number>();
  for (const edit of edits) {
    if (edit.kind !== "remove-offer" && edit.kind !== "rewrite-offer") continue;
    const offer = prompt.offers[edit.offer];
    if (offer === undefined) throw new RangeError(`The prompt has no offer ${edit.offer}.`);
    const place = tools?.elements.findIndex((span) => isSame(span, offer.span)) ?? -1;
    if (edit.kind === "remove-offer") {
      if (place !== -1) removed.add(place);
      continue;
    }
    const definition = place === -1 ? inlineDefinition(prompt, offer.span) : offer.span;
    if (definition !== undefined) changed.push(...rewrite(prompt.text, definition, edit));
  }
  if (tools === undefined || removed.size === 0) return changed;
  if (removed.size < tools.elements.length) {
    return [...changed, ...removeElements(tools.span, tools.elements, removed)];
  }
  const others = prompt.offers.some(({ span }) => span.start < tools.span.start || span.end > tools.span.end);
  const keys = new Set(others ? ["tools"] : ["tools", "tool_choice"]);
  return [...changed, ...removeMembers(prompt.text, layout.root, keys)];
}

/**
 * The definition in a `tool_addition` block. Undefined for one that a `compaction` block repeats: that
 * block is signed, and the provider refuses a changed one.
 */
function inlineDefinition({ text, parts }: Prompt, block: Span): Span | undefined {
  if (!parts.some(({ message, span }) => message !== -1 && isSame(span, block))) return undefined;
  const tool = member(text, block, "tool");
  return tool === undefined ? undefined : member(text, tool, "definition");
}

function isSame(one: Span, other: Span): boolean {
  return one.start === other.start && one.end === other.end;
}

function rewrite(
  text: string,
  definition: Span,
  { description, schemaText }: { readonly description?: string; readonly schemaText?: string },
): TextEdit[] {
  const edits: TextEdit[] = [];
  if (description !== undefined) {
    edits.push(setMember(text, definition, "description", JSON.stringify(description)));
  }
  if (schemaText !== undefined) edits.push(setMember(text, definition, "input_schema", schemaText));
  return edits;
}
