import { describe, expect, it, onTestFinished } from "vitest";
import { beginning } from "../../src/proxy/beginning.ts";
import { Conversations } from "../../src/proxy/conversation.ts";
import { sqliteUnderTest } from "../ledger/sqlite/under-test.ts";
import { promptOf, result, said, thinking, use, user } from "./support/messages-prompt.ts";
import { callerOf } from "./support/plain-exchange.ts";
import { recordedLog } from "./support/recorded-log.ts";

const caller = callerOf();
const underWay = [
  user("Task"),
  said(thinking("hm"), use("t1", { q: "a" })),
  result("t1", "found"),
  user("And now?"),
  said(thinking("so"), use("t2", { q: "b" })),
  result("t2", "found"),
];

async function open(): Promise<(messages: readonly unknown[], writable?: boolean) => Promise<number>> {
  const under = await sqliteUnderTest();
  onTestFinished(() => under.close());
  return async (messages, writable = true) => {
    // Another process each time: the answer lives in the ledger, not in memory.
    const conversations = new Conversations(under.ledger, recordedLog().log);
    const known = await conversations.facts(caller, "c");
    const facts = writable ? known : { ...known, writable: false };
    return beginning(conversations, caller, "c", promptOf(messages), facts);
  };
}

describe("where a conversation on a model that binds its thinking may be rewritten", () => {
  it("is everywhere, for one that was seen from its start, for ever", async () => {
    const from = await open();
    expect(await from(underWay.slice(0, 1))).toBe(0);
    expect(await from(underWay)).toBe(0);
  });

  it("is everywhere while no thinking stands on the client's own text", async () => {
    const from = await open();
    expect(await from([user("Task"), said(use("t1", {})), result("t1", "found"), user("And now?")])).toBe(0);
  });

  it("is from the latest user message of the time when it was first seen, for ever", async () => {
    const from = await open();
    expect(await from(underWay)).toBe(3);
    expect(await from([...underWay, said({ type: "text", text: "Done." }), user("More")])).toBe(3);
  });

  it("is found again, and not written, while facts cannot be set", async () => {
    const from = await open();
    expect(await from(underWay.slice(0, 3), false)).toBe(0);
    expect(await from(underWay, false)).toBe(3);
    expect(await from(underWay.slice(0, 3))).toBe(0);
  });
});
