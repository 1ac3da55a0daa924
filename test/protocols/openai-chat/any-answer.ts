import * as fc from "fast-check";

/** Leaves members out that are undefined. */
function object(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

const absent = fc.constant(undefined);
const text = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constant("\ud83d"));
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.oneof(absent, fc.constant(null), value);

/** Members of a vendor's own, under names that the protocol does not have. */
const others = fc.dictionary(
  fc.string().map((name) => `x_${name}`),
  fc.oneof(text, fc.jsonValue()),
  { maxKeys: 3 },
);

const call = fc.oneof(
  fc.record({
    id: fc.string(),
    type: fc.constant("function"),
    function: fc.record({ name: fc.string(), arguments: text }),
    x_extra: fc.jsonValue(),
  }),
  fc.record({
    id: fc.string(),
    type: fc.constant("custom"),
    custom: fc.record({ name: fc.string(), input: text }),
  }),
);

const part = fc.oneof(
  fc.record({ type: fc.constant("text"), text }),
  fc.record({
    type: fc.constant("thinking"),
    thinking: fc.array(fc.record({ type: fc.constant("text"), text })),
  }),
  fc.record({ type: fc.constant("x_part"), x_score: fc.jsonValue() }),
);

const message = fc
  .record({
    role: fc.constant("assistant"),
    content: fc.oneof(fc.constant(null), text, fc.array(part, { maxLength: 3 })),
    refusal: maybe(text),
    annotations: maybe(fc.array(fc.record({ type: fc.constant("url_citation"), index: fc.nat(2) }))),
    reasoning_content: maybe(text),
    audio: fc.constantFrom(undefined, null),
    tool_calls: maybe(fc.array(call, { maxLength: 3 })),
    function_call: maybe(fc.record({ name: fc.string({ minLength: 1 }), arguments: text })),
    others,
  })
  .map(({ others: more, ...known }) => object({ ...known, ...more }));

const logprobs = fc.record({
  content: fc.oneof(
    fc.constant(null),
    fc.array(fc.record({ token: text, logprob: fc.double({ noNaN: true, noDefaultInfinity: true }) })),
  ),
  refusal: fc.constant(null),
});

const choice = fc
  .record({
    message,
    logprobs: maybe(logprobs),
    finish_reason: fc.constantFrom("stop", "length", "tool_calls", "content_filter", "vendor's own"),
    others,
  })
  .map(({ others: more, ...known }) => ({ known, more }));

const usage = fc.record({
  prompt_tokens: fc.nat(),
  completion_tokens: fc.nat(),
  total_tokens: fc.nat(),
  prompt_tokens_details: fc.record({ cached_tokens: fc.nat() }),
});

/** Whole answers, in all that they may hold and a stream can say. */
export const anyAnswer = fc
  .record({
    id: text,
    object: fc.constant("chat.completion"),
    created: fc.nat(),
    model: text,
    service_tier: maybe(text),
    system_fingerprint: maybe(text),
    choices: fc
      .array(choice, { minLength: 1, maxLength: 3 })
      .map((all) => all.map(({ known, more }, index) => object({ index, ...known, ...more }))),
    usage: maybe(usage),
    others,
  })
  .map(({ others: more, ...known }) => JSON.stringify(object({ ...known, ...more })));
