import { describe, expect, it } from "vitest";
import type { PromptEdit } from "../../../src/exchange/prompt.ts";
import { editPrompt } from "../../../src/protocols/openai-chat/edit-prompt.ts";
import { readPrompt } from "../../../src/protocols/openai-chat/read-prompt.ts";
import { fixture } from "./traffic.ts";

function edited(body: string, ...edits: PromptEdit[]): string {
  return editPrompt(readPrompt(body), edits);
}

function withMessages(...messages: readonly string[]): string {
  return `{"messages":[${messages.join(", ")}]}`;
}

const user = '{"role":"user","content":"u"}';
const result = (content: string) => `{"role":"tool","tool_call_id":"c","content":${content}}`;

const added = (role: string) => `{"role":"${role}","content":"be \\"kind\\""}`;

function add(...messages: string[]): string {
  return edited(withMessages(...messages), { kind: "append-system", text: 'be "kind"' });
}

describe("adding to the system prompt", () => {
  it("stands at the end of its string, a paragraph further down, and keeps its escapes", () => {
    expect(add('{"role":"system","content":"caf\\u00e9"}', user)).toBe(
      withMessages('{"role":"system","content":"caf\\u00e9\\n\\nbe \\"kind\\""}', user),
    );
  });

  it("is a text part of its own behind others", () => {
    const text = '{"type":"text","text":"a"}';
    expect(add(`{"role":"developer","content":[ ${text} ]}`, user)).toBe(
      withMessages(`{"role":"developer","content":[ ${text},{"type":"text","text":"be \\"kind\\""} ]}`, user),
    );
  });

  it.each(['{"role":"system","content":""}', '{"role":"system","content":null}', '{"role":"system"}'])(
    "is all there is where the prompt was empty: %s",
    (system) => {
      expect(add(system, user)).toBe(withMessages('{"role":"system","content":"be \\"kind\\""}', user));
    },
  );

  it("goes to the last of the system messages that open the prompt", () => {
    const [one, two, three] = ["one", "two", "three"].map((text) => `{"role":"system","content":"${text}"}`);
    expect(add(one!, two!, user, three!)).toBe(
      withMessages(one!, '{"role":"system","content":"two\\n\\nbe \\"kind\\""}', user, three!),
    );
  });

  it("opens the prompt where none does, in the role that this client uses", () => {
    expect(add(user)).toBe(`{"messages":[${added("system")},${user}]}`);
    const later = '{"role":"developer","content":"later"}';
    expect(add(user, later)).toBe(`{"messages":[${added("developer")},${user}, ${later}]}`);
    expect(add()).toBe(`{"messages":[${added("system")}]}`);
  });

  it("joins several additions in their order", () => {
    const body = withMessages('{"role":"system","content":"s"}');
    const edits = ["one", "two"].map((text) => ({ kind: "append-system", text }) as const);
    expect(edited(body, ...edits)).toBe(withMessages('{"role":"system","content":"s\\n\\none\\n\\ntwo"}'));
  });
});

describe("giving a result other texts", () => {
  it("replaces each text where it stands", () => {
    const body = withMessages(result('[{"type":"text","text":"a","x":1.0}, {"text":"b", "type":"text"}]'));
    expect(edited(body, { kind: "result-texts", part: 0, texts: ["A", "B"] })).toBe(
      withMessages(result('[{"type":"text","text":"A","x":1.0}, {"text":"B", "type":"text"}]')),
    );
  });

  it("leaves the bytes of a text that stays", () => {
    const body = withMessages(result('[{"type":"text","text":"\\u0061"}, {"type":"text","text":"b"}]'));
    expect(edited(body, { kind: "result-texts", part: 0, texts: ["a", "B"] })).toBe(
      body.replace('"b"', '"B"'),
    );
  });

  it("puts one stub in place of all texts, and where there was none", () => {
    const stub = { kind: "result-texts", part: 0, texts: ["stub"] } as const;
    const two = '[{"type":"text","text":"a"},{"type":"text","text":"b"}]';
    expect(edited(withMessages(result(two)), stub)).toBe(withMessages(result('"stub"')));
    expect(edited(withMessages(result("null")), stub)).toBe(withMessages(result('"stub"')));
    expect(edited(withMessages('{"role":"tool"}'), stub)).toBe(
      withMessages('{"role":"tool","content":"stub"}'),
    );
  });

  it("is forgotten where the message leaves", () => {
    const body = withMessages(user, result('"a"'), user);
    const edits: PromptEdit[] = [
      { kind: "result-texts", part: 1, texts: ["framed"] },
      { kind: "drop-messages", from: 1, to: 2 },
    ];
    expect(edited(body, ...edits)).toBe(withMessages(user, user));
  });

  it("is a mistake for a part that is no result", () => {
    expect(() => edited(withMessages(user), { kind: "result-texts", part: 0, texts: ["a"] })).toThrow(
      "Part 0 of the prompt is no result.",
    );
  });
});

describe("dropping and inserting messages", () => {
  it("keeps system messages in a range that leaves, and what was inserted there", () => {
    const system = '{"role":"system","content":"s"}';
    const body = withMessages(user, user, system, user, user);
    const edits: PromptEdit[] = [
      { kind: "drop-messages", from: 1, to: 4 },
      { kind: "insert", after: 1, role: "user", text: "summary" },
    ];
    expect(JSON.parse(edited(body, ...edits))).toMatchObject({
      messages: [{ content: "u" }, { content: "summary" }, { content: "s" }, { content: "u" }],
    });
  });

  it("inserts before what takes the place of a message", () => {
    const edits: PromptEdit[] = [
      { kind: "replace-message", message: 0, rawMessages: ["[1]", "[2]"] },
      { kind: "insert", after: -1, role: "system", text: "first" },
    ];
    expect(edited(withMessages(user), ...edits)).toBe(
      '{"messages":[{"role":"system","content":"first"},[1],[2]]}',
    );
  });

  it("takes a message out of which nothing is left", () => {
    expect(edited(withMessages(user, user), { kind: "replace-message", message: 0, rawMessages: [] })).toBe(
      withMessages(user),
    );
  });
});

describe("dropping thinking", () => {
  it("removes what providers call reasoning from answers in the range, and no more", () => {
    const answer = '{"role":"assistant","content":"a","reasoning_content":"r","reasoning_details":[{}]}';
    const bare = '{"role":"assistant","content":"a"}';
    const body = withMessages(answer, answer, '{"role":"user","reasoning":"mine"}');
    expect(edited(body, { kind: "drop-thinking", from: 1, to: 3 })).toBe(
      withMessages(answer, bare, '{"role":"user","reasoning":"mine"}'),
    );
  });
});

describe("everything at once", () => {
  it("leaves numbers, escapes and unknown members as a client wrote them", () => {
    const body = fixture("requests/weird.json");
    const after = edited(
      body,
      { kind: "append-system", text: "s" },
      { kind: "rewrite-offer", offer: 0, description: "d" },
      { kind: "insert", after: 0, role: "user", text: "more" },
    );
    const additions = [
      '{"role":"system","content":"s"},',
      ',{"role":"user","content":"more"}',
      ',"description":"d"',
    ];
    expect(additions.reduce((text, piece) => text.replace(piece, ""), after)).toBe(body);
  });
});
