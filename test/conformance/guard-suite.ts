import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import type { Exchange, Plane } from "../../src/exchange/exchange.ts";
import { momentNames, type Moment, type Moments } from "../../src/exchange/moments.ts";
import type { Verdict } from "../../src/exchange/verdict.ts";
import type { Guard, Ports, Watch } from "../../src/guards/guard.ts";

/** A subject that the guard on trial is shown, and the kind of verdict that it must give. */
export type GuardExample = {
  readonly [M in Moment]: {
    readonly promise: string;
    readonly moment: M;
    readonly subject: Moments[M]["subject"];
    readonly verdict: Verdict<Moments[M]["to"]>["kind"];
    /** Options that differ from the defaults. */
    readonly options?: Readonly<Record<string, unknown>>;
  };
}[Moment];

/** What every guard promises, whatever it watches. Each kind of verdict that it gives needs an example. */
export function guardSuite(guard: Guard, examples: readonly GuardExample[]): void {
  describe(`the guard ${guard.name}`, () => {
    describe("its options", () => {
      optionPromises(guard);
    });

    it("watches moments that there are, and at least one", () => {
      const watcher = guard.watch(defaultsOf(guard), ports);
      const watched = Object.keys(watcher.watches);
      expect(watched.length).toBeGreaterThan(0);
      expect(momentNames).toEqual(expect.arrayContaining(watched));
      expect(watcher.hold === undefined || watched.includes("reply")).toBe(true);
    });

    it("has an example for each moment that it watches, with its own options or those of an example", () => {
      const allOptions = [{}, ...examples.map(({ options = {} }) => options)];
      const watched = new Set(
        allOptions.flatMap((options) =>
          Object.keys(guard.watch({ ...defaultsOf(guard), ...options }, ports).watches),
        ),
      );
      const missing = [...watched].filter((moment) => !examples.some((example) => example.moment === moment));
      expect(missing).toEqual([]);
    });

    it("has an example for each plane on which it meets calls and results", () => {
      const planes = guard.planes ?? (["llm", "tool", "mcp"] as const);
      for (const moment of ["call", "result"] as const) {
        const met = examples.flatMap(({ subject, moment: of }) => (of === moment ? [planeOf(subject)] : []));
        expect(met.length === 0 ? [] : planes.filter((plane) => !met.includes(plane))).toEqual([]);
      }
    });

    describe.each(examples)("$promise", (example) => {
      it(`gives the verdict ${example.verdict}, and its reason`, async () => {
        const verdict = await judge(guard, example);
        expect(verdict.kind).toBe(example.verdict);
        expect(wordsOf(verdict).every((words) => words.trim() !== "")).toBe(true);
      });

      it("gives the same verdict again, also when put on duty anew", async () => {
        const watch = watchOf(guard, example);
        const [first, second] = [
          await watch(frozen(example), exchange),
          await watch(frozen(example), exchange),
        ];
        expect(second).toEqual(first);
        expect(await judge(guard, example)).toEqual(first);
      });

      it("leaves its subject untouched", async () => {
        const before = JSON.stringify(example.subject);
        // Frozen to the bottom: an attempt to write would throw.
        await judge(guard, example);
        expect(JSON.stringify(example.subject)).toBe(before);
      });

      it("gives a verdict that the ledger can keep", async () => {
        const verdict = await judge(guard, example);
        expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
      });
    });
  });
}

function planeOf(subject: object): Plane | undefined {
  return "plane" in subject ? (subject.plane as Plane) : undefined;
}

function optionPromises(guard: Guard): void {
  const schema = { type: "object", properties: guard.options, additionalProperties: false };
  const validate = new Ajv2020({ strict: true, allErrors: true, useDefaults: false }).compile(schema);

  it("have defaults that they accept themselves", () => {
    expect(validate(defaultsOf(guard)) ? [] : validate.errors).toEqual([]);
    expect(guard.check?.(defaultsOf(guard)) ?? []).toEqual([]);
  });

  it("are all there is: an unknown one is refused", () => {
    expect(validate({ ...defaultsOf(guard), unheardOf: true })).toBe(false);
  });

  it("are explained in sentences", () => {
    const unexplained = Object.entries(guard.options as Record<string, { description: string }>).filter(
      ([, { description }]) => !/^[A-Z].*\.$/s.test(description),
    );
    expect(unexplained).toEqual([]);
    expect(guard.summary).toMatch(/^[A-Z].*\.$/s);
    expect(guard.name).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
  });
}

function defaultsOf(guard: Guard): Record<string, unknown> {
  const options = guard.options as Record<string, { default: unknown }>;
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, option.default]));
}

function watchOf(guard: Guard, example: GuardExample): Watch<Moment> {
  const options = { ...defaultsOf(guard), ...example.options };
  const watch = guard.watch(options, ports).watches[example.moment];
  if (watch === undefined)
    throw new Error(`${guard.name} does not watch ${example.moment} with these options.`);
  return watch as Watch<Moment>;
}

async function judge(guard: Guard, example: GuardExample): Promise<Verdict<unknown>> {
  return watchOf(guard, example)(frozen(example), exchange);
}

function frozen(example: GuardExample): Moments[Moment]["subject"] {
  freeze(example.subject);
  return example.subject;
}

function freeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}

/** The texts that a verdict owes to the operator and to the model. */
function wordsOf(verdict: Verdict<unknown>): string[] {
  switch (verdict.kind) {
    case "pass":
      return [];
    case "rewrite":
    case "answer":
      return [verdict.reason];
    case "confirm":
      return [verdict.question, verdict.toModel];
    case "block":
      return [verdict.reason, verdict.toModel];
  }
}

const ports: Ports = {
  now: () => 0,
  framingKey: async () => new Uint8Array(32).fill(7),
  report: () => undefined,
};

const exchange: Exchange = {
  id: "exchange-1",
  plane: "llm",
  protocol: "openai-chat",
  caller: { tenant: "local", run: { id: null, stage: null, attempt: null }, agent: null },
  target: "openai",
  signal: new AbortController().signal,
};
