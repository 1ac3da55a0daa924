import { describe, expect, it } from "vitest";
import type { Exchange, Plane } from "../../src/exchange/exchange.ts";
import type { CallSubject, OfferSubject, PromptSubject } from "../../src/exchange/moments.ts";
import type { ToolOffer } from "../../src/exchange/prompt.ts";
import { toolList } from "../../src/guards/tool-list.ts";
import { guardSuite } from "../conformance/guard-suite.ts";
import { openaiRequest, subjectOf } from "./budget/requests.ts";

type Options = Readonly<Record<string, unknown>>;

const nothingListed = { allow: [], deny: [], rules: [], offersMax: 0 };

function onDuty(options: Options, reported: string[] = []) {
  const ports = {
    now: () => 0,
    framingKey: async () => new Uint8Array(32),
    report: (subject: string, sentence: string) => void reported.push(`${subject}: ${sentence}`),
  };
  return toolList.watch({ ...nothingListed, ...options }, ports).watches;
}

function exchangeOf(
  more: { target?: string; stage?: string; tenant?: string; plane?: Plane } = {},
): Exchange {
  const { target = "openai", stage = null, tenant = "local", plane = "llm" } = more;
  return {
    id: "1",
    plane,
    protocol: "openai-chat",
    caller: { tenant, run: { id: stage === null ? null : "r", stage, attempt: null }, agent: null },
    target,
    signal: new AbortController().signal,
  };
}

function offerOf(name: string): OfferSubject {
  const offer: ToolOffer = {
    index: 0,
    name,
    kind: "function",
    description: undefined,
    schemaText: undefined,
    strict: false,
    span: { start: 0, end: 0 },
  };
  return { offer, toolChoice: { kind: "auto" } };
}

function callOf(name: string, plane: Plane = "llm"): CallSubject {
  const call = { id: "1", name, kind: "function", argumentsText: "{}" } as const;
  return { plane, call, original: call, truncated: false, offers: [] };
}

function promptOffering(count: number): PromptSubject {
  const offers = Array.from({ length: count }, (_, index) => offerOf(`tool_${index}`).offer);
  return subjectOf(openaiRequest([]), { offers });
}

/** Which of these tools the options refuse: as offers, and as calls alike. */
async function refused(options: Options, names: readonly string[], at = exchangeOf()): Promise<string[]> {
  const watches = onDuty(options);
  const found: string[] = [];
  for (const name of names) {
    const offered = await watches.offer?.(offerOf(name), at);
    const called = await watches.call?.(callOf(name), at);
    expect(called?.kind).toBe(offered?.kind);
    if (offered?.kind === "block") found.push(name);
  }
  return found;
}

guardSuite(toolList, [
  {
    promise: "An offer that is denied",
    moment: "offer",
    subject: offerOf("send_mail"),
    options: { deny: ["send_*"] },
    verdict: "block",
  },
  {
    promise: "An offer that is allowed",
    moment: "offer",
    subject: offerOf("read_mail"),
    options: { deny: ["send_*"] },
    verdict: "pass",
  },
  ...(["llm", "tool", "mcp"] as const).flatMap((plane) => [
    {
      promise: `A call of a denied tool on ${plane}`,
      moment: "call" as const,
      subject: callOf("send_mail", plane),
      options: { deny: ["send_mail"] },
      verdict: "block" as const,
    },
    {
      promise: `A call of another tool on ${plane}`,
      moment: "call" as const,
      subject: callOf("read_mail", plane),
      options: { deny: ["send_mail"] },
      verdict: "pass" as const,
    },
  ]),
  {
    promise: "A prompt with more tools than offersMax",
    moment: "prompt",
    subject: promptOffering(60),
    verdict: "pass",
  },
]);

describe("tool-list", () => {
  const tools = ["read_mail", "send_mail", "pay"];

  it("watches nothing that its options do not need", () => {
    expect(Object.keys(onDuty({}))).toEqual([]);
    expect(Object.keys(onDuty({ offersMax: 1 }))).toEqual(["prompt"]);
    expect(Object.keys(onDuty({ deny: ["pay"] }))).toEqual(["offer", "call"]);
    const rules = [{ stages: ["review"], allow: ["read_*"] }];
    expect(Object.keys(onDuty({ rules }))).toEqual(["offer", "call"]);
  });

  it("refuses what is denied, and what is not allowed where something is", async () => {
    expect(await refused({ deny: ["pay"] }, tools)).toEqual(["pay"]);
    expect(await refused({ allow: ["*_mail"] }, tools)).toEqual(["pay"]);
    expect(await refused({ allow: ["*_mail"], deny: ["send_*"] }, tools)).toEqual(["send_mail", "pay"]);
  });

  it("narrows by target, stage and tenant, and never widens", async () => {
    const rules = [
      { targets: ["openai"], deny: ["pay"] },
      { stages: ["review*"], allow: ["read_*"] },
      { tenants: ["guest"], targets: ["local"], deny: ["*"] },
    ];
    expect(await refused({ rules }, tools, exchangeOf({ target: "openai" }))).toEqual(["pay"]);
    expect(await refused({ rules }, tools, exchangeOf({ target: "local" }))).toEqual([]);
    expect(await refused({ rules }, tools, exchangeOf({ target: "local", stage: "review-1" }))).toEqual([
      "send_mail",
      "pay",
    ]);
    expect(await refused({ rules }, tools, exchangeOf({ target: "local", stage: "act" }))).toEqual([]);
    expect(await refused({ rules }, tools, exchangeOf({ target: "local", tenant: "guest" }))).toEqual(tools);
    const widened = { deny: ["pay"], rules: [{ stages: ["act"], allow: ["pay", "read_mail"] }] };
    expect(await refused(widened, tools, exchangeOf({ stage: "act" }))).toEqual(["send_mail", "pay"]);
  });

  it("calls a refused call one of policy, and tells the model not to try again", async () => {
    const verdict = await onDuty({ deny: ["pay"] }).call?.(callOf("pay"), exchangeOf());
    expect(verdict).toMatchObject({ kind: "block", policy: true });
    expect(verdict).toHaveProperty("toModel", expect.stringContaining("calling it again will not help"));
  });

  it("reports too many tools, and passes them", async () => {
    const reported: string[] = [];
    const watches = onDuty({ offersMax: 2 }, reported);
    expect(await watches.prompt?.(promptOffering(2), exchangeOf())).toEqual({ kind: "pass" });
    expect(reported).toEqual([]);
    expect(await watches.prompt?.(promptOffering(3), exchangeOf())).toEqual({ kind: "pass" });
    expect(reported).toEqual([expect.stringMatching(/^tools for openai: A request offers 3 tools/)]);
  });

  it("finds rules that would say nothing", () => {
    const check = (...rules: Options[]) => toolList.check?.({ ...nothingListed, rules });
    expect(check({ stages: ["a"], deny: ["x"] })).toEqual([]);
    expect(check({ stages: ["a"] })).toEqual(["rules[0] needs allow or deny: it lists no tools."]);
    expect(check({ stages: ["a"], deny: ["x"] }, { deny: ["y"] })?.[0]).toMatch(/^rules\[1\] needs targets/);
  });
});
