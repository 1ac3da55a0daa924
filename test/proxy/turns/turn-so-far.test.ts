import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClaimRecord } from "../../../src/ledger/ledger.ts";
import { systemClock } from "../../../src/proxy/clock.ts";
import { Aside } from "../../../src/proxy/turns/aside.ts";
import { partialComment } from "../../../src/proxy/turns/partial-note.ts";
import { SharedMoments } from "../../../src/proxy/turns/shared-moments.ts";
import { TurnOutput } from "../../../src/proxy/turns/turn-output.ts";
import { TurnRecord } from "../../../src/proxy/turns/turn-record.ts";
import { cutStreamOf, turnSoFar } from "../../../src/proxy/turns/turn-so-far.ts";
import { win } from "../../conformance/ledger/requests.ts";
import { sqliteUnderTest, type SqliteUnderTest } from "../../ledger/sqlite/under-test.ts";
import { recordedLog } from "../support/recorded-log.ts";

let store: SqliteUnderTest;
let claim: ClaimRecord;
beforeEach(async () => {
  store = await sqliteUnderTest();
  claim = await win(store.ledger, { kind: "turn", run: "r" });
});
afterEach(() => store.close());

const events = ["content-type", "text/event-stream"];

/** A turn that is written down every few milliseconds, and whose writer is then gone. */
function writing() {
  const output = new TurnOutput("stream");
  const { log } = recordedLog();
  const ports = {
    ledger: store.ledger,
    log,
    clock: systemClock,
    moments: new SharedMoments(systemClock),
    paceMs: () => 60_000,
    leaseMs: 60_000,
  };
  const record = new TurnRecord(ports, claim, output);
  const aside = new Aside(
    () => record.more(),
    () => output.recording.length,
  );
  output.recorder = record;
  output.aside = aside;
  return { output, aside, written: () => record.written() };
}

async function soFar(bytesMax = 1000) {
  const found = await turnSoFar(store.ledger, claim, bytesMax);
  if (found === null) return null;
  const { shown, said, ...more } = found;
  return { shown: shown.toString(), said: said.toString(), ...more };
}

describe("what the ledger has of a turn before its end", () => {
  it("is nothing of one that was never begun", async () => {
    expect(await soFar()).toBeNull();
  });

  it("is what was shown, and behind it what was held back", async () => {
    const { output, aside, written } = writing();
    output.writeHead(200, events);
    output.write(Buffer.from("shown "));
    await written();
    aside.take(Buffer.from("held "));
    await written();
    aside.take(Buffer.from("back"));
    await written();
    expect(await soFar()).toEqual({
      shown: "shown ",
      said: "shown held back",
      isFirstTurn: true,
      status: 200,
      isStream: true,
    });
    expect(await soFar(6)).toMatchObject({ said: "shown held b" });
  });

  it("is what the model said only once where a part of what was held is shown", async () => {
    const { output, aside, written } = writing();
    output.writeHead(200, events);
    output.write(Buffer.from("shown "));
    aside.take(Buffer.from("held back"));
    await written();
    aside.released();
    output.write(Buffer.from("HELD"));
    await written();
    expect(await soFar()).toMatchObject({ shown: "shown HELD", said: "shown held back" });
  });

  it("has nothing aside of what was decided about before it was written", async () => {
    const { output, aside, written } = writing();
    output.writeHead(200, events);
    output.write(Buffer.from("shown "));
    aside.take(Buffer.from("held"));
    aside.released();
    output.write(Buffer.from("HELD"));
    await written();
    expect(await soFar()).toMatchObject({ shown: "shown HELD", said: "shown HELD" });
  });

  it("is the last turn of the model alone where it was asked again", async () => {
    const { output, aside, written } = writing();
    output.writeHead(200, events);
    output.write(Buffer.from("first "));
    aside.take(Buffer.from("refused"));
    await written();
    aside.nextTurn();
    aside.take(Buffer.from("second"));
    await written();
    expect(await soFar()).toMatchObject({ shown: "first ", said: "second", isFirstTurn: false });
  });

  it("leaves the error out that ended it, where something had been held back", async () => {
    const { output, aside, written } = writing();
    output.writeHead(200, events);
    output.write(Buffer.from("data: 1\n\n"));
    aside.take(Buffer.from("data: 2\n\n"));
    output.write(partialComment("x.1"));
    await output.end(Buffer.from("data: error\n\n"));
    await written();
    expect(await soFar()).toMatchObject({ said: "data: 1\n\ndata: 2\n\n" });
  });

  it("is there without first lines where all was held back, and the record says that it was asked", async () => {
    const { output, aside, written } = writing();
    aside.take(Buffer.from("held"));
    output.fail(new Error("broke off"));
    await written();
    expect(await soFar()).toEqual({
      shown: "",
      said: "held",
      isFirstTurn: true,
      status: null,
      isStream: true,
    });
    expect((await store.ledger.read(claim.id))?.state).toBe("declined");
  });
});

describe("the stream of an answer that was cut", () => {
  const found = {
    shown: Buffer.alloc(0),
    said: Buffer.from("x"),
    isFirstTurn: true,
    status: 200,
    isStream: true,
  };

  it("is of a model's answer alone: no document, and no refusal", () => {
    expect(cutStreamOf(found)).toBe("x");
    expect(cutStreamOf({ ...found, status: null })).toBe("x");
    expect(cutStreamOf({ ...found, status: 429 })).toBeNull();
    expect(cutStreamOf({ ...found, isStream: false })).toBeNull();
  });
});
