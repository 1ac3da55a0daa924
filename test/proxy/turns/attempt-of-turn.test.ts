import { describe, expect, it } from "vitest";
import type { Claimed } from "../../../src/ledger/ledger.ts";
import type { AttemptState } from "../../../src/proxy/attempts/detected-attempts.ts";
import {
  attemptSoFar,
  inAttemptOf,
  inItsAttempt,
  tellOfAttempt,
} from "../../../src/proxy/turns/attempt-of-turn.ts";
import type { TurnRequest } from "../../../src/proxy/turns/serve-turn.ts";
import type { TurnSettings } from "../../../src/proxy/settings.ts";
import { recordedLog } from "../support/recorded-log.ts";

const second: AttemptState = { attempt: "detected-2", first: "k", count: 2 };
const third: AttemptState = { attempt: "detected-3", first: "k", count: 3 };

interface Asked {
  readonly request: TurnRequest;
  /** What was asked about the run's attempts. */
  readonly asked: string[];
}

function requestOf(
  mode: TurnSettings["detectedAttempts"],
  { attempt = null as string | null, key = "k", saysRetry = false, isDown = false } = {},
): Asked {
  const asked: string[] = [];
  const answer = (what: string, state: AttemptState) => (): Promise<AttemptState> => {
    asked.push(what);
    return isDown ? Promise.reject(new Error("down")) : Promise.resolve(state);
  };
  const request = {
    engine: {
      settings: { turns: { detectedAttempts: mode } },
      detectedAttempts: {
        stateOf: answer("state", second),
        ofTurn: answer("turn", third),
        tell: answer("tell", second),
      },
      log: recordedLog().log,
    },
    inbound: { id: "x", attempt: null },
    caller: { tenant: "t", run: { id: "r", stage: "s", attempt }, agent: null },
    place: { key, attempt },
    saysRetry,
  } as unknown as TurnRequest;
  return { request, asked };
}

describe("the attempt of a request whose client names none", () => {
  it("is the one that its run's first turn begins", async () => {
    const { request } = requestOf("enforce");
    expect(await attemptSoFar(request)).toEqual(second);
    const found = await inItsAttempt(request, second);
    expect(found.caller.run).toEqual({ id: "r", stage: "s", attempt: "detected-3" });
    expect([found.place.attempt, request.inbound.attempt]).toEqual(["detected-3", "detected-3"]);
  });

  it("is the one that its run is in for a retry and for any other turn, and nothing more is asked", async () => {
    for (const more of [{ saysRetry: true }, { key: "other" }]) {
      const { request, asked } = requestOf("enforce", more);
      const found = await inItsAttempt(request, second);
      expect([found.place.attempt, found.caller.run.attempt]).toEqual(["detected-2", "detected-2"]);
      expect(asked).toEqual([]);
    }
  });

  it("is none where attempts are only told of, not looked for, or cannot be known", async () => {
    for (const mode of ["report", "off"] as const) {
      const { request, asked } = requestOf(mode);
      expect(await attemptSoFar(request)).toBeNull();
      expect(await inItsAttempt(request, null)).toBe(request);
      expect(asked).toEqual([]);
    }
    const { request } = requestOf("enforce", { isDown: true });
    expect(await attemptSoFar(request)).toBeNull();
    expect(await inItsAttempt(request, null)).toBe(request);
    expect((await inItsAttempt(request, second)).caller.run.attempt).toBe("detected-2");
  });

  it("is not looked for where the client names one", async () => {
    const { request, asked } = requestOf("enforce", { attempt: "a" });
    expect(await attemptSoFar(request)).toBeNull();
    expect(await inItsAttempt(request, null)).toBe(request);
    expect(inAttemptOf(request, null)).toBe(request);
    expect(asked).toEqual([]);
  });
});

describe("an attempt that would have begun", () => {
  const sample = { kind: "won", record: {}, newest: {} } as unknown as Claimed;

  it("is told of in report mode alone, of a turn that an equal one went before", () => {
    const told = (mode: TurnSettings["detectedAttempts"], claimed: Claimed, attempt?: string): number => {
      const { request, asked } = requestOf(mode, attempt === undefined ? {} : { attempt });
      tellOfAttempt(request, claimed);
      return asked.length;
    };
    expect(told("report", sample)).toBe(1);
    expect(told("report", { ...sample, newest: null } as Claimed)).toBe(0);
    expect(told("report", { kind: "met", record: sample.record })).toBe(0);
    expect([told("enforce", sample), told("off", sample), told("report", sample, "a")]).toEqual([0, 0, 0]);
  });
});
