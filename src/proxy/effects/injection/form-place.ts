import { pairsOf, withoutPair, withPair } from "./pairs-text.ts";
import { closed, mediaType, open, type KeyedRequest, type Slot } from "./slot.ts";

/** A field of a form. */
export function formSlot(request: KeyedRequest, field: string): Slot {
  if (mediaType(request) !== "application/x-www-form-urlencoded") return closed("the body is no form");
  // One character for each byte, there and back again.
  const text = Buffer.from(request.body).toString("latin1");
  return pairSlot(request, text, field, (changed) => ({ ...request, body: Buffer.from(changed, "latin1") }));
}

/** A parameter of the query. */
export function querySlot(request: KeyedRequest, parameter: string): Slot {
  const { path } = request;
  const mark = path.indexOf("?");
  const [before, query] = mark < 0 ? [path, ""] : [path.slice(0, mark), path.slice(mark + 1)];
  return pairSlot(request, query, parameter, (changed) => ({ ...request, path: `${before}?${changed}` }));
}

function pairSlot(
  request: KeyedRequest,
  text: string,
  name: string,
  changed: (text: string) => KeyedRequest,
): Slot {
  const pairs = pairsOf(text);
  if (pairs === null) return closed(`${name} may be there in an escape that is no UTF-8`);
  const own = pairs.filter((pair) => pair.name === name);
  if (own.length > 1) return closed(`${name} came ${own.length} times`);
  const [pair] = own;
  const key = pair === undefined || pair.value === "" ? null : pair.value;
  return open(request, key, {
    put: (given) => changed(withPair(text, pair, name, given)),
    take: () => changed(pair === undefined ? text : withoutPair(text, pair)),
  });
}
