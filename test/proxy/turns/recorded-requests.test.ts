import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blobBytesMax } from "../../../src/ledger/ledger.ts";
import { outlineOf, RecordedRequests, type TurnContent } from "../../../src/proxy/turns/recorded-requests.ts";
import { chainNext, sha256Hex } from "../../../src/text/hash.ts";

/** A store of blobs, and every write to it. */
function blobs() {
  const kept = new Map<string, Uint8Array>();
  const written: string[] = [];
  return {
    written,
    kept,
    put: (_tenant: string, bytes: Uint8Array, address = sha256Hex(bytes)): Promise<string> => {
      written.push(address);
      kept.set(address, bytes);
      return Promise.resolve(address);
    },
    get: (_tenant: string, address: string) => Promise.resolve(kept.get(address) ?? null),
  };
}

function contentOf(
  messages: readonly string[],
  parameters: readonly (readonly [string, string])[] = [["model", '"m"']],
): TurnContent {
  const identity = { path: "/v1/chat/completions", parameters, messages };
  const links = [sha256Hex(...parameters.flat())];
  for (const message of messages) links.push(chainNext(links.at(-1) as string, message));
  return { written: identity, meant: identity, links };
}

const makingOf = (id: number) => ({ tenant: "t", id: `t${id}`, epoch: 1 });

describe("what turns were asked with", () => {
  it("is read again as it was, whatever went before", async () => {
    const message = fc.constantFrom('"a"', '"b"', '"c"');
    const requests = fc.array(fc.array(message, { minLength: 1, maxLength: 6 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(requests, fc.boolean(), async (all, isAfresh) => {
        const store = blobs();
        const recorded = new RecordedRequests(store);
        for (const [at, messages] of all.entries()) await recorded.write(makingOf(at), contentOf(messages));
        const reader = isAfresh ? new RecordedRequests(store) : recorded;
        const outlines = await reader.outlinesOf(all.map((_, at) => makingOf(at)));
        expect(outlines).toEqual(all.map((messages) => outlineOf(contentOf(messages).meant)));
      }),
    );
  });

  it("adds what is new in a turn, and has short texts in itself", async () => {
    const store = blobs();
    const recorded = new RecordedRequests(store);
    const messages = Array.from({ length: 50 }, (_, at) => JSON.stringify(`message ${at}`));
    for (let turn = 1; turn <= 50; turn++) {
      await recorded.write(makingOf(turn), contentOf(messages.slice(0, turn)));
    }
    expect(store.written).toHaveLength(50);
    for (const bytes of store.kept.values()) expect(bytes.byteLength).toBeLessThan(400);
  });

  it("is read also where it is larger than a blob by its short texts alone", async () => {
    const store = blobs();
    const messages = Array.from({ length: 3000 }, (_, at) => JSON.stringify(`${at} ${"x".repeat(100)}`));
    await new RecordedRequests(store).write(makingOf(1), contentOf(messages));
    for (const bytes of store.kept.values()) expect(bytes.byteLength).toBeLessThanOrEqual(blobBytesMax);
    const reader = new RecordedRequests(store);
    expect(await reader.outlinesOf([makingOf(1)])).toEqual([outlineOf(contentOf(messages).meant)]);
    store.kept.delete(store.written[1] ?? "");
    expect(await reader.outlinesOf([makingOf(1)])).toEqual([null]);
  });

  it("adds what is new in a turn, each longer text once", async () => {
    const store = blobs();
    const recorded = new RecordedRequests(store);
    const messages = Array.from({ length: 50 }, (_, at) => JSON.stringify(`${at} ${"x".repeat(2000)}`));
    for (let turn = 1; turn <= 50; turn++) {
      await recorded.write(makingOf(turn), contentOf(messages.slice(0, turn)));
    }
    // Of each turn its new message and what it says of itself, which has the model's name in it.
    expect(store.written).toHaveLength(50 * 2);
    expect(store.kept.size).toBe(100);
    const texts = [...store.kept.values()].map((bytes) => Buffer.from(bytes).toString());
    for (const message of messages) expect(texts).toContain(message);
  });

  it("is told by what counts, and kept as it came", async () => {
    const store = blobs();
    const recorded = new RecordedRequests(store);
    const written = contentOf(['"at 10:00"'], [["user", '"x"']]);
    const meant = { ...written.meant, parameters: [], messages: ['"at"'] };
    await recorded.write(makingOf(1), { ...written, meant });
    expect(await recorded.outlinesOf([makingOf(1)])).toEqual([
      { parameters: [], messages: [sha256Hex('"at"')] },
    ]);
    const texts = [...store.kept.values()].map((bytes) => Buffer.from(bytes).toString());
    expect(texts.join("\n")).toContain(JSON.stringify('"at 10:00"'));
  });

  it("may be longer than a blob, and is not known any more once a part of it is gone", async () => {
    const store = blobs();
    const recorded = new RecordedRequests(store);
    const long = JSON.stringify("ä".repeat(blobBytesMax));
    await recorded.write(makingOf(1), contentOf([long]));
    await recorded.write(makingOf(2), contentOf([long, '"b"']));
    for (const bytes of store.kept.values()) expect(bytes.byteLength).toBeLessThanOrEqual(blobBytesMax);
    const both = [makingOf(1), makingOf(2)];
    expect((await recorded.outlinesOf(both)).map((one) => one?.messages.length)).toEqual([1, 2]);
    for (const address of store.kept.keys()) if (address.includes("-t1-")) store.kept.delete(address);
    expect(await recorded.outlinesOf(both)).toEqual([null, null]);
    expect(await recorded.outlinesOf([makingOf(3)])).toEqual([null]);
  });

  it("is whole again after so many additions that reading it would take long", async () => {
    const store = blobs();
    const recorded = new RecordedRequests(store);
    const messages = Array.from({ length: 1100 }, (_, at) => String(at));
    for (let turn = 1; turn <= messages.length; turn++) {
      await recorded.write(makingOf(turn), contentOf(messages.slice(0, turn)));
    }
    const [last] = await new RecordedRequests(store).outlinesOf([makingOf(messages.length)]);
    expect(last?.messages).toHaveLength(messages.length);
  });
});
