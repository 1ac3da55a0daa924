import type { Span } from "../../exchange/prompt.ts";
import { elements, member, parseAt, stringAt, typeAt } from "../../wire/json-text.ts";
import { objectOf, stringOf } from "../../wire/json-value.ts";
import type { JsonObject } from "../../wire/json-value.ts";
import { readOffer } from "./offers.ts";
import type { OfferShape } from "./offers.ts";

/** What a message changes about the tools that are offered from it on. */
export type OfferChange =
  | { readonly kind: "add"; readonly offer: OfferShape }
  | { readonly kind: "show" | "hide"; readonly name: string };

/**
 * The changes in one block: `tool_addition` and `tool_removal` of system messages (beta
 * `inline-tools-2026-09-15` for full definitions), or those that a `compaction` block carries in place
 * of the messages that it summarizes.
 */
export function offerChangesIn(text: string, block: Span, type: string): OfferChange[] {
  if (type === "tool_addition" || type === "tool_removal") return changeOf(text, block, type);
  if (type !== "compaction") return [];
  const changes = member(text, block, "tool_changes");
  if (changes === undefined || typeAt(text, changes) !== "array") return [];
  return elements(text, changes)
    .filter((change) => typeAt(text, change) === "object")
    .flatMap((change) => {
      const kind = member(text, change, "type");
      return changeOf(text, change, kind === undefined ? undefined : stringAt(text, kind));
    });
}

function changeOf(text: string, change: Span, type: string | undefined): OfferChange[] {
  const tool = member(text, change, "tool");
  if (tool === undefined || typeAt(text, tool) !== "object") return [];
  const fields = objectOf(parseAt(text, tool)) ?? {};
  const definition = member(text, tool, "definition");
  if (type === "tool_addition" && definition !== undefined && objectOf(fields["definition"]) !== undefined) {
    return [{ kind: "add", offer: readOffer(text, definition, change) }];
  }
  const name = referencedName(fields);
  if (name === undefined) return [];
  return [{ kind: type === "tool_addition" ? "show" : "hide", name }];
}

// A reference to one tool of an MCP server says nothing about the offer, which is the whole server.
function referencedName(reference: JsonObject): string | undefined {
  if (reference["type"] === "tool_reference") return stringOf(reference["name"]);
  return reference["type"] === "mcp_toolset_reference" ? stringOf(reference["server_name"]) : undefined;
}

/** The offers in effect at the end of a conversation that began with `offers`. */
export function offersAfter<Offer extends { readonly name: string }>(
  offers: readonly Offer[],
  changes: readonly (
    | { readonly kind: "add"; readonly offer: Offer }
    | { readonly kind: "show" | "hide"; readonly name: string }
  )[],
): Offer[] {
  let all = [...offers];
  const hidden = new Set<string>();
  for (const change of changes) {
    if (change.kind === "hide") {
      hidden.add(change.name);
      continue;
    }
    const name = change.kind === "add" ? change.offer.name : change.name;
    hidden.delete(name);
    if (change.kind === "add") all = [...all.filter((offer) => offer.name !== name), change.offer];
  }
  return all.filter(({ name }) => !hidden.has(name));
}
