import { describe, expect, it } from "vitest";
import { answerBody, requestBody } from "../../bench/bodies.ts";

interface Request {
  readonly messages: readonly {
    readonly role: string;
    readonly tool_call_id?: string;
    readonly tool_calls?: readonly { readonly id: string }[];
  }[];
  readonly tools: readonly { readonly function: { readonly name: string } }[];
  readonly stream?: boolean;
}

describe("a request of the bench", () => {
  it.each([1_000, 100_000, 1_000_000])(
    "of %d bytes is about as long, and the same on every machine",
    (bytes) => {
      const body = requestBody(bytes);
      expect(body.length).toBeGreaterThan(bytes * 0.9);
      expect(body.length).toBeLessThan(bytes * 1.1);
      expect(requestBody(bytes)).toBe(body);
    },
  );

  it("is a conversation that a provider would take: every call has its result", () => {
    const { messages } = JSON.parse(requestBody(100_000)) as Request;
    const calls = messages.flatMap((one) => one.tool_calls?.map(({ id }) => id) ?? []);
    expect(calls.length).toBeGreaterThan(20);
    expect(messages.flatMap((one) => one.tool_call_id ?? [])).toEqual(calls);
  });

  it("offers the tool that the answer calls, so that nothing has to be refused", () => {
    const { tools } = JSON.parse(requestBody(1_000)) as Request;
    const answer = JSON.parse(answerBody) as {
      choices: readonly { message: { tool_calls: readonly { function: { name: string } }[] } }[];
    };
    const called = answer.choices[0]?.message.tool_calls[0]?.function.name;
    expect(tools.map((tool) => tool.function.name)).toContain(called);
  });

  it("takes further fields", () => {
    expect((JSON.parse(requestBody(1_000, { stream: true })) as Request).stream).toBe(true);
  });
});
