import { describe, expect, it } from "vitest";
import { DocumentFaults } from "../../../src/validators/openapi/document-fault.ts";
import { dereferenced, follow } from "../../../src/validators/openapi/reference.ts";

const document = {
  a: { "b/c": [{ "~": 1 }] },
  one: { $ref: "#/two" },
  two: { $ref: "#/a" },
  loop: { $ref: "#/loop" },
};

describe("a reference", () => {
  it("leads to what stands at its pointer, escapes and all", () => {
    expect(follow(document, "#/a/b~1c/0/~0")).toEqual({ value: 1, pointer: "/a/b~1c/0/~0" });
    expect(follow(document, "#/a/b%2Fc/0")).toMatchObject({ value: { "~": 1 } });
  });

  it.each([
    "#/nowhere",
    "#/a/__proto__",
    "#/a/toString",
    "#/a/%",
    "other.yaml#/a",
    "https://x.example/a",
    "#",
    "#name",
    3,
  ])("is a problem where it leads nowhere: %s", (reference) => {
    expect(follow(document, reference)).toHaveProperty("problem");
  });

  it("is followed to an object, or is a fault", () => {
    const faults = new DocumentFaults();
    const at = (value: unknown) => dereferenced(document, { value, pointer: "/here" }, faults);
    expect(at({ $ref: "#/one" })).toEqual({ value: document.a, pointer: "/a" });
    expect(at({ $ref: "#/loop" })).toBeUndefined();
    expect(at({ $ref: "#/gone" })).toBeUndefined();
    expect(at([])).toBeUndefined();
    expect(faults.list.map(({ pointer }) => pointer)).toEqual(["/here", "/here/$ref", "/here"]);
    expect(faults.list[0]?.found).toContain("circle");
  });
});
