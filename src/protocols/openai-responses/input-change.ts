import type { Prompt, PromptEdit } from "../../exchange/prompt.ts";
import { changeList, type TextEdit } from "../../wire/json-edit.ts";
import type { ItemShape } from "./item-shape.ts";
import type { RequestLayout } from "./layout.ts";

type EditOf<Kind extends PromptEdit["kind"]> = Extract<PromptEdit, { kind: Kind }>;

/** Collects which items leave `input` and which come, so that the commas are set once. */
export class InputChange {
  readonly #prompt: Prompt;
  readonly #layout: RequestLayout;
  readonly #items: readonly ItemShape[];
  readonly #removed = new Set<number>();
  /** By the index of the item that they stand before. */
  readonly #inserted = new Map<number, string[]>();
  readonly #replacing = new Map<number, readonly string[]>();
  readonly #gone = new Set<number>();

  constructor(prompt: Prompt, layout: RequestLayout, items: readonly ItemShape[]) {
    this.#prompt = prompt;
    this.#layout = layout;
    this.#items = items;
  }

  /** The items of a message, as indexes from `from` to before `to`. */
  itemsOf(message: number): { from: number; to: number } {
    const head = this.#prompt.parts.findIndex((part) => part.message >= 0);
    const { partsFrom, partsTo } = this.#prompt.messages[message] ?? { partsFrom: head, partsTo: head };
    return { from: partsFrom - head, to: partsTo - head };
  }

  hasLost(message: number): boolean {
    return this.#gone.has(message);
  }

  drop({ from, to }: EditOf<"drop-messages">): void {
    for (const { index, role } of this.#prompt.messages.slice(from, to)) {
      if (role !== "system") this.#lose(index);
    }
  }

  replace({ message, rawMessages }: EditOf<"replace-message">): void {
    this.#lose(message);
    this.#replacing.set(this.itemsOf(message).from, rawMessages);
  }

  #lose(message: number): void {
    this.#gone.add(message);
    const { from, to } = this.itemsOf(message);
    for (let item = from; item < to; item++) this.#removed.add(item);
  }

  /** True where an item leaves, so that nothing inside it is edited. */
  loses(item: number): boolean {
    return this.#removed.has(item);
  }

  removeItem(item: number): void {
    this.#removed.add(item);
  }

  insert({ after, role, text }: Pick<EditOf<"insert">, "after" | "role" | "text">): void {
    const before = after < 0 ? 0 : this.itemsOf(after).to;
    const wireRole = role === "system" ? this.#systemRole() : role;
    const others = this.#inserted.get(before) ?? [];
    this.#inserted.set(before, [...others, JSON.stringify({ role: wireRole, content: text })]);
  }

  prepend(raw: readonly string[]): void {
    this.#inserted.set(0, [...raw, ...(this.#inserted.get(0) ?? [])]);
  }

  append(raw: readonly string[]): void {
    const end = this.#layout.items.length;
    this.#inserted.set(end, [...(this.#inserted.get(end) ?? []), ...raw]);
  }

  /** The role that this client gives its system messages. */
  #systemRole(): string {
    const given = this.#items.find(({ wireRole }) => wireRole === "system" || wireRole === "developer");
    return given?.wireRole ?? "developer";
  }

  /** Edits of the list, and its JSON text where the request has no `input` yet. */
  textEdits(): { readonly edits: TextEdit[]; readonly added: string | undefined } {
    const inserted = new Map<number, string[]>(this.#inserted);
    for (const [index, raw] of this.#replacing) inserted.set(index, [...(inserted.get(index) ?? []), ...raw]);
    const span = this.#layout.span("input");
    if (this.#removed.size === 0 && inserted.size === 0) return { edits: [], added: undefined };
    const around = (index: number): string[] => inserted.get(index) ?? [];
    if (span === undefined) return { edits: [], added: `[${around(0).join(",")}]` };
    if (this.#layout.form === "list") {
      const change = { removed: this.#removed, inserted };
      return { edits: changeList(span, this.#layout.items, change), added: undefined };
    }
    // A text becomes the first message of a list; what it says keeps its bytes.
    if (this.#removed.size > 0) {
      return { edits: [{ ...span, text: `[${[...around(0), ...around(1)].join(",")}]` }], added: undefined };
    }
    const before = around(0)
      .map((raw) => `${raw},`)
      .join("");
    const behind = around(1)
      .map((raw) => `,${raw}`)
      .join("");
    return {
      edits: [
        { start: span.start, end: span.start, text: `[${before}{"role":"user","content":` },
        { start: span.end, end: span.end, text: `}${behind}]` },
      ],
      added: undefined,
    };
  }
}
