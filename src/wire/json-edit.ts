import { members, type Span } from "./json-text.ts";

/** Other text for `text.slice(start, end)`; an insertion where both are equal. */
export interface TextEdit extends Span {
  readonly text: string;
}

/**
 * The text with all edits carried out; without edits the very same string. The edits come in any
 * order. Insertions at one place keep their order; two edits that overlap are a mistake of the caller.
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  if (edits.length === 0) return text;
  const inOrder = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  const pieces: string[] = [];
  let done = 0;
  for (const edit of inOrder) {
    if (edit.start < done || edit.end < edit.start || edit.end > text.length) {
      throw new RangeError(`The edit of ${edit.start}..${edit.end} overlaps another or leaves the text.`);
    }
    pieces.push(text.slice(done, edit.start), edit.text);
    done = edit.end;
  }
  pieces.push(text.slice(done));
  return pieces.join("");
}

/** What becomes of a list: elements that leave, and JSON texts that come before an element. */
export interface ListChange {
  readonly removed: ReadonlySet<number>;
  /** By the index of the element that they stand before; the number of elements means the end. */
  readonly inserted: ReadonlyMap<number, readonly string[]>;
}

/**
 * Edits that change an array (or an object, whose elements are then its members) with the commas
 * right in every case. Elements that stay are not touched, so edits inside them may be added.
 */
export function changeList(list: Span, spans: readonly Span[], change: ListChange): TextEdit[] {
  const edits: TextEdit[] = [];
  let added: string[] = [];
  let lastKept = -1;
  for (let index = 0; index < spans.length; index++) {
    added.push(...(change.inserted.get(index) ?? []));
    if (change.removed.has(index)) continue;
    const start = at(spans, lastKept + 1).start;
    const end = at(spans, index).start;
    if (start < end || added.length > 0) {
      edits.push({ start, end, text: added.map((json) => `${json},`).join("") });
    }
    added = [];
    lastKept = index;
  }
  added.push(...(change.inserted.get(spans.length) ?? []));
  const last = spans.at(-1);
  if (last === undefined) {
    if (added.length > 0) edits.push({ start: list.start + 1, end: list.start + 1, text: added.join(",") });
  } else if (lastKept === -1) {
    edits.push({ start: at(spans, 0).start, end: last.end, text: added.join(",") });
  } else {
    const start = at(spans, lastKept).end;
    if (start < last.end || added.length > 0) {
      edits.push({ start, end: last.end, text: added.map((json) => `,${json}`).join("") });
    }
  }
  return edits;
}

function at(spans: readonly Span[], index: number): Span {
  const span = spans[index];
  if (span === undefined) throw new RangeError(`There is no element ${index} in a list of ${spans.length}.`);
  return span;
}

/** Edits that take elements out of an array. */
export function removeElements(
  array: Span,
  elementSpans: readonly Span[],
  indexes: ReadonlySet<number>,
): TextEdit[] {
  return changeList(array, elementSpans, { removed: indexes, inserted: new Map() });
}

/** Edits that put JSON text before the element `before`; the number of elements means the end. */
export function insertElement(
  array: Span,
  elementSpans: readonly Span[],
  before: number,
  json: string,
): TextEdit[] {
  return changeList(array, elementSpans, { removed: new Set(), inserted: new Map([[before, [json]]]) });
}

/** Text at the end of a string. */
export function appendInString(stringSpan: Span, added: string): TextEdit {
  return { start: stringSpan.end - 1, end: stringSpan.end - 1, text: JSON.stringify(added).slice(1, -1) };
}

/**
 * Gives members other values (of duplicates the last, which is the one that counts). Names that are
 * new stand at the end, in the order given.
 */
export function setMembers(
  text: string,
  object: Span,
  values: Iterable<readonly [key: string, json: string]>,
): TextEdit[] {
  const all = members(text, object);
  const last = all.at(-1);
  const end = last?.value.end ?? object.start + 1;
  let comma = last === undefined ? "" : ",";
  return Array.from(values, ([key, json]) => {
    const old = all.findLast((one) => one.key === key);
    if (old !== undefined) return { ...old.value, text: json };
    const added = { start: end, end, text: `${comma}${JSON.stringify(key)}:${json}` };
    comma = ",";
    return added;
  });
}

/** As `setMembers`, for one. Two of these for one empty object would miss the comma between them. */
export function setMember(text: string, object: Span, key: string, json: string): TextEdit {
  const [edit] = setMembers(text, object, [[key, json]]);
  if (edit === undefined) throw new RangeError("One member gives one edit.");
  return edit;
}

/** Edits that take members out of an object, duplicates included. */
export function removeMembers(text: string, object: Span, keys: ReadonlySet<string>): TextEdit[] {
  const all = members(text, object);
  const spans = all.map((one) => ({ start: one.keySpan.start, end: one.value.end }));
  const removed = new Set(all.flatMap((one, index) => (keys.has(one.key) ? [index] : [])));
  return changeList(object, spans, { removed, inserted: new Map() });
}
