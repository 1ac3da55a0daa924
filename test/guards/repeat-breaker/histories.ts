import type { PromptSubject } from "../../../src/exchange/moments.ts";
import type { Prompt } from "../../../src/exchange/prompt.ts";
import { anthropicRequest, openaiRequest, subjectOf, user, type WireMessage } from "../budget/requests.ts";

/** A call with its result, as a test states it. */
export interface Stated {
  readonly name?: string;
  /** JSON text, as the client spells it. */
  readonly input?: string;
  readonly result: string | readonly WireMessage[];
  readonly isError?: boolean;
}

export const look = (result: string, input = '{"at":"it"}'): Stated => ({ name: "look", input, result });

/** One turn of the model with its calls, all of which have an id that nobody had before. */
export type Turns = readonly (readonly Stated[])[];

let ids = 0;

export interface HistoryDialect {
  readonly name: string;
  turn(calls: readonly Stated[], text?: string): readonly WireMessage[];
  request(messages: readonly WireMessage[]): Prompt;
}

const openai: HistoryDialect = {
  name: "openai-chat",
  turn(calls, text) {
    const named = calls.map((call) => ({ ...call, id: `call_${++ids}` }));
    return [
      {
        role: "assistant",
        content: text ?? null,
        tool_calls: named.map(({ id, name = "look", input = "{}" }) => ({
          id,
          type: "function",
          function: { name, arguments: input },
        })),
      },
      ...named.map(({ id, result }) => ({ role: "tool", tool_call_id: id, content: result })),
    ];
  },
  request: openaiRequest,
};

const anthropic: HistoryDialect = {
  name: "anthropic-messages",
  turn(calls, text) {
    const named = calls.map((call) => ({ ...call, id: `toolu_${++ids}` }));
    const said = text === undefined ? [] : [{ type: "text", text }];
    return [
      {
        role: "assistant",
        content: [
          ...said,
          ...named.map(({ id, name = "look", input = "{}" }) => ({
            type: "tool_use",
            id,
            name,
            input: JSON.parse(input) as unknown,
          })),
        ],
      },
      {
        role: "user",
        content: named.map(({ id, result, isError }) => ({
          type: "tool_result",
          tool_use_id: id,
          content: result,
          ...(isError === true && { is_error: true }),
        })),
      },
    ];
  },
  request: anthropicRequest,
};

export const historyDialects = [openai, anthropic] as const;

/** A subject whose history is the task and these turns. */
export function historyOf(
  dialect: HistoryDialect,
  turns: Turns,
  more: Partial<PromptSubject> = {},
): PromptSubject {
  const messages = [user("Find it."), ...turns.flatMap((calls, at) => dialect.turn(calls, `Try ${at}.`))];
  return subjectOf(dialect.request(messages), more);
}

export function times<T>(count: number, what: T): T[] {
  return Array.from({ length: count }, () => what);
}
