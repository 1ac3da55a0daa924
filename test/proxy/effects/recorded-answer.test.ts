import type { Inbound } from "../../../src/proxy/inbound.ts";
import type { ToolExchange } from "../../../src/proxy/effects/tool-exchange.ts";
import { groupPosts } from "../../../src/proxy/posts.ts";
import * as fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  blobBytesMax,
  type ClaimRecord,
  type Ledger,
  type RecordedAnswer,
} from "../../../src/ledger/ledger.ts";
import { sealed } from "../../../src/ledger/sealed.ts";
import { recordable, replay, storeByContent } from "../../../src/proxy/effects/recorded-answer.ts";
import { effectClaim } from "../support/effect-claim.ts";
import { sqliteUnderTest, type SqliteUnderTest } from "../../ledger/sqlite/under-test.ts";
import { startInbound } from "../support/inbound-server.ts";

async function open(): Promise<SqliteUnderTest> {
  const under = await sqliteUnderTest({ retentionDays: 1, tombstoneDays: 10 });
  onTestFinished(() => under.close());
  return under;
}

/** What a replay needs of an exchange: no post watches results here. */
function exchangeOn(ledger: Ledger, inbound: Inbound): ToolExchange {
  return { engine: { ledger, posts: groupPosts([]) }, inbound } as unknown as ToolExchange;
}

/** An operation that was executed, with this answer on disk. */
async function done(ledger: Ledger, answer?: RecordedAnswer): Promise<ClaimRecord> {
  const { record } = await ledger.claim(effectClaim());
  const settled = await ledger.settle(record, { state: "done", ...(answer === undefined ? {} : { answer }) });
  return settled.record;
}

async function whole(
  ledger: Ledger,
  body: Uint8Array,
  rawHeaders: readonly string[] = [],
  status = 200,
): Promise<RecordedAnswer> {
  const hashes = await storeByContent(ledger, "local", body);
  return { ...recordable(status, rawHeaders), body: hashes, extent: "whole" };
}

/** What a client gets when this record is replayed to it. */
async function replayed(ledger: Ledger, record: ClaimRecord, laterMs = 0): Promise<Response> {
  const nowMs = (record.finishedAtMs ?? 0) + laterMs;
  const { origin } = await startInbound((inbound) => replay(exchangeOn(ledger, inbound), record, nowMs));
  return fetch(origin);
}

describe("an answer as it is recorded", () => {
  it("has no secrets of one client, and nothing of its connection", () => {
    const ours = ["Content-Type", "text/plain", "ETag", '"1"'];
    const secrets = ["Set-Cookie", "session=1", "WWW-Authenticate", "Basic", "Authorization", "x"];
    const hop = ["Connection", "X-Hop", "X-Hop", "1", "Transfer-Encoding", "chunked", "Content-Length", "5"];
    const answer = recordable(201, [...ours, ...secrets, ...hop]);
    expect(answer).toEqual({
      status: 201,
      headers: [
        ["Content-Type", "text/plain"],
        ["ETag", '"1"'],
      ],
      body: [],
      extent: "cut",
    });
  });
});

describe("a replay", () => {
  it("gives the recorded answer byte for byte, marked, with the operation and its age", async () => {
    const { ledger } = await open();
    const body = Buffer.from([0, 255, 10, 13, 128]);
    const answer = await whole(
      ledger,
      body,
      ["Content-Type", "application/octet-stream", "X-Twice", "a", "x-twice", "b"],
      201,
    );
    const record = await done(ledger, answer);
    const response = await replayed(ledger, record, 90_400);
    expect(response.status).toBe(201);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(body);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "application/octet-stream",
      "x-twice": "a, b",
      "content-length": "5",
      "idempotent-replayed": "true",
      "longstop-operation": record.id,
      "longstop-replayed-age-seconds": "90",
    });
  });

  it("gives bodies of any length back whole", async () => {
    const { ledger } = await open();
    const sizes = fc.constantFrom(0, 1, blobBytesMax - 1, blobBytesMax, blobBytesMax + 1, 3 * blobBytesMax);
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(255), async (size, seed) => {
        const body = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + seed) % 256));
        const hashes = await storeByContent(ledger, "local", body);
        expect(hashes).toHaveLength(Math.ceil(size / blobBytesMax));
        const pieces = await Promise.all(hashes.map((hash) => ledger.get("local", hash)));
        expect(Buffer.concat(pieces as Uint8Array[]).equals(body)).toBe(true);
      }),
      { numRuns: 12 },
    );
  });

  it("is the same after a restart", async () => {
    const under = await open();
    const { id } = await done(under.ledger, await whole(under.ledger, Buffer.from("paid")));
    await under.restart();
    const record = (await under.ledger.read(id)) as ClaimRecord;
    expect(await (await replayed(under.ledger, record)).text()).toBe("paid");
  });

  it("of an age that a clock made negative is new", async () => {
    const { ledger } = await open();
    const response = await replayed(
      ledger,
      await done(ledger, await whole(ledger, Buffer.from("x"))),
      -5_000,
    );
    expect(response.headers.get("longstop-replayed-age-seconds")).toBe("0");
  });
});

const refusal = async (ledger: Ledger, record: ClaimRecord): Promise<unknown> => {
  const { origin, served } = await startInbound((inbound) =>
    replay(exchangeOn(ledger, inbound), record, Date.now()),
  );
  await fetch(origin).catch(() => null);
  return served.catch((thrown: unknown) => thrown);
};

describe("an answer that cannot be given again", () => {
  it("because only a part was seen says that the operation was executed, and provokes no retry", async () => {
    const { ledger } = await open();
    const record = await done(ledger, recordable(200, []));
    const error = await refusal(ledger, record);
    expect(error).toMatchObject({
      code: "answer_incomplete",
      status: 400,
      retryable: false,
      detail: { operation: record.id },
    });
  });

  it("because none was recorded says the same", async () => {
    const { ledger } = await open();
    expect(await refusal(ledger, await done(ledger))).toMatchObject({
      code: "answer_incomplete",
      status: 400,
    });
  });

  it("because its body has left by age says so, and sends no piece of it", async () => {
    const under = await open();
    const record = await done(under.ledger, await whole(under.ledger, Buffer.alloc(blobBytesMax + 1)));
    await under.advance(2 * 86_400_000);
    await under.ledger.sweep();
    expect(await refusal(under.ledger, record)).toMatchObject({
      code: "answer_expired",
      status: 400,
      retryable: false,
    });
  });

  it("because it is sealed with a key that is not here says so with its operation", async () => {
    const { ledger } = await open();
    const keys = sealed(ledger, { kind: "sealed", keys: [Buffer.alloc(32, 1)] });
    const record = await done(keys, await whole(keys, Buffer.from("body")));
    const others = sealed(ledger, { kind: "sealed", keys: [Buffer.alloc(32, 2)] });
    expect(await refusal(others, record)).toMatchObject({
      code: "answer_unreadable",
      status: 400,
      retryable: false,
      detail: { operation: record.id },
    });
  });

  it("is never the one of another tenant", async () => {
    const { ledger } = await open();
    const record = await done(ledger, await whole(ledger, Buffer.from("secret")));
    expect(await refusal(ledger, { ...record, tenant: "another" })).toMatchObject({ code: "answer_expired" });
  });
});
