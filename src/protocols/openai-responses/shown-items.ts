import { setMember, applyEdits } from "../../wire/json-edit.ts";
import { rootSpan } from "../../wire/json-text.ts";
import { stringOf } from "../../wire/json-value.ts";
import { rewriteItem } from "./output-edit.ts";
import type { StreamEvent } from "./stream-event.ts";
import { indexOf, itemIn } from "./streamed-items.ts";

/**
 * The items that a client has from the turns of one stream, and the numbers and ids under which it has
 * them. The SDK refuses a second item under a number or an id that it knows.
 */
export class ShownItems {
  /** By the number that the client knows, the item's JSON text as it was last given. */
  readonly #shown = new Map<number, string>();
  /** Items of earlier turns: the numbers of the current one go on behind them. */
  #before = 0;
  #turn = 1;
  readonly #ids = new Set<string>();
  /** The ids of the current turn that were taken, and what stands in their place. */
  #renamed = new Map<string, string>();

  /** Takes in an event that leaves, under the number that the client is told; a call as it is changed. */
  take(event: StreamEvent, index: number | undefined, argumentsText?: string): void {
    const item = itemIn(event);
    if (item === undefined || index === undefined) return;
    const id = stringOf(item.fields["id"]) ?? "";
    if (event.type === "response.output_item.added" && this.#ids.has(id)) {
      this.#renamed.set(id, `${id}_${this.#turn}`);
    }
    if (event.type === "response.output_item.added" && id !== "") this.#ids.add(id);
    this.#shown.set(index, this.#asTold(item.raw, id, argumentsText));
  }

  #asTold(raw: string, own: string, argumentsText: string | undefined): string {
    const root = rootSpan(raw);
    const id = this.idOf(own);
    return applyEdits(raw, [
      ...(id === own ? [] : [setMember(raw, root, "id", JSON.stringify(id))]),
      ...(argumentsText === undefined ? [] : [rewriteItem(raw, root, argumentsText)]),
    ]);
  }

  numberOf(event: StreamEvent): number | undefined {
    const own = indexOf(event);
    return own === undefined ? undefined : this.#before + own;
  }

  /** The id that the client knows an item by. */
  idOf(own: string): string {
    return this.#renamed.get(own) ?? own;
  }

  nextTurn(): void {
    this.#before = this.#shown.size === 0 ? 0 : Math.max(...this.#shown.keys()) + 1;
    this.#renamed = new Map();
    this.#turn++;
  }

  /** The items of earlier turns. */
  get earlier(): string[] {
    return this.#upTo(this.#before);
  }

  get all(): string[] {
    return this.#upTo(Infinity);
  }

  #upTo(end: number): string[] {
    return [...this.#shown.entries()]
      .filter(([index]) => index < end)
      .sort(([one], [other]) => one - other)
      .map(([, raw]) => raw);
  }
}
