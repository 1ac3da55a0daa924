import type { Prompt, PromptEdit, ToolOffer } from "../../exchange/prompt.ts";
import { changeList, removeMembers, setMembers, type TextEdit } from "../../wire/json-edit.ts";
import { elements, member, stringAt, typeAt, type Span } from "../../wire/json-text.ts";
import type { InputChange } from "./input-change.ts";
import type { ItemShape } from "./item-shape.ts";
import type { RequestLayout } from "./layout.ts";
import { innerTools, referencedName } from "./offers.ts";
import { definitionsIn } from "./read-prompt.ts";

/**
 * The text edits that take offers away or describe them otherwise: at every place where the tool is
 * defined, because a search for tools defines what was offered once again.
 */
export function editOffers(
  prompt: Prompt,
  layout: RequestLayout,
  items: readonly ItemShape[],
  edits: readonly PromptEdit[],
  input: InputChange,
): TextEdit[] {
  const removed = new Set(
    edits.flatMap((edit) => (edit.kind === "remove-offer" ? [offerAt(prompt, edit.offer).name] : [])),
  );
  const textEdits = removed.size === 0 ? [] : removeOffers(prompt, layout, items, removed, input);
  for (const edit of edits) {
    if (edit.kind !== "rewrite-offer") continue;
    const { name } = offerAt(prompt, edit.offer);
    if (removed.has(name)) continue;
    const staying = items.map((item, index) => (input.loses(index) ? { ...item, offers: [] } : item));
    const places = definitionsIn(layout, staying).filter((one) => one.name === name);
    textEdits.push(...places.flatMap((one) => rewriteOffer(layout.body, one, edit)));
  }
  return textEdits;
}

function offerAt(prompt: Prompt, index: number): ToolOffer {
  const offer = prompt.offers[index];
  if (offer === undefined) throw new RangeError(`The prompt has no offer ${index}.`);
  return offer;
}

function rewriteOffer(
  body: string,
  { kind, span }: Pick<ToolOffer, "kind" | "span">,
  to: { readonly description?: string; readonly schemaText?: string },
): TextEdit[] {
  // What the provider defines itself has neither a description nor a schema to change.
  if (kind === "provider") return [];
  const values: [string, string][] = [];
  if (to.description !== undefined) values.push(["description", JSON.stringify(to.description)]);
  if (to.schemaText !== undefined && kind === "function") values.push(["parameters", to.schemaText]);
  return setMembers(body, span, values);
}

function removeOffers(
  prompt: Prompt,
  layout: RequestLayout,
  items: readonly ItemShape[],
  removed: ReadonlySet<string>,
  input: InputChange,
): TextEdit[] {
  const { body } = layout;
  const starts = new Set(
    definitionsIn(layout, items)
      .filter(({ name }) => removed.has(name))
      .map(({ span }) => span.start),
  );
  const edits: TextEdit[] = [];
  const emptied = new Set<string>();
  const tools = layout.span("tools");
  if (tools !== undefined) {
    const left = thinOut(body, tools, starts);
    if (left === "nothing") emptied.add("tools");
    else edits.push(...left);
  }
  for (const [index, { type, offers }] of items.entries()) {
    const list =
      offers.length === 0 || input.loses(index)
        ? undefined
        : member(body, layout.items[index] ?? layout.root, "tools");
    if (list === undefined) continue;
    const left = thinOut(body, list, starts);
    if (left !== "nothing") edits.push(...left);
    // A search that found nothing is an answer; an offer of nothing is not.
    else if (type === "additional_tools") input.removeItem(index);
    else edits.push({ ...list, text: "[]" });
  }
  if (prompt.offers.every(({ name }) => removed.has(name))) emptied.add("tool_choice");
  else edits.push(...narrowAllowed(layout, removed));
  return [...edits, ...removeMembers(body, layout.root, emptied)];
}

/** Takes definitions out of a list of tools, and namespaces in which none is left. */
function thinOut(body: string, list: Span, starts: ReadonlySet<number>): TextEdit[] | "nothing" {
  if (typeAt(body, list) !== "array") return [];
  const spans = elements(body, list);
  const gone = new Set<number>();
  const edits: TextEdit[] = [];
  for (const [index, span] of spans.entries()) {
    if (starts.has(span.start)) {
      gone.add(index);
      continue;
    }
    const inner = isNamespace(body, span) ? innerTools(body, span) : [];
    const leaving = new Set(inner.flatMap((one, at) => (starts.has(one.start) ? [at] : [])));
    if (leaving.size === 0) continue;
    const within = member(body, span, "tools");
    if (leaving.size === inner.length) gone.add(index);
    else if (within !== undefined) {
      edits.push(...changeList(within, inner, { removed: leaving, inserted: new Map() }));
    }
  }
  if (gone.size === spans.length && spans.length > 0) return "nothing";
  return [...edits, ...changeList(list, spans, { removed: gone, inserted: new Map() })];
}

function isNamespace(body: string, tool: Span): boolean {
  const type = typeAt(body, tool) === "object" ? member(body, tool, "type") : undefined;
  return type !== undefined && stringAt(body, type) === "namespace";
}

/** A list of allowed tools must not name one that is no longer offered. */
function narrowAllowed(layout: RequestLayout, removed: ReadonlySet<string>): TextEdit[] {
  const { body } = layout;
  const choice = layout.span("tool_choice");
  if (choice === undefined || typeAt(body, choice) !== "object") return [];
  const list = member(body, choice, "tools");
  if (list === undefined || typeAt(body, list) !== "array") return [];
  const spans = elements(body, list);
  const gone = new Set(
    spans.flatMap((span, index) => (removed.has(referencedName(body, span) ?? "") ? [index] : [])),
  );
  if (gone.size > 0 && gone.size === spans.length) return [{ ...choice, text: '"none"' }];
  return changeList(list, spans, { removed: gone, inserted: new Map() });
}
