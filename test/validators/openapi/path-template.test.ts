import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  behind,
  byConcreteness,
  formOf,
  matchTemplate,
  readTemplate,
  type PathTemplate,
} from "../../../src/validators/openapi/path-template.ts";

function template(written: string): PathTemplate {
  const read = readTemplate(written);
  if ("expected" in read) throw new Error(read.expected);
  return read;
}
const match = (written: string, path: string): unknown => {
  const values = matchTemplate(template(written), path.slice(1).split("/"));
  return values === null ? null : Object.fromEntries(values);
};

describe("a templated path", () => {
  it.each([
    ["/orders/{id}", "/orders/3", { id: "3" }],
    ["/orders/{id}", "/orders/", null],
    ["/orders/{id}", "/orders/3/x", null],
    ["/orders/{id}:cancel", "/orders/3:cancel", { id: "3" }],
    ["/orders/{id}:cancel", "/orders/:cancel", null],
    ["/{a}...{b}", "/1...2...3", { a: "1", b: "2...3" }],
    ["/f.{kind}.gz", "/f.a.gz.gz", { kind: "a.gz" }],
    ["/%C3%A4", "/ä", {}],
    ["/", "/", {}],
    ["/{__proto__}", "/x", JSON.parse('{"__proto__":"x"}') as unknown],
  ])("%s meets %s", (written, path, values) => {
    expect(match(written, path)).toEqual(values);
  });

  it.each(["orders", "/{id", "/id}", "/{}", "/{a}{b}", "/{a}/{a}", "/a?b"])(
    "is a fault where it is none: %s",
    (written) => {
      expect(readTemplate(written)).toHaveProperty("expected");
    },
  );

  it("gives back what was put into it", () => {
    const value = fc.string({ minLength: 1 }).filter((one) => !/[-/]/.test(one));
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        expect(matchTemplate(template("/x/{a}-{b}/{c}"), ["x", `${a}-${b}`, c])).toEqual(
          new Map(Object.entries({ a, b, c })),
        );
      }),
    );
  });

  it("stands before a more open one, from left to right", () => {
    const paths = ["/{a}/{b}", "/x/{b}", "/{a}/y", "/x/y", "/x/{b}.y"];
    expect(
      paths
        .map(template)
        .sort(byConcreteness)
        .map(({ written }) => written),
    ).toEqual(["/x/y", "/x/{b}.y", "/x/{b}", "/{a}/y", "/{a}/{b}"]);
  });

  it("has the form of every other that meets the same paths", () => {
    expect(formOf(template("/a/{x}"))).toBe(formOf(template("/a/{y}")));
    expect(formOf(template("/a/{x}"))).not.toBe(formOf(template("/a/x")));
  });

  it("may stand behind a path that has no parameters", () => {
    expect(matchTemplate(behind("/v1", template("/a/{x}")), ["v1", "a", "b"])).toEqual(new Map([["x", "b"]]));
    expect(matchTemplate(behind("", template("/a")), ["a"])).toEqual(new Map());
  });
});
