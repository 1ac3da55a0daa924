import type { Chat, ChatSettings, PlainCall, Turn } from "./client.ts";

export interface WantedCall extends PlainCall {
  readonly id: string;
}

/** A call without what the provider makes up. */
export function plain({ name, arguments: args }: PlainCall): PlainCall {
  return { name, arguments: args };
}

/** One answer, and the very objects that go back into the history. */
export interface Completed<Message> {
  readonly turn: Omit<Turn, "calls">;
  readonly calls: readonly WantedCall[];
  readonly said: readonly Message[];
}

/** What differs between clients whose user writes the loop. */
export interface Steps<Message> {
  begin(): Message[];
  user(text: string): Message;
  results(results: readonly { readonly id: string; readonly text: string }[]): Message[];
  complete(history: readonly Message[], pieces: unknown[]): Promise<Completed<Message>>;
}

/** The loop that most people write first: ask, run the calls, send all back. */
export function toolLoop<Message>(settings: ChatSettings, steps: Steps<Message>): Chat {
  const history = steps.begin();
  const turns: Turn[] = [];
  const ran: PlainCall[] = [];
  const pieces: unknown[] = [];
  return {
    turns,
    ran,
    pieces,
    async ask(question) {
      history.push(steps.user(question));
      for (;;) {
        const { turn, calls, said } = await steps.complete([...history], pieces);
        turns.push({ ...turn, calls: calls.map(plain) });
        history.push(...said);
        if (calls.length === 0) return turn.text;
        const results = calls.map(({ id, ...call }) => {
          ran.push(call);
          return { id, text: settings.run(call) };
        });
        history.push(...steps.results(results));
      }
    },
  };
}
