import { applyEdits, type TextEdit } from "../../wire/json-edit.ts";
import { parseAt, rootSpan } from "../../wire/json-text.ts";
import { arrayOf, objectOf, stringOf } from "../../wire/json-value.ts";
import { answerIn } from "../openai-answer.ts";
import type { Answer, Release } from "../protocol.ts";
import { isClientCall } from "./item-call.ts";
import { clientCalls, finishOf, isBackground, providerCallsIn, textOfItem, usageOf } from "./output.ts";
import { addOutputTokens, editOutput, outputOf } from "./output-edit.ts";

/** Reads a whole answer: https://platform.openai.com/docs/api-reference/responses/object */
export function readAnswer(text: string): Answer {
  const response = answerIn(text, "output");
  const items = arrayOf(response["output"]).map((item) => objectOf(item) ?? {});
  const calls = clientCalls(response, items);
  const finish = finishOf(response, items);
  return {
    text,
    turn: {
      id: stringOf(response["id"]) ?? "",
      text: items.map(textOfItem).join(""),
      calls,
      providerCalls: providerCallsIn(items),
      finish,
      usage: usageOf(response["usage"]),
      choices: 1,
      complete: finish !== null,
      kept: response["store"] !== false,
      background: isBackground(response),
    },
  };
}

/** The answer with calls rewritten or taken away; text outside of that stays as it came. */
export function editAnswer({ text }: Answer, { changes, addOutputTokens: added }: Release): string {
  const root = rootSpan(text);
  const edits: TextEdit[] = addOutputTokens(text, root, added);
  const output = changes.length === 0 ? undefined : outputOf(text, root);
  if (output !== undefined) {
    let position = 0;
    const positions = output.items.map((span) =>
      isClientCall(objectOf(parseAt(text, span)) ?? {}) ? position++ : -1,
    );
    const changeOf = (index: number) => changes.find(({ call }) => call.position === positions[index]);
    edits.push(...editOutput(text, output, changeOf, []));
  }
  return applyEdits(text, edits);
}
