import type { ContentShape } from "./content-shape.ts";

/** The call that a result answers, and the message that it stands in. */
export interface Answered {
  readonly id: string;
  readonly name: string;
  readonly message: number;
}

/**
 * The call that each result answers, by message and part. Results belong to the turn of the model
 * before them. Ids are optional, on either side, and repeat: a result with an id answers the first
 * open call of that id; else the results of one function answer its calls in their order.
 */
export function pairResults(shapes: readonly ContentShape[]): (readonly (Answered | undefined)[])[] {
  let open: Answered[] = [];
  return shapes.map((shape, message) => {
    if (shape.role === "assistant") {
      open = shape.calls.map(({ id, name }) => ({ id, name, message }));
    }
    if (!shape.hasResults) return [];
    return shape.parts.map(({ result }) => {
      if (result === undefined) return undefined;
      const at = placeOf(open, result);
      return at === -1 ? undefined : open.splice(at, 1)[0];
    });
  });
}

function placeOf(open: readonly Answered[], result: { readonly id: string; readonly name: string }): number {
  const { id, name } = result;
  const byId = id === "" ? -1 : open.findIndex((call) => call.id === id);
  if (byId !== -1) return byId;
  // Two ids that differ are two calls, whatever their names.
  return open.findIndex((call) => call.name === name && (call.id === "" || id === ""));
}
