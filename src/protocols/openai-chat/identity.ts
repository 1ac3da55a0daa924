import type { Prompt } from "../../exchange/prompt.ts";
import { parametersIn } from "../parameters.ts";
import type { TurnIdentity } from "../turn-forms.ts";
import { layoutOf } from "./read-prompt.ts";

/** What says how an answer is written, and the messages, which stand by themselves. */
const noParameters: ReadonlySet<string> = new Set(["messages", "stream", "stream_options"]);

/** What makes two requests the same one, as `TurnForms.identity`. */
export function identity(prompt: Prompt): TurnIdentity {
  const { cut, rest, members } = layoutOf(prompt);
  return {
    path: prompt.path,
    parameters: parametersIn(rest, members, noParameters),
    messages: (cut.list?.elements ?? []).map(({ text }) => text),
  };
}
