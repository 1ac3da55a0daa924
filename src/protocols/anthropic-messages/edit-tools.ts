import type { Prompt, PromptEdit, Span } from "../../exchange/prompt.ts";
import { removeElements, removeMembers, setMember } from "../../wire/json-edit.ts";
import type { TextEdit } from "../../wire/json-edit.ts";
import { elements, member, stringAt, typeAt } from "../../wire/json-text.ts";
import { valueOf, type Layout } from "./layout.ts";
import { readOffer } from "./offers.ts";

/**
 * Edits for offers that leave `tools`, and for new descriptions and schemas of offers anywhere. With its
 * last element `tools` leaves itself, and `tool_choice`, which the API refuses without tools.
 */
export function editTools(prompt: Prompt, layout: Layout, edits: readonly PromptEdit[]): TextEdit[] {
  const { tools } = layout;
  const changed: TextEdit[] = [];
  const gone = new Set<string>();
  for (const edit of edits) {
    if (edit.kind !== "remove-offer" && edit.kind !== "rewrite-offer") continue;
    const offer = prompt.offers[edit.offer];
    if (offer === undefined) throw new RangeError(`The prompt has no offer ${edit.offer}.`);
    if (edit.kind === "remove-offer") {
      gone.add(offer.name);
      continue;
    }
    const inTools = tools?.elements.some((span) => isSame(span, offer.span)) === true;
    const definition = inTools ? offer.span : inlineDefinition(prompt, offer.span);
    if (definition !== undefined) changed.push(...rewrite(prompt.text, definition, edit));
  }
  return gone.size === 0 ? changed : [...changed, ...withoutTools(prompt, layout, gone)];
}

/**
 * Definitions leave by name: behind one that a message gave anew stands the one that it replaced. A
 * server of the MCP connector that no toolset names any more is refused, so it leaves as well.
 */
function withoutTools(prompt: Prompt, layout: Layout, gone: ReadonlySet<string>): TextEdit[] {
  const { text } = prompt;
  const all = (layout.tools?.elements ?? []).map((span) => readOffer(text, span, span));
  const removed = new Set(all.flatMap(({ name }, place) => (gone.has(name) ? [place] : [])));
  if (layout.tools === undefined || removed.size === 0) return [];
  const servers = new Set(
    all.filter(({ span }) => gone.has(serverOf(text, span) ?? "")).map(({ name }) => name),
  );
  const emptied = new Set<string>();
  const edits = withoutServers(text, layout, servers, emptied);
  if (removed.size < all.length) {
    edits.push(...removeElements(layout.tools.span, layout.tools.elements, removed));
  } else {
    emptied.add("tools");
    // What a message offers is offered without `tools` too; without any tool the API refuses a choice.
    if (prompt.offers.every(({ name }) => gone.has(name))) emptied.add("tool_choice");
  }
  return emptied.size === 0 ? edits : [...edits, ...removeMembers(text, layout.root, emptied)];
}

function withoutServers(
  text: string,
  { members: all }: Layout,
  names: ReadonlySet<string>,
  emptied: Set<string>,
): TextEdit[] {
  const list = valueOf(text, all, "mcp_servers");
  if (names.size === 0 || list === undefined || typeAt(text, list) !== "array") return [];
  const spans = elements(text, list);
  const removed = new Set(
    spans.flatMap((span, place) => (names.has(fieldOf(text, span, "name") ?? "") ? [place] : [])),
  );
  if (removed.size === spans.length) {
    emptied.add("mcp_servers");
    return [];
  }
  return removed.size === 0 ? [] : removeElements(list, spans, removed);
}

function serverOf(text: string, tool: Span): string | undefined {
  return fieldOf(text, tool, "mcp_server_name");
}

function fieldOf(text: string, object: Span, key: string): string | undefined {
  const span = typeAt(text, object) === "object" ? member(text, object, key) : undefined;
  return span === undefined ? undefined : stringAt(text, span);
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
