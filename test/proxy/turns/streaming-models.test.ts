import { describe, expect, it } from "vitest";
import { StreamingModels } from "../../../src/proxy/turns/streaming-models.ts";

let nowMs = 1_000;

describe("what is known of how models answer", () => {
  it("is nothing before one was asked", () => {
    const models = new StreamingModels(() => nowMs);
    expect([models.isWhole("a"), models.isStreaming("a")]).toEqual([false, false]);
  });

  it("is of each model by itself, and the latest", () => {
    const models = new StreamingModels(() => nowMs);
    models.streams("a");
    models.answersWhole("b");
    expect([models.isStreaming("a"), models.isWhole("b"), models.isStreaming("b")]).toEqual([
      true,
      true,
      false,
    ]);
    models.answersWhole("a");
    expect([models.isStreaming("a"), models.isWhole("a")]).toEqual([false, true]);
  });

  it("lets a model that did not stream be asked again after an hour, and no earlier", () => {
    const models = new StreamingModels(() => nowMs);
    models.answersWhole("a");
    nowMs += 3_599_000;
    expect(models.isWhole("a")).toBe(true);
    nowMs += 2_000;
    expect(models.isWhole("a")).toBe(false);
  });

  it("is bounded", () => {
    const models = new StreamingModels(() => nowMs);
    for (let n = 0; n <= 1000; n++) models.streams(`m${n}`);
    expect([models.isStreaming("m0"), models.isStreaming("m1")]).toEqual([false, true]);
  });
});
