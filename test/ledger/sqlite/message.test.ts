import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Ask, Reply } from "../../../src/ledger/sqlite/batch.ts";
import {
  buffersOf,
  packAsks,
  packReplies,
  unpackAsks,
  unpackReplies,
} from "../../../src/ledger/sqlite/message.ts";
import { SharedBytes } from "../../../src/ledger/sqlite/shared-bytes.ts";

/** Short bytes are written down, long ones go beside it. */
const bytes = fc
  .oneof(
    fc.uint8Array({ maxLength: 50 }),
    fc.constantFrom(8192, 8193, 20_000).map((n) => new Uint8Array(n).fill(n)),
  )
  .map((some) => new Uint8Array(some));
const name = fc.string({ unit: "binary" });

const asks = fc
  .array(
    fc.oneof(
      fc.record({ verb: fc.constant("read" as const), question: name }),
      fc.record({
        verb: fc.constant("put" as const),
        question: fc.record({ tenant: name, bytes, address: name }, { requiredKeys: ["tenant", "bytes"] }),
      }),
      fc.record({
        verb: fc.constant("putAll" as const),
        question: fc.array(fc.record({ tenant: name, bytes, address: name })),
      }),
    ),
  )
  .map((all) => all.map((one, seq): Ask => ({ ...one, seq, nowMs: seq })));

const replies = fc
  .array(fc.oneof(fc.record({ answer: fc.oneof(bytes, name, fc.constant(null), fc.jsonValue()) })))
  .map((all) => all.map((one, seq): Reply => ({ seq, ...one })));

/** As it arrives in the other thread. */
const sent = <Message extends object>(message: Message, buffers: ArrayBuffer[]): Message =>
  structuredClone(message, { transfer: buffers });

/** Bytes that are in memory that is shared are equal to those that are not. */
const plain = (all: readonly Ask[]): readonly Ask[] =>
  all.map((ask) => {
    if (ask.verb !== "putAll") return ask;
    const blobs = ask.question as readonly { readonly bytes: Uint8Array }[];
    return { ...ask, question: blobs.map((blob) => ({ ...blob, bytes: Uint8Array.from(blob.bytes) })) };
  });

describe("what goes from thread to thread", () => {
  it.each([
    ["where there is room for the bytes of turns", 1_000_000],
    ["where there is room for some of them", 30_000],
    ["where there is none", 0],
  ])("arrives as it was asked, %s", (_room, size) => {
    fc.assert(
      fc.property(asks, (all) => {
        const memory = new SharedArrayBuffer(size);
        const copy = structuredClone(all);
        const message = packAsks(all, new SharedBytes(memory));
        // Whoever asked may use them again, once they are sent.
        for (const { verb, question } of all) {
          if (verb === "putAll")
            for (const { bytes: own } of question as { bytes: Uint8Array }[]) own.fill(0);
        }
        expect(plain(unpackAsks(sent(message, buffersOf(message)), memory))).toEqual(copy);
      }),
    );
  });

  it("keeps the bytes of a question apart until it was answered", () => {
    const memory = new SharedArrayBuffer(10);
    const shared = new SharedBytes(memory);
    const ask = (seq: number): Ask => {
      const five = new Uint8Array(5).fill(seq);
      return { seq, verb: "putAll", question: [{ tenant: "t", address: "a", bytes: five }], nowMs: 0 };
    };
    const messages = [1, 2, 3].map((seq) => packAsks([ask(seq)], shared));
    const read = messages.flatMap((one) => plain(unpackAsks(one, memory)));
    expect(read).toEqual([1, 2, 3].map(ask));
    expect(messages[2]?.json).toContain(Buffer.from(new Uint8Array(5).fill(3)).toString("base64"));
    shared.release(1);
    expect(packAsks([ask(4)], shared).json).toContain('"shared":0');
  });

  it("arrives as it was answered", () => {
    fc.assert(
      fc.property(replies, (all) => {
        const copy = structuredClone(all);
        const message = packReplies(all);
        // JSON has no negative zero.
        expect(JSON.stringify(unpackReplies(sent(message, buffersOf(message))))).toBe(JSON.stringify(copy));
      }),
    );
  });

  it("leaves the bytes of several blobs to who asked", () => {
    const long = new Uint8Array(60_000).fill(1);
    const blobs = [0, 1].map((n) => ({ tenant: "local", address: String(n), bytes: long }));
    const none = new SharedBytes(new SharedArrayBuffer(0));
    const message = packAsks([{ seq: 1, verb: "putAll", question: blobs, nowMs: 0 }], none);
    sent(message, buffersOf(message));
    expect(long).toHaveLength(60_000);
  });

  it("keeps an answer that is nothing, and a failure", () => {
    const failure = { code: "ledger_down", sentence: "It is full.", cause: null } as const;
    const all: Reply[] = [
      { seq: 1, answer: undefined },
      { seq: 2, failure },
    ];
    const [nothing, failed] = unpackReplies(packReplies(all));
    expect(nothing !== undefined && "answer" in nothing ? nothing.answer : undefined).toBeUndefined();
    expect(nothing).not.toHaveProperty("failure");
    expect(failed).toEqual({ seq: 2, failure });
  });

  it("gives bytes that nobody else writes to", () => {
    const [reply] = unpackReplies(packReplies([{ seq: 1, answer: new Uint8Array([1, 2, 3]) }]));
    const { answer } = reply as { readonly answer: Uint8Array };
    expect(answer.buffer.byteLength).toBe(3);
  });
});
