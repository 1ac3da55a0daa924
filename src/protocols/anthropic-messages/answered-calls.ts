import type { MessageShape } from "./message-shape.ts";

/** The call that a result answers: the name of its tool, and the message that it stands in. */
export interface Answered {
  readonly toolName: string;
  readonly message: number;
}

/**
 * The call that each result answers, by message and block. A result belongs to a call in the assistant
 * message before it (neighbours of one role count as one message), and ids repeat in real
 * conversations, so no older call is looked at. The list of a message without results is empty.
 */
export function answeredCalls(shapes: readonly MessageShape[]): (readonly (Answered | undefined)[])[] {
  let open: (Answered & { readonly id: string })[] = [];
  let previous: MessageShape | undefined;
  return shapes.map((shape, message) => {
    if (shape.role === "assistant") {
      const calls = shape.calls.map(({ id, name }) => ({ id, toolName: name, message }));
      open = previous?.role === "assistant" ? [...open, ...calls] : calls;
    }
    previous = shape;
    if (!shape.hasResults) return [];
    return shape.blocks.map(({ result }) => {
      // The first open one, so that equal ids of one turn are answered in order.
      const at = result === undefined ? -1 : open.findIndex(({ id }) => id === result.callId);
      return at === -1 ? undefined : open.splice(at, 1)[0];
    });
  });
}
