import type { Span } from "../../exchange/prompt.ts";
import { setMember, type TextEdit } from "../../wire/json-edit.ts";
import { members, stringAt, typeAt } from "../../wire/json-text.ts";
import { fieldAt, removeFields, setField } from "./fields.ts";

/**
 * Where the words of a function's response stand.
 * - `string`: they are one string, and are exchanged in place
 * - `object`: the response has a structure of its own, so its whole JSON text is what the model reads
 * - `none`: there is nothing in it
 */
export type ResultWords =
  | { readonly kind: "string" | "object"; readonly span: Span; readonly isError: boolean }
  | { readonly kind: "none"; readonly isError: false };

/**
 * Finds them in the object of a `functionResponse`. The API reads `output` for what a function gave,
 * `error` for what went wrong, and without these the whole of `response`
 * (https://ai.google.dev/api/caching#FunctionResponse). The AI SDK puts the function's name beside it.
 */
export function resultWords(text: string, functionResponse: Span): ResultWords {
  const response = fieldAt(text, functionResponse, "response");
  if (response === undefined) return { kind: "none", isError: false };
  const type = typeAt(text, response);
  if (type !== "object") return { kind: type === "string" ? type : "object", span: response, isError: false };
  const name = nameAt(text, functionResponse);
  const said = members(text, response).filter(
    ({ key, value }) => !(key === "name" && name !== undefined && stringAt(text, value) === name),
  );
  const [only, ...more] = said;
  if (only === undefined) return { kind: "none", isError: false };
  const keys = new Set(said.filter(({ value }) => typeAt(text, value) !== "null").map(({ key }) => key));
  const isError = keys.has("error") && !keys.has("output");
  if (more.length === 0 && typeAt(text, only.value) === "string") {
    return { kind: "string", span: only.value, isError };
  }
  return { kind: "object", span: response, isError };
}

function nameAt(text: string, functionResponse: Span): string | undefined {
  const name = fieldAt(text, functionResponse, "name");
  return name === undefined ? undefined : stringAt(text, name);
}

/** The texts in a response, as a model reads them. */
export function resultTexts(text: string, functionResponse: Span): string[] {
  const words = resultWords(text, functionResponse);
  if (words.kind === "none") return [];
  const { start, end } = words.span;
  return [words.kind === "string" ? (stringAt(text, words.span) ?? "") : text.slice(start, end)];
}

/**
 * Edits that give a response another text. What had a structure becomes the `output` (or `error`) of a
 * new one: nothing else can hold a text that stands for all of it.
 */
export function editResultWords(text: string, functionResponse: Span, to: string): TextEdit[] {
  const words = resultWords(text, functionResponse);
  const json = JSON.stringify(to);
  if (words.kind === "string") return [{ ...words.span, text: json }];
  return [setField(text, functionResponse, "response", `{"${words.isError ? "error" : "output"}":${json}}`)];
}

/** One text in place of all that a function gave, images included. */
export function stubResult(text: string, functionResponse: Span, stub: string): TextEdit[] {
  return [
    ...removeFields(text, functionResponse, ["parts"]),
    ...(fieldAt(text, functionResponse, "response") === undefined
      ? [setMember(text, functionResponse, "response", `{"output":${JSON.stringify(stub)}}`)]
      : editResultWords(text, functionResponse, stub)),
  ];
}
