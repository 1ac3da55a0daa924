import type { Prompt } from "../../exchange/prompt.ts";
import { parametersIn } from "../parameters.ts";
import type { TurnIdentity } from "../turn-forms.ts";
import { pathOfModel } from "./path.ts";
import { layoutOf } from "./read-prompt.ts";

/** The messages stand by themselves. How the answer is written is said outside of the body. */
const noParameters: ReadonlySet<string> = new Set(["contents"]);

/** What makes two requests the same one, as `TurnForms.identity`. */
export function identity(prompt: Prompt): TurnIdentity {
  const { body, contents, members } = layoutOf(prompt);
  return {
    path: pathOfModel(prompt.path),
    parameters: parametersIn(body, members, noParameters),
    messages: contents.items.map(({ start, end }) => body.slice(start, end)),
  };
}
