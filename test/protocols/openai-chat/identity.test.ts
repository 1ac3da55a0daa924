import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identity } from "../../../src/protocols/openai-chat/identity.ts";
import { readPrompt } from "../../../src/protocols/openai-chat/read-prompt.ts";
import type { TurnIdentity } from "../../../src/protocols/turn-forms.ts";

function identityOf(body: string): TurnIdentity {
  return identity(readPrompt(body));
}

describe("the identity of a request", () => {
  it("is all that it says, as it came", () => {
    const body =
      '{"temperature": 1.0, "stream":true, "messages": [{"role":"user", "content":"\\u0061"}, {"role":"x"}],' +
      '"stream_options":{"include_usage":true}, "model":"m"}';
    expect(identityOf(body)).toEqual({
      path: "/v1/chat/completions",
      parameters: [
        ["model", '"m"'],
        ["temperature", "1.0"],
      ],
      messages: ['{"role":"user", "content":"\\u0061"}', '{"role":"x"}'],
    });
  });

  it("has the messages of the last list only", () => {
    const body =
      '{"messages":[{"role":"user","content":"first"}],"messages":[{"role":"user","content":"last"}]}';
    expect(identityOf(body)).toMatchObject({
      parameters: [],
      messages: ['{"role":"user","content":"last"}'],
    });
  });

  it("is found again in a copy of a prompt", () => {
    const prompt = readPrompt('{"model":"m","messages":[{"role":"user","content":"é😀"}]}');
    const { text, path } = prompt;
    expect(identity({ ...prompt, text, path })).toEqual(identity(prompt));
  });

  it("depends on any value of any member, and on no other order of them", () => {
    const named = fc
      .string()
      .filter((name) => !["messages", "stream", "stream_options", "tools"].includes(name));
    const members = fc.uniqueArray(fc.tuple(named, fc.json()), { selector: ([name]) => name, minLength: 1 });
    const textOf = (all: readonly (readonly [string, string])[]): string =>
      `{${["", ...all.map(([name, json]) => `${JSON.stringify(name)}:${json},`)].join("")}"messages":[]}`;
    fc.assert(
      fc.property(members, fc.json(), fc.nat(), (all, other, at) => {
        const own = identityOf(textOf(all));
        expect(identityOf(textOf(all.toReversed()))).toEqual(own);
        const place = at % all.length;
        const [name, json] = all[place]!;
        fc.pre(json !== other);
        expect(identityOf(textOf(all.with(place, [name, other])))).not.toEqual(own);
      }),
    );
  });
});
