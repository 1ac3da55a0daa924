import { isObjectText } from "../wire/object-text.ts";
import type { Answer, Protocol } from "./protocol.ts";

type AnswerSide = Pick<Protocol, "readAnswer" | "editAnswer">;

/**
 * The answer without the calls from the first on whose arguments are no object: of a stream that was cut they
 * are a piece. Null where nothing is left of it, or it holds several answers.
 */
export function withWholeCalls(text: string, { readAnswer, editAnswer }: AnswerSide): string | null {
  const answer = readAnswer(text);
  const { calls } = answer.turn;
  if (answer.turn.choices > 1) return null;
  const cut = calls.findIndex((call, at) => !isWhole(call, at === calls.length - 1));
  const whole = cut === -1 ? calls.length : cut;
  if (answer.turn.text === "" && whole === 0) return null;
  const changes = calls.slice(whole).map((call) => ({ kind: "drop" as const, call }));
  return editAnswer(answer, { changes, addOutputTokens: 0, comment: undefined });
}

/** Of free text nothing tells whether more would have come, but that another call began behind it. */
function isWhole({ kind, argumentsText }: Answer["turn"]["calls"][number], isLast: boolean): boolean {
  return kind === "custom" ? !isLast : isObjectText(argumentsText);
}
