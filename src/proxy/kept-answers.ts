import type { Caller } from "../exchange/exchange.ts";
import type { Kept } from "../exchange/prompt.ts";
import type { EarlierTurn, Protocol } from "../protocols/protocol.ts";
import type { Conversations } from "./conversation.ts";

/**
 * What is remembered of an answer that its provider keeps, so that a later request may only name it:
 * the request as the client sent it, and what the model said to it.
 */
export interface KeptAnswer {
  readonly body: string;
  readonly path: string;
  /** JSON texts of the model's turn as the provider holds it; empty while it is not finished. */
  readonly output: readonly string[];
  /** The id that the provider has it under: another than the client's, where a turn was asked again. */
  readonly upstreamId: string;
}

/** How many answers one request may lean on, one behind the other, before it is taken as unknown. */
const turnsMax = 1_000;
/**
 * How much they may say, all together, in UTF-16 units of the requests and answers as they were: it is read
 * on every request that names the last of them, which may be a hundred bytes.
 */
const hydratedCharactersMax = 32 * 1024 * 1024;
/** Longest id that is looked up, in characters: a client names it, and what is looked up stays in memory. */
const idLengthMax = 512;
const factKind = "kept-answer";

/**
 * The answers that providers keep, as far as they went through this gateway. They are facts like those
 * of a conversation: on disk, apart for each tenant, and gone with them by age.
 */
export class KeptAnswers {
  readonly #conversations: Conversations;
  readonly #charactersMax: number;

  /** `charactersMax`: of all that one request leans on, UTF-16 units. */
  constructor(conversations: Conversations, charactersMax: number = hydratedCharactersMax) {
    this.#conversations = conversations;
    this.#charactersMax = charactersMax;
  }

  /** Remembers an answer under each id that the client may know it by. False where the ledger is down. */
  async record(caller: Caller, target: string, ids: readonly string[], answer: KeptAnswer): Promise<boolean> {
    const written = await Promise.all(
      ids
        .filter(({ length }) => length <= idLengthMax)
        .map((id) =>
          this.#conversations.append(caller, subjectOf(target, id), [{ kind: factKind, value: answer }]),
        ),
    );
    return written.every(Boolean);
  }

  /** What was recorded last under this id, or null. */
  async of(caller: Caller, target: string, id: string): Promise<KeptAnswer | null> {
    if (id.length > idLengthMax) return null;
    const { facts } = await this.#conversations.facts(caller, subjectOf(target, id));
    const found = facts.findLast(({ kind }) => kind === factKind);
    return found === undefined ? null : (found.value as KeptAnswer);
  }

  /**
   * The turns that a request leans on, oldest first. Null where one of them did not go through this
   * gateway, or the provider holds more than answers of its own.
   */
  async turnsBehind(
    caller: Caller,
    target: string,
    protocol: Protocol,
    kept: readonly Kept[],
  ): Promise<readonly EarlierTurn[] | null> {
    const turns: EarlierTurn[] = [];
    const ids = new Set<string>();
    let characters = 0;
    let leansOn = kept;
    while (leansOn.length > 0) {
      const [first, ...more] = leansOn;
      if (first?.kind !== "answer" || first.id === null || more.length > 0 || turns.length >= turnsMax) {
        return null;
      }
      // A server that gives every answer one id would have them go round in a circle.
      if (ids.has(first.id)) return null;
      ids.add(first.id);
      const answer = await this.of(caller, target, first.id);
      if (answer === null) return null;
      characters += answer.body.length + answer.output.reduce((sum, { length }) => sum + length, 0);
      if (characters > this.#charactersMax) return null;
      const prompt = protocol.readPrompt(answer.body, answer.path);
      turns.push({ prompt, output: answer.output });
      leansOn = prompt.kept;
    }
    return turns.toReversed();
  }
}

function subjectOf(target: string, id: string): string {
  return `kept answer ${target} ${id}`;
}
