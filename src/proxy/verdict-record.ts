import { LRUCache } from "lru-cache";
import type { Exchange } from "../exchange/exchange.ts";
import type { NewFact } from "../exchange/fact.ts";
import { anonymousSubject, factKinds, subjectOfRun, type VerdictFact } from "../exchange/run-facts.ts";
import type { ToldFact } from "./conversation.ts";
import type { Engine } from "./engine.ts";
import type { NotedVerdict } from "./noted-verdict.ts";

/** Names of written verdicts that are kept in memory, characters of all together. */
const keptCharactersMax = 16 * 1024 * 1024;

/**
 * Verdicts that are on disk. An agent sends its history and its offers again on every turn, and what was
 * decided about them stays: it is written once, not on every turn. One that was forgotten here is
 * written once more.
 */
export class WrittenVerdicts {
  readonly #names = new LRUCache<string, true>({
    maxSize: keptCharactersMax,
    sizeCalculation: (_true, name) => name.length + 64,
  });

  has(name: string): boolean {
    return this.#names.get(name) === true;
  }

  add(names: readonly string[]): void {
    for (const name of names) this.#names.set(name, true);
  }
}

type Ports = Pick<Engine, "conversations" | "writtenVerdicts">;

/** The verdicts of one exchange on their way to the ledger. */
export class VerdictRecord {
  readonly #ports: Ports;
  readonly #at: Exchange;
  readonly #unrecorded: () => void;
  #pending: NotedVerdict[] = [];

  /** `unrecorded` is called where verdicts hold although they could not be written. */
  constructor(ports: Ports, at: Exchange, unrecorded: () => void) {
    this.#ports = ports;
    this.#at = at;
    this.#unrecorded = unrecorded;
  }

  get hasPending(): boolean {
    return this.#pending.length > 0;
  }

  note(verdicts: readonly NotedVerdict[]): void {
    if (verdicts.length > 0) this.#pending.push(...verdicts);
  }

  /** These do not hold: the same was judged anew. */
  forget(verdicts: readonly NotedVerdict[]): void {
    this.#pending = this.#pending.filter((one) => !verdicts.includes(one));
  }

  /** Another verdict ended the exchange before what is pending had an effect. */
  overtake(overtaking: (verdicts: readonly NotedVerdict[]) => readonly NotedVerdict[]): void {
    this.#pending = [...overtaking(this.#pending)];
  }

  /**
   * Writes facts of guards, and with them in one append what is pending. True once all of it is on disk;
   * where that fails, nothing is, and what is pending stays so.
   */
  async append(conversation: string | null, facts: readonly NewFact[]): Promise<boolean> {
    return this.#append(conversation, facts, this.#unwritten(conversation));
  }

  /** Writes what is pending. A promise only where there is something: false where it could not be written. */
  flush(conversation: string | null): true | Promise<boolean> {
    if (this.#pending.length === 0) return true;
    const unwritten = this.#unwritten(conversation);
    if (unwritten.told.length > 0) return this.#flush(conversation, unwritten);
    this.#pending = [];
    return true;
  }

  async #flush(conversation: string | null, unwritten: Unwritten): Promise<boolean> {
    if (await this.#append(conversation, [], unwritten)) return true;
    this.giveUp();
    return false;
  }

  async #append(
    conversation: string | null,
    facts: readonly NewFact[],
    { told, names }: Unwritten,
  ): Promise<boolean> {
    const { conversations, writtenVerdicts } = this.#ports;
    if (!(await conversations.append(this.#at.caller, conversation, facts, told))) return false;
    writtenVerdicts.add(names);
    this.#pending = [];
    return true;
  }

  /** What is pending holds and stays unwritten. */
  giveUp(): void {
    if (this.#pending.length > 0) this.#unrecorded();
    this.#pending = [];
  }

  /** What of the pending is not on disk yet. */
  #unwritten(conversation: string | null): Unwritten {
    const { id: exchange, plane, target, caller } = this.#at;
    const { id: run, stage, attempt } = caller.run;
    const names: string[] = [];
    const told: ToldFact[] = [];
    for (const verdict of this.#pending) {
      if (comesAgain(verdict, plane)) {
        const { guard, mode, moment, verdict: kind, done, reason, tool, call, message } = verdict;
        const about = [guard, mode, moment, kind, done, reason, tool, call, message];
        // No name of a caller has a control character.
        const name = [caller.tenant, run, stage, attempt, target, conversation, ...about].join("\u0000");
        if (this.#ports.writtenVerdicts.has(name) || names.includes(name)) continue;
        names.push(name);
      }
      const value: VerdictFact = { ...verdict, exchange, plane, target, conversation, stage, attempt };
      const subject = run === null ? anonymousSubject : subjectOfRun(run);
      told.push({ subject, kind: factKinds.verdict, value });
    }
    return { told, names };
  }
}

/** Facts that are to be written, and the names by which those of them are known that come again. */
interface Unwritten {
  readonly told: readonly ToldFact[];
  readonly names: readonly string[];
}

/** True for what is decided about a prompt in place, so that it is decided again on every later turn. */
function comesAgain({ moment, verdict }: NotedVerdict, plane: string): boolean {
  if (plane !== "llm") return false;
  return moment === "offer" || moment === "result" || (moment === "prompt" && verdict === "rewrite");
}
