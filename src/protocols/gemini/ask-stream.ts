import { parseAt, rootSpan } from "../../wire/json-text.ts";
import { objectOf, type JsonObject } from "../../wire/json-value.ts";
import { ifReadable } from "../if-readable.ts";
import type { AskedStream } from "../turn-forms.ts";
import { fieldAt, fieldOf } from "./fields.ts";
import { readPath } from "./path.ts";

/** The same request, asking for a stream of server-sent events, as `TurnForms.askStream`. */
export function askStream(body: string, path: string, query: string): AskedStream | null {
  return ifReadable(() => {
    const addressed = readPath(path);
    const events = asEvents(query);
    if (addressed === null || events === null || !isStreamed(configIn(body))) return null;
    const streaming = addressed.stream ? path : path.replace(/generateContent$/, "streamGenerateContent");
    return { path: streaming, query: events, body };
  });
}

function configIn(body: string): JsonObject {
  const span = fieldAt(body, rootSpan(body), "generationConfig");
  return (span === undefined ? undefined : objectOf(parseAt(body, span))) ?? {};
}

/**
 * One candidate of text is streamed so that it can be put together: probabilities come chunk by chunk,
 * each with an average of its own, and sound in pieces that are encoded each by itself.
 */
function isStreamed(config: JsonObject): boolean {
  const modalities: unknown[] = [fieldOf(config, "responseModalities") ?? []].flat();
  return (
    (fieldOf(config, "candidateCount") ?? 1) === 1 &&
    fieldOf(config, "responseLogprobs") !== true &&
    modalities.every((modality) => modality === "TEXT")
  );
}

/** As `TurnForms.isList`. */
export function isList(query: string): boolean {
  return !formsIn(new URLSearchParams(query)).includes("sse");
}

/**
 * The query that asks for events; null where it asks for a form or a selection of its own.
 * https://cloud.google.com/apis/docs/system-parameters
 */
function asEvents(query: string): string | null {
  const own = new URLSearchParams(query);
  const forms = formsIn(own);
  const isPlain = forms.every((form) => form === "json" || form === "sse" || form === "");
  if (!isPlain || ["fields", "$fields", "callback", "$callback"].some((name) => own.has(name))) return null;
  if (forms.length === 1 && forms[0] === "sse") return query;
  const parameters = query.slice(1).split("&");
  const kept = parameters.filter(
    (parameter) => parameter !== "" && !/^(?:\$|%24)?alt(?:=|$)/.test(parameter),
  );
  return `?${[...kept, "alt=sse"].join("&")}`;
}

/** What a query says of the form of the answer, by both names of it. */
function formsIn(query: URLSearchParams): readonly string[] {
  return ["alt", "$alt"].flatMap((name) => query.getAll(name));
}
