import { describe, expect, it, onTestFinished } from "vitest";
import { LongstopError } from "../../src/exchange/error.ts";
import type { NewFact } from "../../src/exchange/fact.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { Conversations } from "../../src/proxy/conversation.ts";
import { sqliteUnderTest } from "../ledger/sqlite/under-test.ts";
import { callerOf } from "./support/plain-exchange.ts";
import { recordedLog } from "./support/recorded-log.ts";

/** A real ledger whose verbs on facts can be made to fail, and are counted. */
async function openLedger(): Promise<{
  ledger: Ledger;
  state: { down: boolean; reads: number };
  close(): Promise<void>;
}> {
  const under = await sqliteUnderTest();
  onTestFinished(() => under.close());
  const state = { down: false, reads: 0 };
  const ledger: Ledger = Object.create(under.ledger, {
    facts: {
      value: async (...args: Parameters<Ledger["facts"]>) => {
        state.reads++;
        if (state.down) throw new LongstopError("ledger_down", "down");
        return under.ledger.facts(...args);
      },
    },
    append: {
      value: async (...args: Parameters<Ledger["append"]>) => {
        if (state.down) throw new LongstopError("ledger_down", "down");
        return under.ledger.append(...args);
      },
    },
    put: { value: under.ledger.put.bind(under.ledger) },
    get: { value: under.ledger.get.bind(under.ledger) },
  });
  return { ledger, state, close: () => under.close() };
}

const caller = callerOf();
const fact = (value: unknown, more: Partial<NewFact> = {}): NewFact => ({ kind: "frontier", value, ...more });
const valuesOf = async (conversations: Conversations, who = caller, id = "c"): Promise<unknown[]> =>
  (await conversations.facts(who, id)).facts.map(({ value }) => value);

describe("the facts of a conversation", () => {
  it("are there after they were written, oldest first, and after a restart", async () => {
    const { ledger } = await openLedger();
    const conversations = new Conversations(ledger, recordedLog().log);
    expect(await valuesOf(conversations)).toEqual([]);
    expect(await conversations.append(caller, "c", [fact(1), fact(2)])).toBe(true);
    expect(await conversations.append(caller, "c", [fact(3)])).toBe(true);
    expect(await valuesOf(conversations)).toEqual([1, 2, 3]);
    expect(await valuesOf(new Conversations(ledger, recordedLog().log))).toEqual([1, 2, 3]);
  });

  it("are read from the ledger once, and then from memory", async () => {
    const { ledger, state } = await openLedger();
    const conversations = new Conversations(ledger, recordedLog().log);
    await conversations.facts(caller, "c");
    await conversations.append(caller, "c", [fact(1)]);
    await conversations.facts(caller, "c");
    expect(state.reads).toBe(1);
  });

  it("belong to one tenant and one conversation", async () => {
    const { ledger } = await openLedger();
    const conversations = new Conversations(ledger, recordedLog().log);
    await conversations.append(caller, "c", [fact(1)]);
    expect(await valuesOf(conversations, caller, "other")).toEqual([]);
    expect(await valuesOf(conversations, callerOf({}, "tenant-2"))).toEqual([]);
  });

  it("about the run go to the run, and to the conversation where there is none", async () => {
    const { ledger } = await openLedger();
    const conversations = new Conversations(ledger, recordedLog().log);
    const ofRun = callerOf({ id: "r1" });
    await conversations.append(ofRun, "c", [fact("run's", { about: "run" }), fact("own")]);
    await conversations.append(caller, "d", [fact("anonymous", { about: "run" })]);
    expect(await valuesOf(conversations, ofRun)).toEqual(["own"]);
    expect((await ledger.facts("local", "run:r1")).map(({ value }) => value)).toEqual(["run's"]);
    expect(await valuesOf(conversations, caller, "d")).toEqual(["anonymous"]);
  });

  it("written while the conversation is not in memory never pass for all of them", async () => {
    const { ledger } = await openLedger();
    await new Conversations(ledger, recordedLog().log).append(caller, "c", [fact("old")]);
    const conversations = new Conversations(ledger, recordedLog().log);
    await conversations.append(caller, "c", [fact("new")]);
    expect(await valuesOf(conversations)).toEqual(["old", "new"]);
  });

  it("written while they are being read are not lost", async () => {
    const { ledger } = await openLedger();
    await ledger.append([{ tenant: "local", subject: "conversation:c", kind: "frontier", value: "old" }]);
    // The answer of this read was made before the append, and arrives after it.
    const appended = Promise.withResolvers<void>();
    const slow: Ledger = Object.create(ledger, {
      facts: {
        value: async (...args: Parameters<Ledger["facts"]>) => {
          const facts = await ledger.facts(...args);
          await appended.promise;
          return facts;
        },
      },
    });
    const conversations = new Conversations(slow, recordedLog().log);
    const reading = valuesOf(conversations);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const writing = conversations.append(caller, "c", [fact("new")]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    appended.resolve();
    expect(await reading).toEqual(["old"]);
    expect(await writing).toBe(true);
    expect(await valuesOf(conversations)).toEqual(["old", "new"]);
  });

  it("come back whole however long they are", async () => {
    const { ledger } = await openLedger();
    const truth = "long thought ".repeat(20_000);
    const conversations = new Conversations(ledger, recordedLog().log);
    await conversations.facts(caller, "c");
    expect(await conversations.append(caller, "c", [fact({ truth })])).toBe(true);
    expect(await valuesOf(conversations)).toEqual([{ truth }]);
    expect(await valuesOf(new Conversations(ledger, recordedLog().log))).toEqual([{ truth }]);
  });

  it("are more than memory holds only in the ledger: an evicted conversation is read again, whole", async () => {
    const { ledger, state } = await openLedger();
    const conversations = new Conversations(ledger, recordedLog().log);
    await conversations.facts(caller, "c");
    await conversations.append(caller, "c", [fact("first")]);
    for (const id of ["x", "y", "z"]) {
      await conversations.facts(caller, id);
      await conversations.append(caller, id, [fact("x".repeat(30 * 1024 * 1024))]);
    }
    const { reads } = state;
    await conversations.append(caller, "c", [fact("second")]);
    expect(await valuesOf(conversations)).toEqual(["first", "second"]);
    expect(state.reads).toBe(reads + 1);
  });
});

describe("while the ledger is down", () => {
  it("what is known applies, and nothing new is set", async () => {
    const { ledger, state } = await openLedger();
    const { log, entries } = recordedLog();
    const conversations = new Conversations(ledger, log);
    await conversations.facts(caller, "c");
    await conversations.append(caller, "c", [fact(1)]);
    state.down = true;
    expect(await valuesOf(conversations)).toEqual([1]);
    expect(await conversations.append(caller, "c", [fact(2)])).toBe(false);
    expect(await valuesOf(conversations)).toEqual([1]);
    expect(entries).toContainEqual(
      expect.objectContaining({
        level: "warn",
        what: "facts cannot be written",
        fields: expect.objectContaining({ kinds: ["frontier"] }),
      }),
    );
  });

  it("a conversation that is not in memory has no facts and takes none, until it is back", async () => {
    const { ledger, state } = await openLedger();
    const conversations = new Conversations(ledger, recordedLog().log);
    await conversations.append(caller, "c", [fact(1)]);
    state.down = true;
    expect(await conversations.facts(caller, "c")).toEqual({ facts: [], writable: false });
    state.down = false;
    expect(await conversations.facts(caller, "c")).toMatchObject({ facts: [{ value: 1 }], writable: true });
  });

  it("nothing to write is no failure", async () => {
    const { ledger, state } = await openLedger();
    state.down = true;
    expect(await new Conversations(ledger, recordedLog().log).append(caller, "c", [])).toBe(true);
  });
});
