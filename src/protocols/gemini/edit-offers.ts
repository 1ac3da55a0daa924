import type { Prompt, PromptEdit, Span, ToolOffer } from "../../exchange/prompt.ts";
import { changeList, type TextEdit } from "../../wire/json-edit.ts";
import { elements, members, stringAt, typeAt } from "../../wire/json-text.ts";
import { fieldAt, removeFields, setField } from "./fields.ts";
import type { RequestLayout } from "./layout.ts";
import { objectAt } from "./parts.ts";
import { changeRepeated, repeatedAt } from "./repeated.ts";

/** The text edits that take offers away or describe them otherwise. */
export function editOffers(prompt: Prompt, layout: RequestLayout, edits: readonly PromptEdit[]): TextEdit[] {
  const removed = edits.flatMap((edit) =>
    edit.kind === "remove-offer" ? [offerAt(prompt, edit.offer)] : [],
  );
  const changed = edits.flatMap((edit) => {
    if (edit.kind !== "rewrite-offer") return [];
    const offer = offerAt(prompt, edit.offer);
    return removed.includes(offer) ? [] : rewriteOffer(layout.body, offer, edit);
  });
  return removed.length === 0 ? changed : [...changed, ...removeOffers(prompt, layout, removed)];
}

function offerAt(prompt: Prompt, index: number): ToolOffer {
  const offer = prompt.offers[index];
  if (offer === undefined) throw new RangeError(`The prompt has no offer ${index}.`);
  return offer;
}

/** A schema from outside is JSON Schema, for which the API has a field of its own, in the other's place. */
function rewriteOffer(
  text: string,
  { kind, span }: ToolOffer,
  to: { readonly description?: string; readonly schemaText?: string },
): TextEdit[] {
  // What the provider defines itself has neither a description nor a schema to change.
  if (kind !== "function") return [];
  const fields: [string, string][] = [];
  if (to.description !== undefined) fields.push(["description", JSON.stringify(to.description)]);
  if (to.schemaText !== undefined) fields.push(["parametersJsonSchema", to.schemaText]);
  const own = to.schemaText === undefined ? undefined : fieldAt(text, span, "parameters");
  if (own === undefined) return fields.map(([name, json]) => setField(text, span, name, json));
  // The two fields exclude each other: the old one is renamed where it stands.
  const renamed = members(text, span).find(({ value }) => value.start === own.start);
  return [
    ...fields
      .filter(([name]) => name !== "parametersJsonSchema")
      .map(([name, json]) => setField(text, span, name, json)),
    ...(renamed === undefined ? [] : [{ ...renamed.keySpan, text: '"parametersJsonSchema"' }]),
    { ...own, text: to.schemaText ?? "" },
  ];
}

function removeOffers(prompt: Prompt, layout: RequestLayout, removed: readonly ToolOffer[]): TextEdit[] {
  const { body, root, tools } = layout;
  if (tools === undefined) return [];
  const leaving = new Set(removed.map(({ span }) => span.start));
  const emptied = new Set<number>();
  const edits: TextEdit[] = [];
  for (const [index, tool] of tools.items.entries()) {
    const left = removeFrom(body, tool, leaving);
    if (left === "nothing") emptied.add(index);
    else edits.push(...left);
  }
  const names = new Set(removed.map(({ name }) => name));
  const declares = prompt.offers.some((offer) => offer.kind === "function" && !removed.includes(offer));
  const config = declares ? narrowAllowed(layout, names) : removeCalling(layout);
  if (emptied.size === tools.items.length) {
    const gone = ["tools", ...(config === "empty" ? ["toolConfig"] : [])];
    return [...removeFields(body, root, gone), ...(config === "empty" ? [] : config)];
  }
  return [
    ...edits,
    ...changeRepeated(tools, { removed: emptied, inserted: new Map() }),
    ...(config === "empty" ? removeFields(body, root, ["toolConfig"]) : config),
  ];
}

/** Takes offers out of one `Tool`, which must not be left without any. */
function removeFrom(text: string, tool: Span, leaving: ReadonlySet<number>): TextEdit[] | "nothing" {
  if (leaving.has(tool.start)) return "nothing";
  const all = members(text, tool);
  const edits: TextEdit[] = [];
  const gone = new Set<number>();
  for (const [index, { key, value }] of all.entries()) {
    const isDeclared = key === "functionDeclarations" || key === "function_declarations";
    const list = isDeclared ? repeatedAt(text, value) : undefined;
    if (list === undefined) {
      if (leaving.has(value.start)) gone.add(index);
      continue;
    }
    const removed = new Set(list.items.flatMap(({ start }, at) => (leaving.has(start) ? [at] : [])));
    if (removed.size === 0) continue;
    if (removed.size === list.items.length) gone.add(index);
    else edits.push(...changeRepeated(list, { removed, inserted: new Map() }));
  }
  if (all.length > 0 && gone.size === all.length) return "nothing";
  const spans = all.map(({ keySpan, value }) => ({ start: keySpan.start, end: value.end }));
  return [...edits, ...changeList(tool, spans, { removed: gone, inserted: new Map() })];
}

/** Without a declaration the API refuses a configuration of calling; `empty` where nothing else is in it. */
function removeCalling(layout: RequestLayout): TextEdit[] | "empty" {
  const { body } = layout;
  const config = layout.field("toolConfig");
  if (config === undefined || typeAt(body, config) !== "object") return [];
  if (fieldAt(body, config, "functionCallingConfig") === undefined) return [];
  if (members(body, config).length === 1) return "empty";
  return removeFields(body, config, ["functionCallingConfig"]);
}

/** A list of allowed functions must not name one that is no longer declared. */
function narrowAllowed(layout: RequestLayout, names: ReadonlySet<string>): TextEdit[] {
  const { body } = layout;
  const config = layout.field("toolConfig");
  const calling =
    config === undefined || typeAt(body, config) !== "object"
      ? undefined
      : objectAt(body, config, "functionCallingConfig");
  const list = calling === undefined ? undefined : fieldAt(body, calling, "allowedFunctionNames");
  if (calling === undefined || list === undefined || typeAt(body, list) !== "array") return [];
  const spans = elements(body, list);
  const removed = new Set(spans.flatMap((span, at) => (names.has(stringAt(body, span) ?? "") ? [at] : [])));
  if (removed.size === 0) return [];
  // An empty list would allow every function.
  if (removed.size === spans.length) return [{ ...calling, text: '{"mode":"NONE"}' }];
  return changeList(list, spans, { removed, inserted: new Map() });
}
