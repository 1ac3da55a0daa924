import { applyEdits, setMember } from "../../wire/json-edit.ts";
import { rootSpan } from "../../wire/json-text.ts";
import { ifReadable } from "../if-readable.ts";
import type { AskedStream } from "../turn-forms.ts";

/** The same request, asking for a stream, as `TurnForms.askStream`: every message can be streamed. */
export function askStream(body: string, path: string, query: string): AskedStream | null {
  return ifReadable(() => {
    const edit = setMember(body, rootSpan(body), "stream", "true");
    return { path, query, body: applyEdits(body, [edit]) };
  });
}
