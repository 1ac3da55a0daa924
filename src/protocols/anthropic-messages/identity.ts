import type { Prompt } from "../../exchange/prompt.ts";
import { parametersIn } from "../parameters.ts";
import type { TurnIdentity } from "../turn-forms.ts";
import { layoutOf } from "./layout.ts";

/** The messages stand by themselves; the other only says how the answer is written. */
const noParameters: ReadonlySet<string> = new Set(["messages", "stream"]);

/** What makes two requests the same one, as `TurnForms.identity`. */
export function identity(prompt: Prompt): TurnIdentity {
  const { text, path } = prompt;
  const { members, messages } = layoutOf(prompt);
  return {
    path,
    parameters: parametersIn(text, members, noParameters),
    messages: messages.elements.map(({ start, end }) => text.slice(start, end)),
  };
}
