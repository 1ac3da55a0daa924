import { describe, expect, it } from "vitest";
import { closestType, isJsonType, mediaTypeOf } from "../../../src/validators/openapi/media-type.ts";

describe("media types", () => {
  it("are compared without parameters and case", () => {
    expect(mediaTypeOf(" Application/JSON ; charset=utf-8")).toBe("application/json");
    expect(["application/json", "application/problem+json", "text/json"].every(isJsonType)).toBe(true);
    expect(["application/xml", "application/jsonl", ""].some(isJsonType)).toBe(false);
  });

  it("find the most exact form that there is", () => {
    const forms = new Map([
      ["application/json", 1],
      ["application/*", 2],
      ["*/*", 3],
    ]);
    expect(
      ["application/json", "application/xml", "text/plain"].map((type) => closestType(forms, type)),
    ).toEqual([1, 2, 3]);
    expect(closestType(new Map([["text/*", 1]]), "application/json")).toBeUndefined();
  });
});
