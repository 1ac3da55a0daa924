import type { Role } from "../../exchange/prompt.ts";
import type { Call } from "../../exchange/turn.ts";
import type { ItemCall } from "./item-call.ts";
import type { ItemShape } from "./item-shape.ts";
import { saidHash } from "./message-hash.ts";

/**
 * One message in our words: an item that stands alone, or the neighbouring items that are one turn of
 * the model (reasoning, text, calls), which a trim must not part: the provider refuses reasoning without
 * the item that followed it.
 */
export interface Run {
  /** The items `from <= index < to` of `input`. */
  readonly from: number;
  readonly to: number;
  readonly role: Role;
  readonly calls: readonly Call[];
  readonly hasCalls: boolean;
  readonly hasResults: boolean;
  readonly hasUserContent: boolean;
  readonly hash: string;
}

export function runsOf(items: readonly ItemShape[]): Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (let to = 1; to <= items.length; to++) {
    if (to < items.length && items[from]?.role === "assistant" && items[to]?.role === "assistant") continue;
    runs.push(runOf(items.slice(from, to), from));
    from = to;
  }
  return runs;
}

function runOf(items: readonly ItemShape[], from: number): Run {
  const [first] = items;
  const role = first?.role ?? "user";
  const all = items.flatMap(({ call }) => call ?? []);
  const calls = all.filter(({ by }) => by === "client").map(plainCall);
  return {
    from,
    to: from + items.length,
    role,
    calls,
    hasCalls: all.length > 0,
    hasResults: role === "tool",
    hasUserContent: role === "user" && first?.kind !== "other" && hasContent(first),
    hash: hashOf(role, items, calls),
  };
}

function plainCall({ id, name, kind, argumentsText }: ItemCall): Call {
  return { id, name, kind, argumentsText };
}

function hasContent(item: ItemShape | undefined): boolean {
  return item !== undefined && item.texts.length + item.media.length > 0;
}

/**
 * Hashes by the shapes of the items, which are the same objects as on the turn before. The last item of a
 * message leads to those that precede it.
 */
const hashed = new WeakMap<ItemShape, { readonly items: readonly ItemShape[]; readonly hash: string }>();

function hashOf(role: Role, items: readonly ItemShape[], calls: readonly Call[]): string {
  const last = items.at(-1);
  const known = last === undefined ? undefined : hashed.get(last);
  if (known !== undefined && sameItems(known.items, items)) return known.hash;
  const text = items.map((item) => item.text).join("");
  const hash = saidHash({ role, text, calls, rest: restOf(role, items, text !== "" || calls.length > 0) });
  if (last !== undefined) hashed.set(last, { items, hash });
  return hash;
}

/**
 * What the provider ran itself is left out where the model said something beside it: not every client
 * sends it back. A message that the provider keeps is named by nothing but its id.
 */
function restOf(role: Role, items: readonly ItemShape[], saysSomething: boolean): string[] {
  if (role !== "assistant" || !saysSomething) return items.flatMap(({ rest }) => rest);
  return items
    .filter(({ type }) => type === "item_reference" || type === "message")
    .flatMap(({ rest }) => rest);
}

function sameItems(one: readonly ItemShape[], other: readonly ItemShape[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}
