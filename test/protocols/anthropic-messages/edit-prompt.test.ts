import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PromptEdit } from "../../../src/exchange/prompt.ts";
import { editPrompt } from "../../../src/protocols/anthropic-messages/edit-prompt.ts";
import { readPrompt } from "../../../src/protocols/anthropic-messages/read-prompt.ts";
import { fixture } from "./traffic.ts";

const append = (text: string): PromptEdit => ({ kind: "append-system", text });
const edit = (body: string, ...edits: PromptEdit[]) => editPrompt(readPrompt(body), edits);

describe("editing a prompt", () => {
  it("gives the very same string where nothing is asked", () => {
    const body = fixture("requests/messages.json");
    expect(edit(body)).toBe(body);
  });

  it("appends inside a system string, as a paragraph of its own", () => {
    expect(edit('{"system":"Be \\u0062rief.","messages":[]}', append('Say "no".'), append("Twice."))).toBe(
      '{"system":"Be \\u0062rief.\\n\\nSay \\"no\\".\\n\\nTwice.","messages":[]}',
    );
    expect(edit('{"system":"","messages":[]}', append("A"))).toBe('{"system":"A","messages":[]}');
  });

  it("appends a block behind system blocks, whose cache breakpoints stay where they are", () => {
    const blocks = '[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]';
    expect(edit(`{"system":${blocks},"messages":[]}`, append("A"), append("B"))).toBe(
      `{"system":${blocks.slice(0, -1)},{"type":"text","text":"A"},{"type":"text","text":"B"}],"messages":[]}`,
    );
    expect(edit('{"system":[],"messages":[]}', append("A"), append("B"))).toBe(
      '{"system":[{"type":"text","text":"A"},{"type":"text","text":"B"}],"messages":[]}',
    );
  });

  it("adds a system prompt where there is none", () => {
    expect(edit('{"messages":[]}', append("A"))).toBe('{"messages":[],"system":"A"}');
    expect(edit('{"system":null,"messages":[]}', append("A"))).toBe('{"system":"A","messages":[]}');
  });

  it("leaves every byte outside the edits as it came, for any mix of edits", () => {
    const body = fixture("requests/messages.json");
    const prompt = readPrompt(body);
    const anyEdit: fc.Arbitrary<PromptEdit> = fc.oneof(
      fc.record({ kind: fc.constant("append-system" as const), text: fc.string() }),
      fc.record({
        kind: fc.constant("insert" as const),
        after: fc.integer({ min: -1, max: 3 }),
        role: fc.constantFrom("user" as const, "system" as const),
        text: fc.string(),
      }),
      fc.record({ kind: fc.constant("drop-messages" as const), from: fc.nat(4), to: fc.nat(4) }),
      fc.record({ kind: fc.constant("drop-thinking" as const), from: fc.nat(4), to: fc.nat(4) }),
      fc.record({ kind: fc.constant("remove-offer" as const), offer: fc.nat(3) }),
    );
    const resultTexts = fc
      .string()
      .map((text): PromptEdit => ({ kind: "result-texts", part: 7, texts: [text] }));
    fc.assert(
      fc.property(
        fc.array(anyEdit, { maxLength: 6 }),
        fc.array(resultTexts, { maxLength: 1 }),
        (some, result) => {
          const edits = [...some, ...result];
          const after = editPrompt(prompt, edits);
          const parsed = JSON.parse(after) as Record<string, unknown>;
          const { system: _s, tools: _t, messages: _m, ...rest } = parsed;
          const {
            system: _s0,
            tools: _t0,
            messages: _m0,
            ...restBefore
          } = JSON.parse(body) as Record<string, unknown>;
          // What the provider refuses without tools leaves with the last one.
          const removed = new Set(edits.flatMap((one) => (one.kind === "remove-offer" ? one.offer : [])));
          const { tool_choice: choice, ...others } = restBefore;
          const hasTools = removed.size < prompt.offers.length;
          expect(rest).toEqual(hasTools ? { ...others, tool_choice: choice } : others);
          const reread = readPrompt(after);
          const inside = new Set<string>(["drop-thinking", "result-texts", "drop-messages"]);
          const untouched = edits.some(({ kind }) => inside.has(kind)) ? [] : prompt.messages;
          const kept = reread.messages.map(({ span }) => after.slice(span.start, span.end));
          expect(kept).toEqual(
            expect.arrayContaining(untouched.map(({ span }) => body.slice(span.start, span.end))),
          );
          expect(reread.messages.some(({ role }) => role === "system")).toBe(true);
        },
      ),
      // Every offer leaves seldom by chance.
      { examples: [[[0, 1, 2, 3].map((offer) => ({ kind: "remove-offer" as const, offer })), []]] },
    );
  });
});
