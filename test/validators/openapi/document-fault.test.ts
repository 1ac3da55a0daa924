import { describe, expect, it } from "vitest";
import { DocumentFaults, pointerTo, said } from "../../../src/validators/openapi/document-fault.ts";

describe("faults of a document", () => {
  it("are kept in order, each place and wish once, and no more than can be read", () => {
    const faults = new DocumentFaults();
    faults.add("/b", "x", "1", "a hint");
    faults.add("/a", "x", "1");
    faults.add("/b", "x", "2");
    expect(faults.list).toEqual([
      { pointer: "/b", expected: "x", found: "1", hint: "a hint" },
      { pointer: "/a", expected: "x", found: "1" },
    ]);
    for (let place = 0; place < 1_000; place += 1) faults.add(`/${place}`, "x", "1");
    expect(faults.list).toHaveLength(100);
  });

  it("point and speak in a few words", () => {
    expect(pointerTo("/paths", "/a~b", 3)).toBe("/paths/~1a~0b/3");
    expect([undefined, [1], { a: 1 }, null, "x".repeat(200)].map(said)).toEqual([
      "nothing",
      "a list",
      "an object",
      "null",
      `"${"x".repeat(78)}…`,
    ]);
  });
});
