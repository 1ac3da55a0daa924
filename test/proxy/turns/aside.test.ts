import { describe, expect, it } from "vitest";
import { Aside } from "../../../src/proxy/turns/aside.ts";

describe("what is set aside of a turn", () => {
  it("is told of piece by piece, and forgotten with its round", () => {
    let told = 0;
    const aside = new Aside(
      () => told++,
      () => 7,
    );
    aside.take(Buffer.from("one "));
    aside.take(Buffer.from("two"));
    expect([aside.round, aside.recording.text(), told]).toEqual([0, "one two", 2]);
    aside.nextRound();
    expect([aside.round, aside.recording.text(), aside.releasedAt]).toEqual([1, "", null]);
  });

  it("is of the first turn of the model in rounds 0 and 1 alone", () => {
    const told: number[] = [];
    for (const held of [false, true]) {
      const aside = new Aside(
        () => {},
        () => 0,
      );
      if (held) aside.nextRound();
      aside.nextTurn();
      told.push(aside.round);
    }
    expect(told).toEqual([2, 2]);
  });

  it("knows how much had been shown when it began to be shown itself, and keeps to that", () => {
    let shown = 7;
    const aside = new Aside(
      () => {},
      () => shown,
    );
    aside.released();
    shown = 20;
    aside.released();
    expect(aside.releasedAt).toBe(7);
  });
});
