import { expect, it } from "vitest";
import { faultLines } from "./loading.ts";

it("takes methods in capital letters, each once, in rules and in mappings of decisions", async () => {
  const rule = (methods: string): string =>
    `tools: { a: { url: "http://a.test", rules: [{ path: /x, effect: read, methods: ${methods} }] } }`;
  const mapping = (methods: string): string =>
    `tools: { a: { url: "http://a.test", decisions: [{ tool: t, path: /x, arguments: {}, methods: ${methods} }] } }`;
  for (const written of [rule, mapping]) {
    expect(await faultLines(written("[GET, POST]"))).toEqual([]);
    for (const wrong of ["[get]", "[]", "[GET, GET]", "GET"]) {
      expect(await faultLines(written(wrong))).toEqual([expect.stringContaining("methods")]);
    }
  }
});
