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

const scopeOf = (tenant = "local", posts = [post("q 1 {}")]): string => {
  const scope = new KeptVerdicts().scope(tenant, "llm", posts);
  if (scope === null) throw new Error("no scope");
  return scope;
};

describe("a kept verdict", () => {
  it("is found again for the same texts of a tool", () => {
    const kept = new KeptVerdicts();
    const judged = judgement({ rewrites: [{ texts: ["framed"] }] });
    kept.set(scopeOf(), subject, judged);
    expect(kept.get(scopeOf(), { ...subject, callId: "another" })).toBe(judged);
  });

  it("belongs to one list of texts, one tool and one kind of outcome", () => {
    const kept = new KeptVerdicts();
    kept.set(scopeOf(), subject, judgement());
    const others: Partial<ResultSubject>[] = [
      { original: ["found"] },
      { toolName: "read" },
      { toolName: undefined },
      { isError: true },
    ];
    for (const other of others) expect(kept.get(scopeOf(), { ...subject, ...other })).toBeUndefined();
  });

  it("belongs to one tenant, plane, mode and version of the options", () => {
    const kept = new KeptVerdicts();
    const scopes = [
      scopeOf(),
      scopeOf("another"),
      scopeOf("local llm"),
      scopeOf("local", [post("q 2 {}")]),
      scopeOf("local", [post("q 1 {}", "report")]),
      scopeOf("local", [post("q 1 {}"), post("s 1 {}")]),
      kept.scope("local", "mcp", [post("q 1 {}")]) ?? "",
    ];
    expect(new Set(scopes).size).toBe(scopes.length);
    const judgements = scopes.map(() => judgement());
    for (const [i, scope] of scopes.entries()) kept.set(scope, subject, judgements[i] as Judgement<"result">);
    expect(scopes.map((scope) => kept.get(scope, subject))).toEqual(judgements);
    expect(kept.get(scopeOf("third"), subject)).toBeUndefined();
  });

  it("goes by what was received, not by what earlier guards made of it", () => {
    const kept = new KeptVerdicts();
    const judged = judgement();
    kept.set(scopeOf(), subject, judged);
    expect(kept.get(scopeOf(), { ...subject, texts: ["changed"] })).toBe(judged);
  });

  it("is none where one post needs more than the part", () => {
    expect(new KeptVerdicts().scope("local", "llm", [post("q 1 {}"), post(null)])).toBeNull();
  });

  it.each([
    ["a failure that passed", judgement({ failed: true })],
    ["a block", judgement({ kind: "block", guard: "q", reason: "", toModel: "", policy: false })],
    [
      "a block by a failure",
      judgement({ kind: "block", guard: "q", reason: "", toModel: "", policy: true, failed: true }),
    ],
  ])("is never %s", (_name, judged) => {
    const kept = new KeptVerdicts();
    kept.set(scopeOf(), subject, judged);
    expect(kept.get(scopeOf(), subject)).toBeUndefined();
  });

  it("makes room for newer ones", () => {
    const kept = new KeptVerdicts();
    const subjects = ["a", "b", "c", "d"].map((one) => {
      const texts = [one.repeat(10_000_000)];
      return { ...subject, texts, original: [one] };
    });
    for (const one of subjects) kept.set(scopeOf(), one, judgement({ subject: one }));
    expect(subjects.map((one) => kept.get(scopeOf(), one) !== undefined)).toEqual([false, true, true, true]);
  });

  it("makes room on one content for newer scopes", () => {
    const kept = new KeptVerdicts();
    const scopes = Array.from({ length: 9 }, (_, i) => scopeOf(`tenant ${i}`));
    for (const scope of scopes) kept.set(scope, subject, judgement());
    expect(scopes.map((scope) => kept.get(scope, subject) !== undefined)).toEqual([
      false,
      ...Array.from({ length: 8 }, () => true),
    ]);
  });
});
