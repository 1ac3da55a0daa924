import { describe, expect, it } from "vitest";
import { type HttpCall, mappedCalls } from "../../../src/proxy/decisions/mapped-call.ts";
import type { DecisionMapping } from "../../../src/proxy/settings.ts";

const call = (path: string, more: Partial<HttpCall> = {}): HttpCall => ({
  method: "POST",
  path,
  query: "",
  contentType: "application/json",
  body: Buffer.from('{"a":1}'),
  ...more,
});
const mapping = (path: string, more: Partial<DecisionMapping> = {}): DecisionMapping => ({
  tool: "pay",
  path,
  arguments: {},
  ...more,
});
const shown = (of: DecisionMapping, path: string): readonly unknown[] =>
  mappedCalls([of], call(path)).map((one) =>
    [...one.arguments.values()].map((value) => value?.shown ?? null),
  );

describe("the decisions that a call may carry out", () => {
  it("are those of every mapping that fits its method and path", () => {
    const [any, posts, puts] = [
      mapping("/a"),
      mapping("/*", { methods: ["POST"] }),
      mapping("/a", { methods: ["PUT"] }),
    ];
    const mapped = mappedCalls([any, posts, puts, mapping("/b")], call("/a"));
    expect(mapped.map((one) => one.mapping)).toEqual([any, posts]);
    expect(mappedCalls([any], call("/a/b"))).toEqual([]);
  });

  it("have the arguments that the mapping names, null where the call has no such value", () => {
    const named = mapping("/{one}/x/{two}/**", {
      arguments: { a: "{/a}", b: "{two}", c: "{one}-{two}", d: "{/d}" },
    });
    expect(shown(named, "/1/x/b%20c/and/more")).toEqual([["1", '"b c"', '"1-b c"', null]]);
  });

  it("keep what stands in a path as it is written, in its case and with its slashes", () => {
    const named = mapping("/Shops/{shop}", { arguments: { shop: "{shop}" } });
    expect(shown(named, "/shops/AnnA")).toEqual([['"AnnA"']]);
    expect(shown(named, "/Shops/a%2Fb")).toEqual([['"a/b"']]);
  });

  it.each(["/pay/X", "//pay/X", "/p%61y/X", "/PAY/X", "/pay/X/", "/pay;v=1/X", "/y/../pay/X", "/%2570ay/X"])(
    "are found by every spelling of a path that a service may take for it: %s",
    (path) =>
      expect(shown(mapping("/pay/{id}", { arguments: { id: "{id}" } }), path)).toContainEqual(['"X"']),
  );

  it("read nothing of a body that is no text", () => {
    const of = mapping("/a", { arguments: { a: "{/a}" } });
    const [mapped] = mappedCalls([of], call("/a", { body: Buffer.from([0xff, 0xfe]) }));
    expect(mapped?.arguments.get("a")).toBeNull();
  });
});
