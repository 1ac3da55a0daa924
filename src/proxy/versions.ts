import { LRUCache } from "lru-cache";
import type { Caller } from "../exchange/exchange.ts";
import type { Fact, NewFact } from "../exchange/fact.ts";
import type { Log } from "../exchange/log.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { sha256Hex } from "../text/hash.ts";
import type { KnownFacts } from "./conversation.ts";
import { groupPosts, type PostEntry, type Posts } from "./posts.ts";
import type { PostSpec, Roster } from "./roster.ts";

/** The posts that are asked about a request to a model. */
export type RequestPosts = Pick<Posts, "offer" | "result" | "prompt">;

/**
 * What rewrites prompts, as one configuration has it: a conversation keeps it from its first rewritten
 * request to its last, so that its history keeps its bytes whatever the configuration becomes.
 */
export interface Version {
  /** Hash of the text. */
  readonly id: string;
  /** The posts that may rewrite, with their options, as JSON. */
  readonly text: string;
  readonly posts: RequestPosts;
  /** Hash of the posts that judge answers, with their options. */
  readonly judging: string;
  /** The posts that never rewrite: they are those of the configuration in force, whatever the version. */
  readonly others: RequestPosts;
}

/** What a request is judged by. */
export interface Chosen {
  /** The version that the conversation goes by; null where it cannot be read now, so nothing is pinned. */
  readonly id: string | null;
  readonly posts: RequestPosts;
}

/** A post in the text of a version. */
interface WrittenPost extends PostSpec {
  /** The guard's own version: with another one the same options would decide differently. */
  readonly version: number;
}

/** The version of a configuration's posts. */
export function versionOf(entries: readonly PostEntry[]): Version {
  const text = textOf(entries.filter(rewritesPrompts));
  return {
    id: sha256Hex("longstop rewriting posts 1", text),
    text,
    judging: sha256Hex("longstop judging posts 1", textOf(entries.filter(judgesAnswers))),
    posts: groupPosts(entries),
    others: groupPosts(entries.filter((entry) => !rewritesPrompts(entry))),
  };
}

function textOf(entries: readonly PostEntry[]): string {
  const written = entries.map((entry): WrittenPost => ({
    guard: entry.guard,
    version: entry.version,
    mode: entry.mode,
    onError: entry.onError,
    planes: entry.planes,
    options: JSON.parse(entry.optionsJson) as WrittenPost["options"],
  }));
  return JSON.stringify(written);
}

function judgesAnswers({ mode, planes, watcher: { watches } }: PostEntry): boolean {
  if (mode === "off" || !planes.includes("llm")) return false;
  return watches.call !== undefined || watches.reply !== undefined;
}

function rewritesPrompts({ mode, planes, rewrites, watcher: { watches } }: PostEntry): boolean {
  if (mode === "off" || !rewrites || !planes.includes("llm")) return false;
  return watches.offer !== undefined || watches.result !== undefined || watches.prompt !== undefined;
}

/** Writes facts of a conversation, and what else of its exchange waits to be written; true once on disk. */
type Append = (facts: readonly NewFact[]) => Promise<boolean>;

/** The fact that pins a conversation to a version. */
const pinKind = "rewriting-version";
/** Texts of versions are the operator's, so they lie beside all tenants. No tenant's name begins so. */
const operator = "-";
/** Versions that are kept ready, besides the one in force. */
const versionsMax = 64;
/** Pins that could not be written, kept until they can. */
const unwrittenMax = 10_000;

/** Which version each conversation goes by. */
export class Versions {
  readonly #ledger: Ledger;
  readonly #roster: Roster;
  readonly #log: Log;
  // One is evicted only after 64 others were used since, so nobody is being asked any more.
  readonly #ready = new LRUCache<string, { readonly version: Version; readonly end: () => Promise<void> }>({
    max: versionsMax,
    dispose: ({ end }) => {
      this.#ended = Promise.all([this.#ended, end()]);
    },
  });
  #ended: Promise<unknown> = Promise.resolve();
  /** Versions that this process cannot have, by id: each is reported once. */
  readonly #lost = new LRUCache<string, true>({ max: versionsMax });
  readonly #written = new LRUCache<string, true>({ max: versionsMax });
  readonly #unwritten = new LRUCache<string, string>({ max: unwrittenMax });

  constructor(ledger: Ledger, roster: Roster, log: Log) {
    this.#ledger = ledger;
    this.#roster = roster;
    this.#log = log;
  }

  /**
   * The posts that a request of this conversation is judged by, and the version that they belong to. A
   * promise only where that is another one than the current.
   */
  of(
    caller: Caller,
    conversation: string,
    { facts }: KnownFacts,
    current: Version,
  ): Chosen | Promise<Chosen> {
    const id = pinIn(facts) ?? this.#unwritten.get(keyOf(caller, conversation));
    return id === undefined || id === current.id ? current : this.#earlier(id, current);
  }

  async #earlier(id: string, current: Version): Promise<Chosen> {
    const pinned = await this.#find(id);
    if (pinned === "lost") return current;
    if (pinned === "unread") return { id: null, posts: current.posts };
    const { others } = current;
    return {
      id,
      posts: {
        offer: [...pinned.posts.offer, ...others.offer],
        result: [...pinned.posts.result, ...others.result],
        prompt: [...pinned.posts.prompt, ...others.prompt],
      },
    };
  }

  /**
   * Pins a conversation to the version that rewrote it, before the request leaves. Nothing is waited for
   * where it is pinned already. `append` writes the pin. While the ledger is down this process remembers,
   * and writes it later.
   */
  pin(
    caller: Caller,
    conversation: string,
    known: KnownFacts,
    id: string | null,
    current: Version,
    append: Append,
  ): void | Promise<void> {
    if (id === null || pinIn(known.facts) === id) return;
    return this.#pin(caller, conversation, known, { id, current, append });
  }

  async #pin(
    caller: Caller,
    conversation: string,
    { writable }: KnownFacts,
    { id, current, append }: { readonly id: string; readonly current: Version; readonly append: Append },
  ): Promise<void> {
    const key = keyOf(caller, conversation);
    // It may be pinned already to what could not be read just now, and the latest pin counts.
    if (!writable) return void this.#unwritten.set(key, id);
    const fact: NewFact = { kind: pinKind, value: { version: id } };
    const isWritten = (id !== current.id || (await this.#write(current))) && (await append([fact]));
    if (isWritten) this.#unwritten.delete(key);
    else this.#unwritten.set(key, id);
  }

  /** Keeps a version ready that was in force until now: most conversations under way have it. */
  keep({ id, text }: Version): void {
    if (!this.#ready.has(id)) this.#open(id, text);
  }

  async close(): Promise<void> {
    this.#ready.clear();
    await this.#ended;
  }

  /** The text of a version, once: before the first pin to it. False while the ledger is down. */
  async #write({ id, text }: Version): Promise<boolean> {
    if (this.#written.has(id)) return true;
    const kind = kindOf(id);
    try {
      // Facts about a tenant as a whole never leave by age, so a pin never outlives its text.
      const known = await this.#ledger.facts(operator, "tenant", kind);
      if (known.length === 0) {
        await this.#ledger.append([{ tenant: operator, subject: "tenant", kind, value: { text } }]);
      }
      this.#written.set(id, true);
      return true;
    } catch (cause) {
      this.#log.warn("the version of the posts cannot be written", { version: id, cause });
      return false;
    }
  }

  /** An earlier version. `lost`: nobody can have it any more, which is said once. */
  async #find(id: string): Promise<Version | "lost" | "unread"> {
    const ready = this.#ready.get(id);
    if (ready !== undefined) return ready.version;
    if (this.#lost.has(id)) return "lost";
    try {
      const [fact] = await this.#ledger.facts(operator, "tenant", kindOf(id));
      const text = (fact?.value as { readonly text: string } | undefined)?.text;
      const problem = text === undefined ? "its text is not in the ledger" : this.#open(id, text);
      const opened = this.#ready.get(id)?.version;
      if (opened !== undefined) return opened;
      this.#lost.set(id, true);
      this.#log.warn("a conversation's version of the posts is lost", {
        version: id,
        problem,
        sentence: "Conversations that began with it are rewritten by the configuration in force from now on.",
      });
      return "lost";
    } catch (cause) {
      this.#log.warn("the version of the posts cannot be read", { version: id, cause });
      return "unread";
    }
  }

  /** Makes a version ready from its text. Gives what stands against it, or null. */
  #open(id: string, text: string): string | null {
    const specs: PostSpec[] = [];
    for (const { version, options, ...post } of JSON.parse(text) as readonly WrittenPost[]) {
      const guard = this.#roster.guard(post.guard);
      if (guard === undefined) return `there is no guard ${post.guard} any more`;
      if (guard.version !== version) return `the guard ${post.guard} is another version by now`;
      // An option that came later has its default, which is what the guard did without it.
      const defaults = Object.entries<{ readonly default: unknown }>(guard.options);
      const known = defaults.map(([name, schema]): [string, unknown] => [
        name,
        options[name] ?? schema.default,
      ]);
      specs.push({ ...post, options: Object.fromEntries(known) });
    }
    try {
      const shift = this.#roster.putOnDuty(specs);
      const version = { ...versionOf(shift.entries), id };
      this.#ready.set(id, { version, end: () => shift.end() });
      return null;
    } catch (cause) {
      return `its guards cannot be put on duty: ${String(cause)}`;
    }
  }
}

function pinIn(facts: readonly Fact[]): string | undefined {
  const pin = facts.findLast(({ kind }) => kind === pinKind);
  return (pin?.value as { readonly version: string } | undefined)?.version;
}

function kindOf(id: string): string {
  return `rewriting-posts ${id}`;
}

function keyOf({ tenant }: Caller, conversation: string): string {
  return `${tenant} ${conversation}`;
}
