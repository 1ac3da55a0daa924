import { applyEdits, setMember } from "../../wire/json-edit.ts";
import { member, parseAt, rootSpan } from "../../wire/json-text.ts";
import { ifReadable } from "../if-readable.ts";
import type { AskedStream } from "../turn-forms.ts";

/**
 * The same request, asking for a stream, as `TurnForms.askStream`. What is made in the background is not
 * what its request is answered with: https://platform.openai.com/docs/guides/background
 */
export function askStream(body: string, path: string, query: string): AskedStream | null {
  return ifReadable(() => {
    const root = rootSpan(body);
    const background = member(body, root, "background");
    if (background !== undefined && parseAt(body, background) === true) return null;
    return { path, query, body: applyEdits(body, [setMember(body, root, "stream", "true")]) };
  });
}
