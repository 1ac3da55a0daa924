import { describe, expect, it } from "vitest";
import { newTimeOrderedId } from "../../src/proxy/time-ordered-id.ts";

describe("the id of a record", () => {
  it("is a UUID of version 7 with the time that it was made at", () => {
    const id = newTimeOrderedId(0x0192_3456_789a);
    expect(id).toMatch(/^01923456-789a-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("comes behind every earlier one, whatever the clock says", () => {
    const ids = [0, 1, 255, 65_536, Date.now(), Date.now() + 1, 2 ** 47].map((ms) => newTimeOrderedId(ms));
    expect(ids.toSorted()).toEqual(ids);
    expect(newTimeOrderedId(-5)).toMatch(/^00000000-0000-7/);
  });

  it("is another one each time", () => {
    expect(new Set(Array.from({ length: 1000 }, () => newTimeOrderedId(1))).size).toBe(1000);
  });
});
