import * as fc from "fast-check";

/** Leaves members out that are undefined. */
function object(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

const optional = <Value>(value: fc.Arbitrary<Value>) => fc.oneof(fc.constant(undefined), value);
const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant("\ud83d"));
const others = fc.dictionary(
  fc.string().map((name) => `x_${name}`),
  fc.jsonValue(),
  { maxKeys: 2 },
);

const words = fc
  .record({
    text,
    thought: fc.constantFrom(undefined, true, false),
    thoughtSignature: fc.constantFrom(undefined, "c2ln"),
  })
  .map(object);

const call = fc
  .record({
    functionCall: fc
      .record({
        name: fc.string({ minLength: 1 }),
        args: optional(fc.dictionary(fc.string(), fc.jsonValue())),
      })
      .map(object),
    thoughtSignature: fc.constantFrom(undefined, "c2ln"),
  })
  .map(object);

const rest = fc.record({ inlineData: fc.record({ mimeType: fc.constant("image/png"), data: fc.string() }) });

const candidate = fc
  .record({
    content: fc.record({
      parts: fc.array(fc.oneof(words, call, rest), { minLength: 1, maxLength: 5 }),
      role: fc.constant("model"),
    }),
    finishReason: fc.constantFrom("STOP", "MAX_TOKENS", "SAFETY"),
    groundingMetadata: optional(others),
    others,
  })
  .map(({ others: more, ...known }) => ({ known, more }));

/** Whole answers, in all that they may hold. */
export const anyAnswer = fc
  .record({
    candidates: fc
      .array(candidate, { minLength: 1, maxLength: 3 })
      .map((all) => all.map(({ known, more }, index) => object({ index, ...known, ...more }))),
    usageMetadata: optional(
      fc.record({ promptTokenCount: fc.nat(), candidatesTokenCount: fc.nat(), thoughtsTokenCount: fc.nat() }),
    ),
    modelVersion: optional(fc.string()),
    responseId: optional(fc.string()),
    others,
  })
  .map(({ others: more, ...known }) => object({ ...known, ...more }));
