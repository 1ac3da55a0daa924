import { applyEdits, setMember, setMembers, type TextEdit } from "../../wire/json-edit.ts";
import { parseAt, typeAt } from "../../wire/json-text.ts";
import { arrayOf } from "../../wire/json-value.ts";
import { ifReadable } from "../if-readable.ts";
import type { AskedStream } from "../turn-forms.ts";
import { TopLevel } from "./top-level.ts";

/**
 * Members that ask for something that no stream tells: sound, whose pieces are encoded each by itself and
 * in one format only, and what vLLM refuses to stream.
 */
const onlyWhole: readonly string[] = ["audio", "prompt_logprobs", "best_of", "use_beam_search"];

/** The same request, asking for a stream with its usage, as `TurnForms.askStream`. */
export function askStream(body: string, path: string, query: string): AskedStream | null {
  return ifReadable(() => {
    const edits = streaming(body);
    return edits === null ? null : { path, query, body: applyEdits(body, edits) };
  });
}

function streaming(body: string): TextEdit[] | null {
  const top = new TopLevel(body);
  const valueOf = (name: string): unknown => {
    const span = top.span(name);
    return span === undefined ? undefined : parseAt(body, span);
  };
  if ((valueOf("n") ?? 1) !== 1 || arrayOf(valueOf("modalities")).includes("audio")) return null;
  if (onlyWhole.some((name) => (valueOf(name) ?? false) !== false)) return null;
  const options = top.span("stream_options");
  if (options === undefined) {
    return setMembers(body, top.root, [
      ["stream", "true"],
      ["stream_options", '{"include_usage":true}'],
    ]);
  }
  if (typeAt(body, options) !== "object") return null;
  return [setMember(body, top.root, "stream", "true"), setMember(body, options, "include_usage", "true")];
}
