import { describe, expect, it } from "vitest";
import type { ResultSubject } from "../../src/exchange/moments.ts";
import { pass } from "../../src/exchange/verdict.ts";
import type { Judgement } from "../../src/proxy/judge.ts";
import { KeptVerdicts } from "../../src/proxy/kept-verdicts.ts";
import type { Post } from "../../src/proxy/posts.ts";

const subject: ResultSubject = {
  plane: "llm",
  callId: "c1",
  toolName: "search",
  isError: false,
  texts: ["found"],
  original: ["found"],
};

function post(keepVerdictsAs: string | null, mode: Post<"result">["mode"] = "enforce"): Post<"result"> {
  return {
    guard: "quarantine",
    mode,
    onError: "block",
    planes: ["llm"],
    watch: () => pass,
    hold: "none",
    keepVerdictsAs,
  };
}

function judgement(more: Partial<Judgement<"result">> = {}): Judgement<"result"> {
  return {
    kind: "pass",
    subject,
    rewrites: [],
    interventions: [],
    facts: [],
    failed: false,
    ...more,
  } as Judgement<"result">;
}

const kept = new KeptVerdicts();
const keyOf = (
  more: Partial<ResultSubject> = {},
  tenant = "local",
  posts = [post("q 1 {}")],
): string | null => kept.key(tenant, posts, { ...subject, ...more });

describe("a kept verdict", () => {
  it("is found again under its key", () => {
    const key = keyOf() as string;
    const judged = judgement({ rewrites: [{ texts: ["framed"] }] });
    kept.set(key, judged);
    expect(kept.get(key)).toBe(judged);
  });

  it("belongs to one content, tool, tenant, mode and version of the options", () => {
    const keys = [
      keyOf(),
      keyOf({ original: ["other"] }),
      keyOf({ original: ["fo", "und"] }),
      keyOf({ toolName: "read" }),
      keyOf({ toolName: undefined }),
      keyOf({ isError: true }),
      keyOf({ plane: "mcp" }),
      keyOf({}, "another"),
      keyOf({}, "local", [post("q 2 {}")]),
      keyOf({}, "local", [post("q 1 {}", "report")]),
      keyOf({}, "local", [post("q 1 {}"), post("s 1 {}")]),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("goes by what was received, not by what earlier guards made of it", () => {
    expect(keyOf({ texts: ["changed"] })).toBe(keyOf());
  });

  it("is none where one post needs more than the part", () => {
    expect(keyOf({}, "local", [post("q 1 {}"), post(null)])).toBeNull();
  });

  it.each([
    ["a failure that passed", judgement({ failed: true })],
    ["a block", judgement({ kind: "block", guard: "q", reason: "", toModel: "", policy: false })],
    [
      "a block by a failure",
      judgement({ kind: "block", guard: "q", reason: "", toModel: "", policy: true, failed: true }),
    ],
  ])("is never %s", (name, judged) => {
    kept.set(name, judged);
    expect(kept.get(name)).toBeUndefined();
  });

  it("makes room for newer ones", () => {
    const small = new KeptVerdicts();
    const texts = ["x".repeat(10_000_000)];
    for (const key of ["a", "b", "c", "d"]) small.set(key, judgement({ subject: { ...subject, texts } }));
    expect(["a", "b", "c", "d"].map((key) => small.get(key) !== undefined)).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });
});
