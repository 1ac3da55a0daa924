import { isRaw, schemaPositions, type Raw } from "../references.ts";
import { type DocumentFaults, pointerTo, said } from "./document-fault.ts";
import { follow, type Placed } from "./reference.ts";

const typeNames = new Set(["object", "array", "string", "number", "integer", "boolean", "null"]);
const singles: readonly string[] = schemaPositions.single;
const lists: readonly string[] = schemaPositions.list;
const maps = new Set(["properties", "patternProperties", "dependentSchemas"]);
/** Keywords whose schemas are about the very value that the schema itself is about. */
const inPlace = new Set(["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "$ref"]);

interface Seen {
  readonly pointer: string;
  readonly inPlace: readonly unknown[];
}

/**
 * Looks once at every schema that a call may be checked against: whether each is one, whether each
 * reference leads to one, and whether any leads back to itself without looking into the value.
 */
export function surveySchemas(
  root: unknown,
  schemas: readonly Placed[],
  isOld: boolean,
  faults: DocumentFaults,
): void {
  const seen = new Map<unknown, Seen>();
  const open = schemas.toReversed();
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { value, pointer } = at;
    if (typeof value === "boolean" || seen.has(value)) continue;
    if (!isRaw(value)) {
      faults.add(pointer, "a schema: an object, or true or false", said(value));
      continue;
    }
    const children = childrenOf(root, { value, pointer }, isOld, faults);
    seen.set(value, {
      pointer,
      inPlace: children.filter(({ keyword }) => inPlace.has(keyword)).map(({ child }) => child.value),
    });
    checkType(value, pointer, faults);
    for (const { child } of children) open.push(child);
  }
  for (const pointer of loops(seen)) {
    faults.add(
      pointer,
      "a schema that looks into the value before it comes back to itself",
      "an endless one",
    );
  }
}

interface Child {
  readonly keyword: string;
  readonly child: Placed;
}

function childrenOf(
  root: unknown,
  { value, pointer }: Placed & { readonly value: Raw },
  isOld: boolean,
  faults: DocumentFaults,
): readonly Child[] {
  const children: Child[] = [];
  const reference = value["$ref"];
  if (reference !== undefined) {
    const found = follow(root, reference);
    if ("problem" in found) faults.add(`${pointer}/$ref`, found.problem, said(reference));
    else children.push({ keyword: "$ref", child: found });
    if (isOld) return children;
  }
  if (value["$dynamicRef"] !== undefined) {
    faults.add(
      `${pointer}/$dynamicRef`,
      "$ref, which is resolved the same everywhere",
      said(value["$dynamicRef"]),
    );
  }
  for (const [keyword, held] of Object.entries(value)) {
    const at = pointerTo(pointer, keyword);
    if (lists.includes(keyword) && Array.isArray(held)) {
      for (const [place, one] of (held as readonly unknown[]).entries()) {
        children.push({ keyword, child: { value: one, pointer: `${at}/${place}` } });
      }
    } else if (singles.includes(keyword)) {
      children.push({ keyword, child: { value: held, pointer: at } });
    } else if (lists.includes(keyword)) {
      faults.add(at, "a list of schemas", said(held));
    } else if (maps.has(keyword)) {
      if (!isRaw(held)) faults.add(at, "an object of schemas", said(held));
      for (const [name, one] of Object.entries(isRaw(held) ? held : {})) {
        children.push({ keyword, child: { value: one, pointer: pointerTo(at, name) } });
      }
    }
  }
  return children;
}

function checkType(schema: Raw, pointer: string, faults: DocumentFaults): void {
  const { type, required } = schema;
  const names: readonly unknown[] = Array.isArray(type) ? type : [type];
  if (type !== undefined && !names.every((name) => typeof name === "string" && typeNames.has(name))) {
    faults.add(`${pointer}/type`, `one of ${[...typeNames].join(", ")}`, said(type));
  }
  const isNames = Array.isArray(required) && required.every((name) => typeof name === "string");
  if (required !== undefined && !isNames)
    faults.add(`${pointer}/required`, "a list of names", said(required));
}

/** Where references and the like lead in a circle, once for each circle. */
function loops(seen: ReadonlyMap<unknown, Seen>): readonly string[] {
  const found: string[] = [];
  const done = new Set<unknown>();
  const running = new Set<unknown>();
  for (const start of seen.keys()) {
    const path = [{ at: start, rest: [...(seen.get(start)?.inPlace ?? [])] }];
    if (!done.has(start)) running.add(start);
    while (!done.has(start)) {
      const top = path.at(-1);
      if (top === undefined) break;
      const next = top.rest.pop();
      if (next === undefined) {
        path.pop();
        running.delete(top.at);
        done.add(top.at);
      } else if (running.has(next)) {
        found.push(seen.get(next)?.pointer ?? "");
      } else if (!done.has(next) && seen.has(next)) {
        running.add(next);
        path.push({ at: next, rest: [...(seen.get(next)?.inPlace ?? [])] });
      }
    }
  }
  return found;
}
