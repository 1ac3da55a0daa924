import type { Prompt } from "../../exchange/prompt.ts";
import { parametersIn } from "../parameters.ts";
import type { TurnIdentity } from "../turn-forms.ts";
import { layoutOf } from "./read-prompt.ts";

/** The items stand by themselves; the others only say how the answer is written. */
const noParameters: ReadonlySet<string> = new Set(["input", "stream", "stream_options"]);

/** What makes two requests the same one, as `TurnForms.identity`. */
export function identity(prompt: Prompt): TurnIdentity {
  const { text, path } = prompt;
  const { members, items } = layoutOf(prompt);
  return {
    path,
    parameters: parametersIn(text, members, noParameters),
    messages: items.map(({ start, end }) => text.slice(start, end)),
  };
}
