import { describe, expect, it } from "vitest";
import { Notes } from "../../src/wire/notes.ts";

describe("notes on objects", () => {
  it("are found on the object that they were made on, and on no copy of it", () => {
    const notes = new Notes<string>();
    const one = { name: "one" };
    notes.set(one, "first");
    expect(notes.get(one)).toBe("first");
    expect(notes.get({ ...one })).toBeUndefined();
    expect(notes.get({ name: "other" })).toBeUndefined();
  });

  it("are kept apart from other notes, and replaced by newer ones", () => {
    const [notes, others] = [new Notes<string>(), new Notes<string>()];
    const one = {};
    notes.set(one, "first");
    others.set(one, "other");
    notes.set(one, "second");
    expect([notes.get(one), others.get(one)]).toEqual(["second", "other"]);
    expect(JSON.stringify(one)).toBe("{}");
  });
});
