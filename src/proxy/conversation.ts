import { LRUCache } from "lru-cache";
import type { Fact, NewFact } from "../exchange/fact.ts";
import type { Caller } from "../exchange/exchange.ts";
import type { Log } from "../exchange/log.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { subjectOfRun } from "../exchange/run-facts.ts";
import { valueAsWritten, valueToWrite } from "./fact-value.ts";

/** Facts about one conversation as far as they can be had now. */
export interface KnownFacts {
  readonly facts: readonly Fact[];
  /** False while the ledger is down: what is known applies, nothing new may be set. */
  readonly writable: boolean;
}

/** A fact that is written beside others, and that no conversation reads. */
export type ToldFact = Pick<Fact, "subject" | "kind" | "value">;

/** How many conversations are kept in memory, and of how many characters; the ledger has them all. */
const conversationsMax = 10_000;
const keptCharactersMax = 64 * 1024 * 1024;

/** All facts of one conversation, oldest first. */
interface Kept {
  readonly facts: readonly Fact[];
  readonly characters: number;
}

/**
 * The facts of conversations: written to the ledger before their first use, kept in memory after
 * it, so that a running conversation goes on while the ledger is down.
 */
export class Conversations {
  readonly #ledger: Ledger;
  readonly #log: Log;
  readonly #known = new LRUCache<string, Kept>({
    max: conversationsMax,
    maxSize: keptCharactersMax,
    sizeCalculation: ({ characters }) => characters + 1,
  });
  readonly #reading = new Map<string, Promise<readonly Fact[]>>();

  constructor(ledger: Ledger, log: Log) {
    this.#ledger = ledger;
    this.#log = log;
  }

  /** A promise only where they are not in memory. */
  facts(caller: Caller, conversation: string): KnownFacts | Promise<KnownFacts> {
    const key = keyOf(caller, conversation);
    const known = this.#known.get(key);
    if (known !== undefined) return { facts: known.facts, writable: true };
    return this.#fromLedger(key, caller, conversation);
  }

  async #fromLedger(key: string, caller: Caller, conversation: string): Promise<KnownFacts> {
    const reading = this.#reading.get(key) ?? this.#read(caller, conversation);
    this.#reading.set(key, reading);
    try {
      return { facts: await reading, writable: true };
    } catch (cause) {
      this.#log.warn("facts cannot be read", { conversation, cause });
      return { facts: [], writable: false };
    } finally {
      if (this.#reading.get(key) === reading) this.#reading.delete(key);
    }
  }

  /**
   * Writes facts, and what is told beside them, all or none; true once they are on disk. False where the
   * ledger is down: they do not hold. A call of a tool belongs to no conversation (null): then facts are
   * about its run, and an anonymous run has no memory.
   */
  async append(
    caller: Caller,
    conversation: string | null,
    facts: readonly NewFact[],
    told: readonly ToldFact[] = [],
  ): Promise<boolean> {
    const kept = facts.flatMap((fact) => {
      const subject = subjectFor(fact, caller, conversation);
      return subject === null ? [] : [{ ...fact, subject }];
    });
    if (kept.length + told.length === 0) return true;
    try {
      await this.#write(caller, conversation, kept, told);
      return true;
    } catch (cause) {
      this.#log.warn("facts cannot be written", {
        conversation,
        kinds: [...kept, ...told].map(({ kind }) => kind),
        cause,
      });
      return false;
    }
  }

  async #read(caller: Caller, conversation: string): Promise<readonly Fact[]> {
    const { tenant } = caller;
    const written = await this.#ledger.facts(tenant, subjectOf(conversation));
    const facts: Fact[] = [];
    for (const fact of written) {
      const value = await valueAsWritten(this.#ledger, tenant, fact.value);
      if (value !== undefined) facts.push({ ...fact, value });
      else this.#log.warn("a fact's value has left the ledger", { conversation, kind: fact.kind });
    }
    this.#known.set(keyOf(caller, conversation), { facts, characters: charactersOf(facts) });
    return facts;
  }

  async #write(
    caller: Caller,
    conversation: string | null,
    facts: readonly ToldFact[],
    told: readonly ToldFact[],
  ): Promise<void> {
    const { tenant } = caller;
    const asks = facts.map(async ({ subject, kind, value }) => ({
      tenant,
      subject,
      kind,
      value: await valueToWrite(this.#ledger, tenant, value),
    }));
    const beside = told.map((fact) => ({ tenant, ...fact }));
    const written = await this.#ledger.append([...(await Promise.all(asks)), ...beside]);
    if (conversation === null) return;
    const own = written.flatMap((fact, i) =>
      fact.subject === subjectOf(conversation) ? [{ ...fact, value: facts[i]?.value }] : [],
    );
    await this.#add(keyOf(caller, conversation), own);
  }

  /**
   * Adds to what is in memory. What is not there stays away: these facts alone would pass for all of
   * them. A read that is under way may have begun before they were written.
   */
  async #add(key: string, own: readonly Fact[]): Promise<void> {
    await this.#reading.get(key)?.catch(() => null);
    const known = this.#known.get(key);
    if (known === undefined) return;
    const seen = new Set(known.facts.map(({ sequence }) => sequence));
    const more = own.filter(({ sequence }) => !seen.has(sequence));
    const facts = [...known.facts, ...more].toSorted((one, other) => one.sequence - other.sequence);
    this.#known.set(key, { facts, characters: known.characters + charactersOf(more) });
  }
}

function charactersOf(facts: readonly Fact[]): number {
  return facts.reduce((sum, { value }) => sum + 256 + (JSON.stringify(value) ?? "").length, 0);
}

/** Where a fact of a guard belongs, or null where there is no memory for it. */
function subjectFor({ about }: NewFact, { run }: Caller, conversation: string | null): string | null {
  if (run.id !== null && (about === "run" || conversation === null)) return subjectOfRun(run.id);
  return conversation === null ? null : subjectOf(conversation);
}

function subjectOf(conversation: string): string {
  return `conversation:${conversation}`;
}

function keyOf(caller: Caller, conversation: string): string {
  return `${caller.tenant} ${conversation}`;
}
