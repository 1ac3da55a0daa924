import type { CallChange } from "../../exchange/turn.ts";
import type { JsonObject } from "../../wire/json-value.ts";
import type { StreamEvent } from "./stream-event.ts";
import type { StreamedItem } from "./streamed-item.ts";
import { StreamedItems } from "./streamed-items.ts";

/** What becomes of the calls in the held events of one turn. */
export class TurnPlan {
  readonly #items = new StreamedItems();
  readonly #changes: readonly CallChange[];
  /** For each call the last piece of its arguments. */
  readonly #lastPieces = new Map<StreamedItem, StreamEvent>();

  constructor(events: readonly StreamEvent[], changes: readonly CallChange[]) {
    this.#changes = changes;
    for (const event of events) {
      const item = this.#items.take(event);
      if (item !== undefined && isFragment(event)) this.#lastPieces.set(item, event);
    }
  }

  itemOf(event: StreamEvent): StreamedItem | undefined {
    return this.#items.find(event);
  }

  changeOf(item: StreamedItem | undefined): CallChange | undefined {
    const position = item === undefined ? -1 : this.#items.positionOf(item);
    return position === -1 ? undefined : this.#changes.find(({ call }) => call.position === position);
  }

  /** What becomes of an element of a response's output. */
  changeOfElement(element: JsonObject, index: number): CallChange | undefined {
    return this.changeOf(this.#items.matching(element, index));
  }

  /** How many items before this number leave. */
  removedBefore(index: number): number {
    return this.#items.items.filter(
      (item) => (item.outputIndex ?? Infinity) < index && this.changeOf(item)?.kind === "drop",
    ).length;
  }

  /**
   * True where new arguments go out in this piece. Some clients read nothing but the pieces, so that
   * there must be one; it has the number of the last piece that it stands for.
   */
  isLastPiece(item: StreamedItem, event: StreamEvent): boolean {
    return this.#lastPieces.get(item) === event;
  }

  hasPieces(item: StreamedItem): boolean {
    return this.#lastPieces.has(item);
  }
}

/** True for a piece of a call's arguments. */
export function isFragment({ type }: StreamEvent): boolean {
  return (
    type === "response.function_call_arguments.delta" || type === "response.custom_tool_call_input.delta"
  );
}
