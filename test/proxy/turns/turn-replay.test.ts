import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClaimRecord } from "../../../src/ledger/ledger.ts";
import { systemClock } from "../../../src/proxy/clock.ts";
import { SharedMoments } from "../../../src/proxy/turns/shared-moments.ts";
import { TurnOutput } from "../../../src/proxy/turns/turn-output.ts";
import { TurnRecord } from "../../../src/proxy/turns/turn-record.ts";
import { follow, lostTurn, replayOf } from "../../../src/proxy/turns/turn-replay.ts";
import { win } from "../../conformance/ledger/requests.ts";
import { sqliteUnderTest, type SqliteUnderTest } from "../../ledger/sqlite/under-test.ts";
import { recordedLog } from "../support/recorded-log.ts";

const stream = ["content-type", "text/event-stream"];

let store: SqliteUnderTest;
let claim: ClaimRecord;
let output: TurnOutput;
let record: TurnRecord;
beforeEach(async () => {
  store = await sqliteUnderTest();
  claim = await win(store.ledger, { kind: "turn", run: "r", detail: { form: "stream" } });
  output = new TurnOutput("stream");
  const { log } = recordedLog();
  const ports = {
    ledger: store.ledger,
    log,
    clock: systemClock,
    moments: new SharedMoments(systemClock),
    paceMs: () => 10,
    leaseMs: 60_000,
  };
  record = new TurnRecord(ports, claim, output);
  output.recorder = record;
});
afterEach(() => store.close());

const read = async (): Promise<ClaimRecord> => (await store.ledger.read(claim.id)) as ClaimRecord;

describe("a turn that has ended", () => {
  it("is the same bytes again, with its age", async () => {
    output.writeHead(200, stream);
    output.write(Buffer.from("one "));
    await record.written();
    await output.end(Buffer.from("two"));
    await record.written();
    const done = await read();
    const replayed = await replayOf(store.ledger, done, (done.finishedAtMs ?? 0) + 61_000);
    expect(replayed?.recording.text()).toBe("one two");
    expect(replayed?.head).toMatchObject({ status: 200, headers: stream, isDocument: false });
    expect(replayed?.ended).toBe(true);
    expect(replayed?.notes.get("longstop-replayed-age-seconds")).toBe("61");
  });

  it("is none where it was refused, cut, or is no longer kept", async () => {
    void output.sendWhole(200, ["content-type", "application/json"], "{}");
    await record.written();
    const done = await read();
    expect((await replayOf(store.ledger, { ...done, detail: { form: "whole" } }, 0))?.head?.isDocument).toBe(
      true,
    );
    const answer = done.answer ?? { status: 0, headers: [], body: [], extent: "cut" };
    for (const other of [null, { ...answer, extent: "cut" } as const, { ...answer, status: 500 }]) {
      expect(await replayOf(store.ledger, { ...done, answer: other }, 0)).toBeNull();
    }
    expect(await replayOf({ get: () => Promise.resolve(null) }, done, 0)).toBeNull();
  });
});

describe("a turn that another gateway makes", () => {
  const following = (): { copy: TurnOutput; done: Promise<void> } => {
    const copy = new TurnOutput("stream");
    return { copy, done: follow({ ledger: store.ledger, clock: systemClock }, claim, copy) };
  };

  it("is read along as it comes, to its end", async () => {
    const { copy, done } = following();
    output.writeHead(200, stream);
    output.write(Buffer.from("one "));
    await expect.poll(() => copy.recording.text()).toBe("one ");
    output.write(Buffer.from("two "));
    await expect.poll(() => copy.recording.text()).toBe("one two ");
    await output.end(Buffer.from("three"));
    await done;
    expect(copy.recording.text()).toBe("one two three");
    expect([copy.ended, copy.form]).toEqual([true, "stream"]);
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      "breaks off there",
      async () => {
        output.fail(new Error("cut"));
        await record.written();
      },
    ],
    [
      "is begun anew by somebody else",
      async () => {
        await store.ledger.settle(claim, { state: "not-sent" });
        await win(store.ledger, { kind: "turn", run: "r", occurrence: 1 });
      },
    ],
  ])("is lost where it %s", async (_how, happen) => {
    const { copy, done } = following();
    output.writeHead(200, stream);
    output.write(Buffer.from("half"));
    await expect.poll(() => copy.recording.text()).toBe("half");
    await happen();
    await expect(done).rejects.toMatchObject({ name: "TurnLost" });
    expect(copy.ended).toBe(false);
  });

  it("is not read on once nobody wants it", async () => {
    const { copy, done } = following();
    copy.stop(new Error("gone"));
    await done;
    expect(copy.ended).toBe(false);
  });

  it("is an error that a client may answer with a retry, where a part of it was handed over", () => {
    expect(lostTurn(new Error("x"))).toMatchObject({ code: "upstream_cut", retryable: true });
  });
});
