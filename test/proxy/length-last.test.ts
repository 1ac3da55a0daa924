import { expect, it } from "vitest";
import { lengthLast } from "../../src/proxy/length-last.ts";

it("puts the length behind all other headers, as it is spelled or not at all", () => {
  expect(lengthLast(["Content-Length", "5", "x-a", "1"])).toEqual(["x-a", "1", "content-length", "5"]);
  expect(lengthLast(["x-a", "1", "x-a", "2"])).toEqual(["x-a", "1", "x-a", "2"]);
  expect(lengthLast([])).toEqual([]);
});
