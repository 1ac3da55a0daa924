import type { Prompt } from "../../../src/exchange/prompt.ts";
import type { TurnForms } from "../../../src/protocols/turn-forms.ts";
import type { AnswerForm } from "../../../src/proxy/turns/answer-form.ts";
import type { Wanted } from "../../../src/proxy/turns/turn-reader.ts";

/** What a client wants, where forms are told apart by a word before the text: `null` has no other form. */
export function wanting(form: AnswerForm): Wanted {
  const forms = {
    wholeOf: (stream: string) => (stream === "null" ? null : `whole of ${stream}`),
    streamOf: (answer: string) => (answer === "null" ? null : `stream of ${answer}`),
  };
  return { form, prompt: {} as Prompt, forms: forms as unknown as TurnForms, until: null };
}
