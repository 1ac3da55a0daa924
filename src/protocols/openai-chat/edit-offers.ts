import type { Prompt, PromptEdit, ToolOffer } from "../../exchange/prompt.ts";
import { changeList, removeMembers, setMembers, type TextEdit } from "../../wire/json-edit.ts";
import { elements, member, parseAt, typeAt, type Span } from "../../wire/json-text.ts";
import { objectOf } from "../../wire/json-value.ts";
import type { RequestLayout } from "./layout.ts";
import { definitionSpan, nameOf, offerLists, type OfferList } from "./offers.ts";

/** The text edits that take offers away or describe them otherwise. */
export function editOffers(prompt: Prompt, layout: RequestLayout, edits: readonly PromptEdit[]): TextEdit[] {
  if (!edits.some(({ kind }) => kind === "remove-offer" || kind === "rewrite-offer")) return [];
  const removed = new Set(edits.flatMap((edit) => (edit.kind === "remove-offer" ? [edit.offer] : [])));
  const textEdits: TextEdit[] = removed.size === 0 ? [] : removeOffers(prompt, layout, removed);
  for (const edit of edits) {
    if (edit.kind !== "rewrite-offer" || removed.has(edit.offer)) continue;
    textEdits.push(...rewriteOffer(prompt, layout, offerAt(prompt, edit.offer), edit));
  }
  return textEdits;
}

function offerAt(prompt: Prompt, index: number): ToolOffer {
  const offer = prompt.offers[index];
  if (offer === undefined) throw new RangeError(`The prompt has no offer ${index}.`);
  return offer;
}

/** Where an offer stands in the rest of the body: the list, and its element. */
function placeOf(
  prompt: Prompt,
  layout: RequestLayout,
  offer: ToolOffer,
): { readonly list: OfferList; readonly span: Span } {
  let before = 0;
  for (const list of offerLists) {
    const spans = layout.elements(list) ?? [];
    const span = spans[offer.index - before];
    if (span !== undefined) return { list, span };
    before += spans.length;
  }
  throw new RangeError(`The offer ${offer.index} is not one of the ${prompt.offers.length} of this prompt.`);
}

function rewriteOffer(
  prompt: Prompt,
  layout: RequestLayout,
  offer: ToolOffer,
  to: { readonly description?: string; readonly schemaText?: string },
): TextEdit[] {
  const { list, span } = placeOf(prompt, layout, offer);
  const definition = definitionSpan(list, layout.rest, span);
  // What the provider defines itself has neither a description nor a schema to change.
  if (definition === undefined || offer.kind === "provider") return [];
  const values: [string, string][] = [];
  if (to.description !== undefined) values.push(["description", JSON.stringify(to.description)]);
  if (to.schemaText !== undefined && offer.kind === "function") values.push(["parameters", to.schemaText]);
  return setMembers(layout.rest, definition, values);
}

// Without tools each of these is an error of its own at the provider, and so is an empty list.
const boundToTools = ["tools", "tool_choice", "parallel_tool_calls"];
const boundToFunctions = ["functions", "function_call"];

function removeOffers(prompt: Prompt, layout: RequestLayout, removed: ReadonlySet<number>): TextEdit[] {
  const emptied = new Set<string>();
  const edits: TextEdit[] = [];
  let before = 0;
  for (const list of offerLists) {
    const span = layout.span(list);
    const spans = layout.elements(list) ?? [];
    if (span === undefined || spans.length === 0) continue;
    const first = before;
    before += spans.length;
    const gone = new Set(spans.flatMap((_span, index) => (removed.has(first + index) ? [index] : [])));
    if (gone.size < spans.length)
      edits.push(...changeList(span, spans, { removed: gone, inserted: new Map() }));
    else for (const key of list === "tools" ? boundToTools : boundToFunctions) emptied.add(key);
  }
  if (emptied.size > 0) edits.push(...removeMembers(layout.rest, layout.root, emptied));
  if (!emptied.has("tool_choice")) edits.push(...narrowAllowed(prompt, layout, removed));
  return edits;
}

/** A list of allowed tools must not name one that is no longer offered. */
function narrowAllowed(prompt: Prompt, layout: RequestLayout, removed: ReadonlySet<number>): TextEdit[] {
  const choice = layout.span("tool_choice");
  if (choice === undefined || typeAt(layout.rest, choice) !== "object") return [];
  const allowed = member(layout.rest, choice, "allowed_tools");
  if (allowed === undefined || typeAt(layout.rest, allowed) !== "object") return [];
  const list = member(layout.rest, allowed, "tools");
  if (list === undefined || typeAt(layout.rest, list) !== "array") return [];
  const names = new Set([...removed].map((index) => offerAt(prompt, index).name));
  const spans = elements(layout.rest, list);
  const gone = new Set(
    spans.flatMap((span, index) => {
      const reference = objectOf(parseAt(layout.rest, span));
      return reference !== undefined && names.has(nameOf(reference)) ? [index] : [];
    }),
  );
  if (gone.size > 0 && gone.size === spans.length) return [{ ...choice, text: '"none"' }];
  return changeList(list, spans, { removed: gone, inserted: new Map() });
}
