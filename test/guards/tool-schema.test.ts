import { afterAll, describe, expect, it } from "vitest";
import { LongstopError } from "../../src/exchange/error.ts";
import type { Exchange } from "../../src/exchange/exchange.ts";
import type { CallRewrite, CallSubject } from "../../src/exchange/moments.ts";
import type { ToolOffer } from "../../src/exchange/prompt.ts";
import type { Call } from "../../src/exchange/turn.ts";
import type { Verdict } from "../../src/exchange/verdict.ts";
import { toolSchema } from "../../src/guards/tool-schema.ts";
import type { Watcher } from "../../src/guards/guard.ts";
import { guardSuite, type GuardExample } from "../conformance/guard-suite.ts";

function offerOf(name: string, schema: unknown, more: Partial<ToolOffer> = {}): ToolOffer {
  const schemaText = schema === undefined ? undefined : JSON.stringify(schema);
  return {
    index: 0,
    name,
    kind: "function",
    description: undefined,
    schemaText,
    strict: false,
    span: { start: 0, end: 0 },
    ...more,
  };
}

function subjectOf(
  call: Partial<Call>,
  offers: readonly ToolOffer[],
  more: Partial<CallSubject> = {},
): CallSubject {
  const whole: Call = { id: "call_1", name: "get_weather", kind: "function", argumentsText: "{}", ...call };
  return { plane: "llm", call: whole, original: whole, truncated: false, offers, ...more };
}

const weather = offerOf("get_weather", {
  type: "object",
  properties: {
    city: { type: "string" },
    unit: { enum: ["celsius", "fahrenheit"] },
    days: { type: "integer", minimum: 1 },
  },
  required: ["city"],
});
const mail = offerOf("send_mail", undefined, { index: 1 });

const defaults = Object.fromEntries(
  Object.entries(toolSchema.options as Record<string, { default: unknown }>).map(([name, option]) => [
    name,
    option.default,
  ]),
);
const onDuty: Watcher[] = [];

/** What the guard decides, and what it told the operator. */
async function judge(subject: CallSubject, options: Record<string, unknown> = {}) {
  const reports: [string, string][] = [];
  const watcher = toolSchema.watch(
    { ...defaults, ...options },
    {
      now: () => 0,
      framingKey: async () => new Uint8Array(32),
      report: (about, sentence) => void reports.push([about, sentence]),
    },
  );
  onDuty.push(watcher);
  const watch = watcher.watches.call;
  if (watch === undefined) throw new Error("calls are not watched");
  const verdict: Verdict<CallRewrite> = await watch(subject, {} as Exchange);
  return { verdict, reports };
}

/** Under which subject a schema that cannot be used is reported. */
async function reportedAbout(schema: unknown): Promise<string | undefined> {
  const { reports } = await judge(subjectOf({ name: "a" }, [offerOf("a", schema)]));
  return reports[0]?.[0];
}

afterAll(async () => {
  await Promise.all(onDuty.map(async (watcher) => watcher.close?.()));
});

const right = '{"city":"Paris","unit":"celsius"}';
const examples: GuardExample[] = [
  {
    promise: "a right call",
    moment: "call",
    subject: subjectOf({ argumentsText: right }, [weather]),
    verdict: "pass",
  },
  {
    promise: "wrong arguments",
    moment: "call",
    subject: subjectOf({ argumentsText: '{"cty":1}' }, [weather]),
    verdict: "block",
  },
  {
    promise: "an unknown tool",
    moment: "call",
    subject: subjectOf({ name: "get_wether" }, [weather]),
    verdict: "block",
  },
  {
    promise: "a cut call",
    moment: "call",
    subject: subjectOf({ argumentsText: '{"ci' }, [weather], { truncated: true }),
    verdict: "block",
  },
  {
    promise: "a value of a wrong type that can be mended",
    moment: "call",
    subject: subjectOf({ argumentsText: '{"city":"Paris","days":"3"}' }, [weather]),
    verdict: "rewrite",
    options: { coerce: "lossless" },
  },
];

guardSuite(toolSchema, examples);

describe("a call that is wrong", () => {
  it("is refused with every fault in words that a model can act on", async () => {
    const { verdict } = await judge(
      subjectOf({ argumentsText: '{"cty":"Paris","unit":"Celcius","days":"3"}' }, [weather, mail]),
    );
    expect(verdict).toEqual({
      kind: "block",
      reason: 'The arguments of "get_weather" do not fit: unknown-parameter, missing, enum, wrong-type.',
      toModel: [
        'The call of "get_weather" was not made: its arguments do not fit the tool\'s schema.',
        '- /cty: there is no such parameter. Did you mean "city"?',
        "- /city: missing; expected a string.",
        '- /unit: expected one of "celsius", "fahrenheit"; found "Celcius". Did you mean "celsius"?',
        '- /days: expected an integer; found "3".',
        'Known parameters: "city", "unit", "days".',
        "Correct the arguments and call the tool again.",
      ].join("\n"),
    });
  });

  it("of a tool that was not offered is told which ones were", async () => {
    const { verdict } = await judge(subjectOf({ name: "get_wether" }, [weather, mail]));
    expect(verdict).toMatchObject({
      kind: "block",
      toModel: expect.stringContaining('Did you mean "get_weather"?') as string,
    });
    expect(await judge(subjectOf({ name: "anything" }, []))).toMatchObject({ verdict: { kind: "block" } });
  });

  it("because the token limit cut it is told so, not that its JSON is wrong", async () => {
    const { verdict } = await judge(
      subjectOf({ argumentsText: '{"city":"Pa' }, [weather], { truncated: true }),
    );
    expect(verdict).toMatchObject({
      kind: "block",
      toModel: expect.stringContaining("token limit") as string,
    });
  });

  it("is the same on every plane where the offers are known, and passes where they are not", async () => {
    for (const plane of ["tool", "mcp"] as const) {
      expect((await judge(subjectOf({ argumentsText: "{}" }, [weather], { plane }))).verdict.kind).toBe(
        "block",
      );
      expect((await judge(subjectOf({ argumentsText: "{}" }, [], { plane }))).verdict.kind).toBe("pass");
    }
  });
});

describe("what is judged by its name alone", () => {
  it.each([
    [
      "free text for a custom tool",
      subjectOf({ kind: "custom", argumentsText: "not JSON" }, [
        offerOf("get_weather", undefined, { kind: "custom" }),
      ]),
    ],
    [
      "a tool of the provider",
      subjectOf({ argumentsText: '{"anything":1}' }, [{ ...weather, kind: "provider" }]),
    ],
  ])("%s", async (_, subject) => {
    expect((await judge(subject)).verdict.kind).toBe("pass");
    const other = { ...subject, call: { ...subject.call, name: "other" } };
    expect((await judge(other)).verdict.kind).toBe("block");
  });
});

describe("free text with a grammar", () => {
  const grammar = { syntax: "regex", definition: "select .+" } as const;
  const sql = (more: Partial<ToolOffer> = {}) => [
    offerOf("run_sql", undefined, { kind: "custom", grammar, ...more }),
  ];
  const asking = (argumentsText: string, offers: readonly ToolOffer[]) =>
    judge(subjectOf({ name: "run_sql", kind: "custom", argumentsText }, offers));

  it("is refused where the regular expression does not match the whole of it, and the model is told which", async () => {
    expect((await asking("select 1", sql())).verdict.kind).toBe("pass");
    const { verdict } = await asking("drop table users", sql());
    expect(verdict).toMatchObject({ kind: "block", toModel: expect.stringContaining("select .+") as string });
  });

  it("passes where the grammar is the provider's to keep", async () => {
    const offers = sql({ grammar: { syntax: "lark", definition: 'start: "x"' } });
    expect((await asking("drop table users", offers)).verdict.kind).toBe("pass");
  });

  it("passes where the grammar cannot be enforced, and says so", async () => {
    const { verdict, reports } = await asking(
      "b",
      sql({ grammar: { syntax: "regex", definition: "(?=a)b" } }),
    );
    expect(verdict.kind).toBe("pass");
    expect(reports.map(([, sentence]) => sentence)).toEqual([expect.stringContaining("is not enforced")]);
  });

  it("fails where the check would take long", async () => {
    const offers = sql({ grammar: { syntax: "regex", definition: "(a?b?c?d?){1,200}" } });
    await expect(asking("a".repeat(200_000), offers)).rejects.toThrow("too long for its grammar");
  });
});

describe("a tool whose schema is missing or broken", () => {
  it.each([
    ["missing", mail, "The tool has no schema."],
    [
      "broken",
      offerOf("send_mail", { $ref: "https://another-tenant.example/schema" }),
      "leads out of the schema",
    ],
    [
      "broken in a part",
      offerOf("send_mail", { properties: { to: { pattern: "^(?!x)" } } }),
      "is not enforced",
    ],
  ])("passes with JSON, is refused without, and is reported: %s", async (_, offer, sentence) => {
    const passed = await judge(subjectOf({ name: "send_mail", argumentsText: '{"to":"a"}' }, [offer]));
    expect(passed.verdict.kind).toBe("pass");
    expect(passed.reports).toEqual([
      [expect.stringContaining("send_mail"), expect.stringContaining(sentence)],
    ]);
    expect((await judge(subjectOf({ name: "send_mail", argumentsText: "{" }, [offer]))).verdict.kind).toBe(
      "block",
    );
  });

  it("is reported under the same subject each time, and under another for another schema", async () => {
    expect(await reportedAbout({ $ref: "#/x" })).toBe(await reportedAbout({ $ref: "#/x" }));
    expect(await reportedAbout({ $ref: "#/x" })).not.toBe(await reportedAbout({ $ref: "#/y" }));
  });
});

describe("arguments that are changed", () => {
  it("keep every character that was not at fault", async () => {
    const argumentsText = '{ "city" : "Paris", "id":12345678901234567890, "days" : "3", "unit" : null }';
    const { verdict } = await judge(subjectOf({ argumentsText }, [weather]), {
      unknownParameters: "strip",
      nulls: "strip",
      coerce: "lossless",
    });
    expect(verdict).toEqual({
      kind: "rewrite",
      to: { argumentsText: '{ "city" : "Paris", "days" : 3 }' },
      reason:
        "Unknown parameter /id was removed. The null at /unit was removed. A value was written as 3, the type that the schema wants.",
    });
  });

  it("are none by default: a null for an optional parameter passes as it is", async () => {
    const { verdict } = await judge(subjectOf({ argumentsText: '{"city":"Paris","unit":null}' }, [weather]));
    expect(verdict.kind).toBe("pass");
  });

  it("are none for an empty text, which stands for no arguments", async () => {
    expect(
      (await judge(subjectOf({ argumentsText: "" }, [offerOf("get_weather", { type: "object" })]))).verdict
        .kind,
    ).toBe("pass");
  });
});

describe("a limit that is reached", () => {
  it("is a failure of the guard, for its failure direction to decide", async () => {
    const large = offerOf("get_weather", { description: "x".repeat(600_000) });
    const failure = await judge(subjectOf({}, [large])).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(LongstopError);
    expect(failure).toMatchObject({
      code: "guard_failed",
      message: expect.stringContaining("could not be checked: the schema has more than") as string,
    });
  });
});

it("enforces the formats that are listed, and no others", async () => {
  const offer = offerOf("get_weather", { properties: { day: { type: "string", format: "date" } } });
  const subject = subjectOf({ argumentsText: '{"day":"tomorrow"}' }, [offer]);
  expect((await judge(subject)).verdict.kind).toBe("pass");
  expect((await judge(subject, { formatsEnforced: ["date"] })).verdict.kind).toBe("block");
});

describe("a tool that only the provider knows", () => {
  it("passes and is reported, where there may be such tools; its neighbours are checked", async () => {
    const reports: string[] = [];
    const watcher = toolSchema.watch(defaults, {
      now: Date.now,
      framingKey: async () => new Uint8Array(32),
      report: (_subject, sentence) => reports.push(sentence),
    });
    const judged = (subject: CallSubject) => watcher.watches.call?.(subject, {} as Exchange);
    const elsewhere = { offersElsewhere: true };
    expect(await judged(subjectOf({ name: "cached_tool" }, [weather], elsewhere))).toMatchObject({
      kind: "pass",
    });
    expect(reports).toEqual([expect.stringContaining('Calls of the tool "cached_tool" are not checked')]);
    expect(await judged(subjectOf({}, [weather], elsewhere))).toMatchObject({ kind: "block" });
    expect(await judged(subjectOf({ name: "cached_tool" }, [weather]))).toMatchObject({ kind: "block" });
    await watcher.close?.();
  });
});
