import { isUtf8 } from "node:buffer";
import { applyEdits, removeMembers, setMember, type TextEdit } from "../../../wire/json-edit.ts";
import { checkJson } from "../../../wire/json-check.ts";
import { stepsOf } from "../../../wire/json-pointer.ts";
import { JsonTextError } from "../../../wire/json-scan.ts";
import { members, rootSpan, type Span, stringAt, typeAt } from "../../../wire/json-text.ts";
import { charsetOf, closed, type KeyedRequest, mediaType, open, type Slot } from "./slot.ts";

/** A body that is one JSON object. `text` gives the very same bytes again: they are valid UTF-8. */
export interface JsonBody {
  readonly request: KeyedRequest;
  readonly text: string;
  readonly root: Span;
}

/** Reads a body as a JSON object; a sentence where it is none. */
export function jsonBody(request: KeyedRequest): JsonBody | { readonly why: string } {
  const type = mediaType(request);
  if (type !== "application/json" && !type.endsWith("+json"))
    return { why: "the body is not said to be JSON" };
  const charset = charsetOf(request) ?? "utf-8";
  if ((charset !== "utf-8" && charset !== "utf8") || !isUtf8(request.body)) {
    return { why: "the body is not in UTF-8" };
  }
  const text = Buffer.from(request.body).toString("utf8");
  try {
    // An edit looks at a few places only, and readers differ about a body with a fault elsewhere.
    checkJson(text);
    const root = rootSpan(text);
    return typeAt(text, root) === "object" ? { request, text, root } : { why: "the body is no JSON object" };
  } catch (error) {
    if (error instanceof JsonTextError) return { why: "the body is no JSON" };
    throw error;
  }
}

/** A member of a JSON body. */
export function jsonSlot(request: KeyedRequest, pointer: string): Slot {
  const body = jsonBody(request);
  return "why" in body ? closed(body.why) : memberSlot(body, body.root, stepsOf(pointer));
}

/** The member to which `steps` lead from an object of the text. */
export function memberSlot(body: JsonBody, object: Span, steps: readonly string[]): Slot {
  const { request, text } = body;
  const [name = "", ...rest] = steps;
  const own = members(text, object).filter(({ key }) => key === name);
  // Of two members of one name some readers take the first, and others the last.
  if (own.length > 1) return closed(`${name} came ${own.length} times`);
  const value = own[0]?.value;
  if (value !== undefined && rest.length > 0) {
    return typeAt(text, value) === "object" ? memberSlot(body, value, rest) : closed(`${name} is no object`);
  }
  const key = value === undefined || typeAt(text, value) === "null" ? "" : stringAt(text, value);
  if (key === undefined) return closed(`${name} is no text`);
  return open(request, key === "" ? null : key, {
    put: (given) => withEdits(body, [setMember(text, object, name, nested(rest, given))]),
    take: () => withEdits(body, removeMembers(text, object, new Set([name]))),
  });
}

/** The request with edits of its body's text. */
export function withEdits({ request, text }: JsonBody, edits: readonly TextEdit[]): KeyedRequest {
  return { ...request, body: Buffer.from(applyEdits(text, edits), "utf8") };
}

/** The key inside the objects that are missing on the way to it. */
function nested(steps: readonly string[], key: string): string {
  return steps.reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, JSON.stringify(key));
}
