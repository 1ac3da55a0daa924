import { expect, it } from "vitest";
import type { AttemptState } from "../../../src/proxy/attempts/detected-attempts.ts";
import { attemptSoFar, inAttemptOf, inItsAttempt } from "../../../src/proxy/turns/attempt-of-turn.ts";
import type { TurnRequest } from "../../../src/proxy/turns/serve-turn.ts";
import type { TurnSettings } from "../../../src/proxy/settings.ts";
import { recordedLog } from "../support/recorded-log.ts";

const second: AttemptState = { attempt: "detected-2", first: "k", count: 2 };

function requestOf(
  mode: TurnSettings["detectedAttempts"],
  { attempt = null as string | null, saysRetry = false, isDown = false } = {},
): TurnRequest {
  const answer = (): Promise<AttemptState> =>
    isDown ? Promise.reject(new Error("down")) : Promise.resolve(second);
  return {
    engine: {
      settings: { turns: { detectedAttempts: mode } },
      detectedAttempts: { stateOf: answer, ofTurn: answer },
      log: recordedLog().log,
    },
    inbound: { id: "x", attempt: null },
    caller: { tenant: "t", run: { id: "r", stage: "s", attempt }, agent: null },
    place: { key: "k", attempt },
    saysRetry,
  } as unknown as TurnRequest;
}

it("is the one that its run is in, or that it begins", async () => {
  const request = requestOf("enforce");
  expect(await attemptSoFar(request)).toBe("detected-2");
  const found = await inItsAttempt(request, request);
  expect(found.caller.run).toEqual({ id: "r", stage: "s", attempt: "detected-2" });
  expect([found.place.attempt, request.inbound.attempt]).toEqual(["detected-2", "detected-2"]);
});

it("stays the same for a retry, and where the client named it", async () => {
  const retry = requestOf("enforce", { saysRetry: true });
  expect(await inItsAttempt(retry, retry)).toBe(retry);
  const third = inAttemptOf(retry, "detected-3");
  expect([third.caller.run.attempt, third.place.attempt]).toEqual(["detected-3", "detected-3"]);
  expect(await inItsAttempt(retry, third)).toBe(third);
  const named = requestOf("enforce", { attempt: "a" });
  expect(await attemptSoFar(named)).toBe("a");
  expect(inAttemptOf(named, "a")).toBe(named);
  expect(await inItsAttempt(named, named)).toBe(named);
});

it("is none where attempts are only told of, not looked for, or cannot be known", async () => {
  expect(await attemptSoFar(requestOf("report"))).toBeNull();
  expect(await attemptSoFar(requestOf("off"))).toBeNull();
  const off = requestOf("off");
  expect(await inItsAttempt(off, off)).toBe(off);
  const down = requestOf("enforce", { isDown: true });
  expect(await attemptSoFar(down)).toBeNull();
  expect(await inItsAttempt(down, down)).toBe(down);
});

it("is not waited for where it is only told of", async () => {
  const request = requestOf("report");
  const never = new Promise<AttemptState>(() => {});
  const engine = { ...request.engine, detectedAttempts: { ofTurn: () => never } };
  const asked = { ...request, engine } as unknown as TurnRequest;
  expect(await inItsAttempt(asked, asked)).toBe(asked);
});
