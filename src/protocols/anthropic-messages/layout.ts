import type { Prompt, Span } from "../../exchange/prompt.ts";
import { elements, members, rootSpan, typeAt } from "../../wire/json-text.ts";
import type { Member } from "../../wire/json-text.ts";
import { Notes } from "../../wire/notes.ts";
import { malformed } from "../request-faults.ts";

/** A member that holds a list, and where its elements stand. */
interface ListSpan {
  readonly span: Span;
  readonly elements: readonly Span[];
}

/** Where the members of a request stand that an edit may touch. */
export interface Layout {
  readonly root: Span;
  readonly members: readonly Member[];
  readonly system: Span | undefined;
  readonly tools: ListSpan | undefined;
  readonly messages: ListSpan;
}

// Found while reading, needed again only where a prompt is edited or refused.
const found = new Notes<Layout>();

export function rememberLayout(prompt: Prompt, layout: Layout): Prompt {
  found.set(prompt, layout);
  return prompt;
}

/** The layout of a prompt; found again in its text where the prompt is a copy. */
export function layoutOf(prompt: Prompt): Layout {
  return found.get(prompt) ?? findLayout(prompt.text);
}

/** Finds the members of a request body. Throws `JsonTextError` or `request_malformed`. */
export function findLayout(body: string): Layout {
  const root = rootSpan(body);
  if (typeAt(body, root) !== "object") throw malformed("The request body must be a JSON object.");
  const all = members(body, root);
  const messages = listOf(body, all, "messages");
  return {
    root,
    members: all,
    system: valueOf(body, all, "system"),
    tools: listOf(body, all, "tools"),
    // Without the list the upstream's own error is the best answer.
    messages: messages ?? { span: { start: root.end, end: root.end }, elements: [] },
  };
}

/** The last member of this name that is not null. */
export function valueOf(body: string, all: readonly Member[], key: string): Span | undefined {
  const span = all.findLast((one) => one.key === key)?.value;
  return span === undefined || typeAt(body, span) === "null" ? undefined : span;
}

function listOf(body: string, all: readonly Member[], key: string): ListSpan | undefined {
  const span = valueOf(body, all, key);
  if (span === undefined) return undefined;
  if (typeAt(body, span) !== "array") throw malformed(`\`${key}\` must be a list.`);
  return { span, elements: elements(body, span) };
}
