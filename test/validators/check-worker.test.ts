import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CheckRequest } from "../../src/validators/confined-check.ts";

let worker: Worker;

beforeEach(async () => {
  worker = new Worker(new URL("../../src/validators/check-worker.ts", import.meta.url));
  await once(worker, "message");
});
afterEach(async () => {
  await worker.terminate();
});

async function answerTo(request: Partial<CheckRequest>): Promise<unknown> {
  const whole: CheckRequest = {
    key: "k",
    targets: '[{"type":["string"]}]',
    formats: [],
    text: '"x"',
    ...request,
  };
  worker.postMessage(whole, []);
  const [answer] = (await once(worker, "message")) as unknown[];
  return answer;
}

describe("the thread that checks", () => {
  it("answers each request with what does not fit", async () => {
    expect(await answerTo({})).toEqual({ kind: "checked", error: null });
    expect(await answerTo({ text: "1" })).toMatchObject({ kind: "checked", error: { keyword: "type" } });
  });

  it("keeps schemas apart by their key, and forgets the oldest", async () => {
    for (let place = 0; place < 40; place += 1) {
      const targets = JSON.stringify([{ const: place }]);
      expect(await answerTo({ key: String(place), targets, text: String(place) })).toEqual({
        kind: "checked",
        error: null,
      });
    }
    expect(await answerTo({ key: "0", targets: '[{"const":"again"}]', text: '"again"' })).toEqual({
      kind: "checked",
      error: null,
    });
  });

  it("answers what cannot be compiled or read, and goes on", async () => {
    expect(await answerTo({ key: "b", targets: '[{"$ref":"#/$defs/9"}]' })).toMatchObject({ kind: "broken" });
    expect(await answerTo({ key: "c", text: "{" })).toMatchObject({ kind: "failed" });
    expect(await answerTo({})).toEqual({ kind: "checked", error: null });
  });

  it("enforces the formats that it is told", async () => {
    const dates = { targets: '[{"format":"date"}]', formats: ["date"], text: '"today"' };
    expect(await answerTo({ key: "d", ...dates })).toMatchObject({ error: { keyword: "format" } });
  });
});
