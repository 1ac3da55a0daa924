import { describe, expect, it } from "vitest";
import { configOf, faultLines } from "./loading.ts";

const rule = (text: string): string => `tools: { t: { url: 'http://h', rules: [{ ${text} }] } }`;

describe("a tool", () => {
  it("says nothing of its calls but their effect and their time, unless it is written", async () => {
    const { tools } = await configOf("tools: { t: { url: 'http://h' } }");
    expect(tools["t"]).toEqual({
      url: "http://h",
      effect: "by-method",
      timeoutMs: 600_000,
      clientKeys: "random",
      rules: [],
    });
  });

  it.each(["/", "/charges", "/v1/charges/*", "/**", "/a/**/b", "/files/*.json", "/é/a b"])(
    "has rules for paths such as %s",
    async (path) => {
      const { tools } = await configOf(rule(`path: '${path}', methods: [POST], notExecuted: [503]`));
      expect(tools["t"]?.rules).toEqual([{ path, methods: ["POST"], notExecuted: [503] }]);
    },
  );

  it.each([
    ["charges", "does not begin with a slash"],
    ["", "is empty"],
    ["/a/", "ends in a slash"],
    ["/a//b", "has an empty segment"],
    ["/a?b=1", "has a query"],
    ["/a%2Fb", "has escapes"],
    ["/a;b", "has parameters"],
    ["/a#b", "has a fragment"],
    ["/a\\b", "has a backslash"],
  ])("has no rule for %j, which %s", async (path) => {
    const [line] = await faultLines(rule(`path: '${path}'`));
    expect(line).toContain("tools.t.rules[0].path | a path pattern such as /v1/charges/*");
  });

  it("fills in what of a key is not written, and has no key where none is", async () => {
    const { tools } = await configOf(
      rule("path: /a, key: { ignore: [/a/b~1c, '?x'] }, preconditions: [If-Range]"),
    );
    expect(tools["t"]?.rules).toEqual([
      { path: "/a", key: { include: [], ignore: ["/a/b~1c", "?x"] }, preconditions: ["If-Range"] },
    ]);
    expect(tools["t"]?.key).toBeUndefined();
  });

  it.each(["a", "", "?", "/a~2", "/a~"])("has no field called %j in its key", async (field) => {
    const [line] = await faultLines(rule(`path: /a, key: { include: ['${field}'] }`));
    expect(line).toContain("rules[0].key.include[0] | a field such as /metadata/nonce of a body");
  });

  it("says how a call in doubt is looked up", async () => {
    const lookUp =
      "lookUp: { path: '/x?k={key}&o={/order}', found: { at: /id }, absent: { afterSeconds: 60 } }";
    const { tools } = await configOf(rule(`path: /a, ${lookUp}`));
    expect(tools["t"]?.rules[0]?.lookUp).toEqual({
      path: "/x?k={key}&o={/order}",
      found: { at: "/id" },
      answer: "",
      absent: { statuses: [], emptyAt: null, afterSeconds: 60 },
    });
    expect(tools["t"]?.lookUp).toBeUndefined();
  });

  it.each([
    ["path: /x, found: { at: /id }", "a path with {key}"],
    ["path: 'x/{key}', found: { at: /id }", "a path with {key}"],
    ["path: '//evil/{key}', found: { at: /id }", "a path with {key}"],
    ["path: '/x/{key}#a', found: { at: /id }", "a path with {key}"],
    ["path: '/x/{key}', found: { at: id }", "a JSON Pointer"],
    ["path: '/x/{key}', found: { at: /id }, absent: { statuses: [404] }", "lookUp.absent.afterSeconds"],
    ["path: '/x/{key}', found: { at: /id }, absent: { statuses: [500], afterSeconds: 1 }", "statuses[0]"],
    ["path: '/x/{key}'", "lookUp.found"],
  ])("is not looked up by { %s }", async (text, said) => {
    expect((await faultLines(rule(`path: /a, lookUp: { ${text} }`))).join("\n")).toContain(said);
  });

  it.each([
    ["path: /a, preconditions: ['a b']", "the name of an HTTP header"],
    ["path: /a, methods: [post]", "an HTTP method in capital letters"],
    ["path: /a, methods: []", "tools.t.rules[0].methods"],
    ["path: /a, notExecuted: [200]", "tools.t.rules[0].notExecuted[0]"],
    ["path: /a, effect: none", "tools.t.rules[0].effect"],
    ["path: /a, idempotencyHeader: X", "an unknown key"],
    ["effect: read", "tools.t.rules[0].path"],
  ])("has no rule with { %s }", async (text, said) => {
    expect((await faultLines(rule(text))).join("\n")).toContain(said);
  });
});
