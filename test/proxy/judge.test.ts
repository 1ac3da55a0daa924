import { describe, expect, it } from "vitest";
import type { CallRewrite, CallSubject } from "../../src/exchange/moments.ts";
import { pass, type Verdict } from "../../src/exchange/verdict.ts";
import { judge, type Judgement } from "../../src/proxy/judge.ts";
import { PassCounts } from "../../src/proxy/pass-counts.ts";
import type { Post } from "../../src/proxy/posts.ts";
import { plainExchange } from "./support/plain-exchange.ts";
import { recordedLog } from "./support/recorded-log.ts";

const call = { id: "c1", name: "pay", kind: "function", argumentsText: "{}" } as const;
const subject: CallSubject = { plane: "llm", call, original: call, truncated: false, offers: [] };
const seen: string[] = [];

/** A post that decides `verdict`, and notes the arguments that it was shown. */
function post(
  guard: string,
  verdict: Verdict<CallRewrite> | (() => Verdict<CallRewrite> | Promise<Verdict<CallRewrite>>),
  more: Partial<Post<"call">> = {},
): Post<"call"> {
  return {
    guard,
    mode: "enforce",
    onError: "block",
    planes: ["llm"],
    hold: "none",
    keepVerdictsAs: null,
    watch: (shown) => {
      seen.push(`${guard} ${shown.call.argumentsText}`);
      return typeof verdict === "function" ? verdict() : verdict;
    },
    ...more,
  };
}

const { log, entries } = recordedLog();
const passes = new PassCounts(() => 1000);

const apply = (was: CallSubject, { argumentsText }: CallRewrite): CallSubject => ({
  ...was,
  call: { ...was.call, argumentsText },
});

function ask(...posts: Post<"call">[]): Judgement<"call"> | Promise<Judgement<"call">> {
  seen.length = 0;
  entries.length = 0;
  return judge("call", posts, subject, plainExchange(), apply, { log, passes });
}

const rewrite = (argumentsText: string): Verdict<CallRewrite> => ({
  kind: "rewrite",
  to: { argumentsText },
  reason: "tidied",
});
const block = { kind: "block", reason: "no", toModel: "Do not." } as const;
const answer = { kind: "answer", result: "42", reason: "known" } as const;
const confirm = { kind: "confirm", question: "Pay?", toModel: "Waiting for a human." } as const;
const broken = (): never => {
  throw new Error("bug");
};

const later = (): Promise<Verdict<CallRewrite>> => new Promise((resolve) => setImmediate(resolve, block));

describe("judging", () => {
  it("asks in order, and every post sees what the one before made of it", async () => {
    const judged = await ask(
      post("a", rewrite("1")),
      post("b", pass),
      post("c", rewrite("2")),
      post("d", pass),
    );
    expect(seen).toEqual(["a {}", "b 1", "c 1", "d 2"]);
    expect(judged).toMatchObject({
      kind: "pass",
      subject: { call: { argumentsText: "2" }, original: { argumentsText: "{}" } },
      rewrites: [{ argumentsText: "1" }, { argumentsText: "2" }],
      failed: false,
    });
    expect(judged.interventions).toEqual([
      { guard: "a", moment: "call", verdict: "rewrite", reason: "tidied" },
      { guard: "c", moment: "call", verdict: "rewrite", reason: "tidied" },
    ]);
  });

  it("passes where nobody objects, and leaves the very subject", async () => {
    const judged = await ask(post("a", pass));
    expect(judged).toMatchObject({ kind: "pass", rewrites: [], interventions: [], facts: [] });
    expect(judged.subject).toBe(subject);
    expect(entries).toEqual([]);
  });

  it.each([
    ["block", block, { kind: "block", guard: "b", reason: "no", toModel: "Do not.", policy: false }],
    ["answer", answer, { kind: "answer", result: "42" }],
    [
      "confirm",
      confirm,
      { kind: "block", guard: "b", reason: "Pay?", toModel: "Waiting for a human.", policy: true },
    ],
  ] as const)("ends at the first %s", async (_kind, verdict, outcome) => {
    const judged = await ask(post("a", rewrite("1")), post("b", verdict), post("c", block));
    expect(seen).toEqual(["a {}", "b 1"]);
    expect(judged).toMatchObject({ ...outcome, subject: { call: { argumentsText: "1" } } });
    expect(judged.interventions.map(({ guard }) => guard)).toEqual(["a", "b"]);
  });

  it("keeps that a block is one of policy", async () => {
    expect(await ask(post("a", { ...block, policy: true }))).toMatchObject({ kind: "block", policy: true });
  });

  it("waits for guards that take their time", async () => {
    expect(await ask(post("a", later))).toMatchObject({ kind: "block" });
  });
});

describe("what is noted for the ledger", () => {
  const notedOf = async (...posts: Post<"call">[]) =>
    (await ask(...posts)).verdicts.map(({ guard, verdict, done, reason }) => [guard, verdict, done, reason]);

  it("is every verdict but a pass, with where it is found and without what it was about", async () => {
    const judged = await ask(post("a", rewrite("SECRET")), post("b", pass));
    expect(judged.verdicts).toEqual([
      {
        guard: "a",
        mode: "enforce",
        moment: "call",
        verdict: "rewrite",
        done: "carried-out",
        reason: "tidied",
        tool: "pay",
        call: "c1",
      },
    ]);
  });

  it("says what was carried out, what was only reported, and what was overtaken", async () => {
    expect(
      await notedOf(post("a", rewrite("1")), post("b", block, { mode: "report" }), post("c", confirm)),
    ).toEqual([
      ["a", "rewrite", "overtaken", "tidied"],
      ["b", "block", "only-reported", "no"],
      ["c", "confirm", "carried-out", "Pay?"],
    ]);
  });

  it("tells of a guard that failed, whichever way its failure goes", async () => {
    expect(
      await notedOf(post("a", broken, { onError: "pass" }), post("b", broken, { mode: "report" })),
    ).toEqual([
      ["a", "failure", "let-pass", "The guard failed, and what it failed on was let pass."],
      ["b", "failure", "let-pass", "The guard failed, and what it failed on was let pass."],
    ]);
    expect(await notedOf(post("c", broken))).toMatchObject([
      ["c", "block", "carried-out", expect.any(String)],
    ]);
  });

  it("counts a pass and nothing else", async () => {
    passes.take();
    await ask(post("a", pass), post("a", pass), post("b", block));
    expect(passes.take()?.passes).toEqual([{ guard: "a", mode: "enforce", moment: "call", count: 2 }]);
  });
});

describe("a post that only reports", () => {
  it.each([rewrite("1"), block, answer, confirm])(
    "says its verdict and changes nothing: %j",
    async (verdict) => {
      const judged = await ask(
        post("a", { ...verdict, facts: [{ kind: "f", value: 1 }] }, { mode: "report" }),
        post("b", pass),
      );
      expect(seen).toEqual(["a {}", "b {}"]);
      expect(judged).toMatchObject({
        kind: "pass",
        rewrites: [],
        interventions: [],
        facts: [],
        failed: false,
      });
      expect(entries).toEqual([
        {
          level: "info",
          what: "verdict reported",
          fields: expect.objectContaining({ guard: "a", verdict: verdict.kind }),
        },
      ]);
    },
  );
});

describe("facts", () => {
  it("come from every post in force, also from one that passes", async () => {
    const judged = await ask(
      post("a", { kind: "pass", facts: [{ kind: "one", value: 1 }] }),
      post("b", { kind: "pass", facts: [{ kind: "reported", value: 2 }] }, { mode: "report" }),
      post("c", { ...block, facts: [{ kind: "two", value: 3 }] }),
    );
    expect(judged.facts.map(({ kind }) => kind)).toEqual(["one", "two"]);
  });
});

describe("a guard that fails", () => {
  it.each([
    ["enforce", "block", { kind: "block", policy: true, guard: "a" }],
    ["enforce", "pass", { kind: "pass", interventions: [] }],
    ["report", "block", { kind: "pass", interventions: [] }],
    ["report", "pass", { kind: "pass", interventions: [] }],
  ] as const)("in %s mode with onError: %s goes that way, and is said", async (mode, onError, outcome) => {
    const judged = await ask(post("a", broken, { mode, onError }));
    expect(judged).toMatchObject({ ...outcome, failed: true });
    expect(entries[0]).toMatchObject({
      level: "error",
      what: "guard failed",
      fields: { guard: "a", direction: outcome.kind, cause: expect.objectContaining({ message: "bug" }) },
    });
  });

  it("fails alike when it throws and when it rejects", async () => {
    const rejects = post("a", () => Promise.reject(new Error("bug")));
    expect(await ask(rejects)).toMatchObject({ kind: "block", failed: true });
  });

  it("stops no post behind it where failures pass", async () => {
    expect(await ask(post("a", broken, { onError: "pass" }), post("b", block))).toMatchObject({
      kind: "block",
      guard: "b",
      failed: true,
    });
  });

  it("shows nothing of the failure to the model", async () => {
    expect(JSON.stringify(await ask(post("a", broken)))).not.toContain("bug");
  });
});
