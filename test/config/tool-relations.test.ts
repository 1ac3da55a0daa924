import { describe, expect, it } from "vitest";
import { faultLines } from "./loading.ts";

const rules = (text: string): string => `tools: { t: { url: 'http://h', rules: [${text}] } }`;

describe("rules of a tool", () => {
  it.each([
    "{ path: /a }, { path: /a, methods: [POST] }",
    "{ path: /a, methods: [PUT, POST] }, { path: /a, methods: [POST] }",
    "{ path: /** }, { path: /b }",
  ])("are refused where no call can reach one: %s", async (text) => {
    const [line, ...others] = await faultLines(rules(text));
    expect(others).toEqual([]);
    expect(line).toContain("tools.t.rules[1].path | a rule that some call can reach");
    expect(line).toContain("rules[0] takes all that this one is for.");
  });

  it.each([
    "{ path: /a, methods: [POST] }, { path: /a }",
    "{ path: /a, methods: [POST] }, { path: /a, methods: [POST, PUT] }",
    "{ path: /a }, { path: /A }, { path: /** }",
  ])("may overlap: %s", async (text) => {
    expect(await faultLines(rules(text))).toEqual([]);
  });
});
