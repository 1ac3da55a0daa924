import { describe, expect, it } from "vitest";
import { readPointer, touches, valueAt, writePath } from "../../src/config/path.ts";

describe("a path", () => {
  it("is written as people write it", () => {
    expect(writePath(["posts", 1, "lowWater"])).toBe("posts[1].lowWater");
    expect(writePath(["upstreams", "my.host", "url"])).toBe('upstreams["my.host"].url');
    expect(writePath([])).toBe("");
  });

  it("is read from a JSON Pointer, digits being positions in lists and keys elsewhere", () => {
    const root = { a: [{ "0": { "x/y~z": 1 } }] };
    expect(readPointer("/a/0/0/x~1y~0z", root)).toEqual(["a", 0, "0", "x/y~z"]);
    expect(readPointer("", root)).toEqual([]);
  });

  it("leads to own values only", () => {
    expect(valueAt({ a: [1, 2] }, ["a", 1])).toBe(2);
    expect(valueAt({}, ["constructor"])).toBeUndefined();
    expect(valueAt(null, ["a"])).toBeUndefined();
  });

  it("touches what is above and below it, and nothing beside", () => {
    expect(touches(["a", "b"], ["a"])).toBe(true);
    expect(touches(["a"], ["a", "b"])).toBe(true);
    expect(touches([], ["a"])).toBe(true);
    expect(touches(["a", "c"], ["a", "b"])).toBe(false);
  });
});
