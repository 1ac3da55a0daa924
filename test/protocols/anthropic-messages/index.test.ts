import { AIMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import type { BaseMessage } from "@langchain/core/messages";
import { afterEach, describe, expect, it } from "vitest";
import type { CallChange, Turn } from "../../../src/exchange/turn.ts";
import { anthropicMessages } from "../../../src/protocols/anthropic-messages/index.ts";
import {
  bareConversation,
  conversation,
  fixture,
  framesIn,
  readerOf,
  startUpstream,
  textOf,
} from "./traffic.ts";
import { protocolSuite } from "../../conformance/protocol-suite.ts";
import { consumers } from "./consumers.ts";
import type { Upstream } from "./traffic.ts";
import { anthropic, langchain, request, runnable, weather } from "./clients.ts";

const running: Upstream[] = [];
afterEach(() => Promise.all(running.splice(0).map((one) => one.close())));

/** A provider that gives these bodies, one after another. */
async function serve(...bodies: string[]): Promise<Upstream> {
  const upstream = await startUpstream((_body, index) => ({
    body: bodies[Math.min(index, bodies.length - 1)] ?? "",
  }));
  running.push(upstream);
  return upstream;
}

/** The hash of the last assistant message in what the client sent, and its calls' ids. */
function sentBack(upstream: Upstream): string | undefined {
  const prompt = anthropicMessages.readPrompt(upstream.bodies.at(-1) ?? "", "/v1/messages");
  return prompt.messages.findLast(({ role }) => role === "assistant")?.hash;
}

const rewritten = (turn: Turn): CallChange[] =>
  turn.calls.map((call) => ({ kind: "rewrite", call, argumentsText: '{"days":1.0, "city":"Rome é"}' }));

function released(name: string): { turn: Turn; stream: string; whole: string; shown: string } {
  const { turn } = anthropicMessages.readAnswer(fixture(`${name}.json`));
  const reader = readerOf(fixture(`${name}.sse`));
  const release = { addOutputTokens: 3, comment: "longstop {}" };
  const stream = anthropicMessages.openWriter().release(framesIn(fixture(`${name}.sse`)), reader.turn(), {
    ...release,
    changes: rewritten(reader.turn()),
  });
  const calls = turn.calls.map((call) => ({ ...call, argumentsText: '{"city":"Rome é","days":1}' }));
  return {
    turn,
    stream: textOf(stream),
    whole: anthropicMessages.editAnswer(anthropicMessages.readAnswer(fixture(`${name}.json`)), {
      ...release,
      changes: rewritten(turn),
    }),
    shown: anthropicMessages.shownHash({ text: turn.text, calls }),
  };
}

const cases = [
  "tool-call",
  "text-and-tool-call",
  "thinking-and-tool-call",
  "tool-calls-parallel",
  "redacted-thinking-and-tool-call",
];

protocolSuite(anthropicMessages, {
  path: "/v1/messages",
  list: "messages",
  conversation,
  bareConversation,
  choosing: null,
  consumers,
});

const matches = (method: string, path: string) => anthropicMessages.matches(method, path);

describe("the Messages API", () => {
  it("is known by method and path, whatever stands before the path", () => {
    expect(matches("POST", "/v1/messages")).toBe(true);
    expect(matches("POST", "/u/claude/v1/messages")).toBe(true);
    const others = ["/v1/messages/count_tokens", "/v1/messages/batches", "/v1/chat/completions", "/messages"];
    expect(others.filter((path) => matches("POST", path))).toEqual([]);
    expect(matches("GET", "/v1/messages")).toBe(false);
  });

  it("words errors of the vendor's other paths", () => {
    expect(anthropicMessages.words("/v1/messages/batches", {})).toBe(true);
    expect(anthropicMessages.words("/v1/models", { "anthropic-version": "2026-10-21" })).toBe(true);
    expect(anthropicMessages.words("/v1/models", {})).toBe(false);
    expect(anthropicMessages.words("/v1/messages2", {})).toBe(false);
  });
});

describe("what a client sends back of what it was shown", () => {
  it.each(cases)("has the hash of it: %s, Anthropic SDK, whole and streamed", async (name) => {
    const { shown, whole, stream, turn } = released(name);
    const upstream = await serve(whole, stream, fixture("text.json"));
    const client = anthropic(upstream.url);
    const results = turn.calls.map(({ id }) => ({
      type: "tool_result" as const,
      tool_use_id: id,
      content: "18C",
    }));
    const first = await client.messages.create({ ...request, tools: [weather] });
    const second = await client.messages.stream({ ...request, tools: [weather] }).finalMessage();
    for (const message of [first, second]) {
      const messages = [...request.messages, { role: "assistant" as const, content: message.content }];
      await client.messages.create({
        ...request,
        messages: [...messages, { role: "user", content: results }],
      });
      expect(sentBack(upstream)).toBe(shown);
    }
    expect(second.usage.output_tokens).toBe((turn.usage?.outputTokens ?? 0) + 3);
  });

  it.each(cases)("has the hash of it: %s, LangChain, whole and streamed", async (name) => {
    const { shown, whole, stream } = released(name);
    const upstream = await serve(whole, fixture("text.json"), stream, fixture("text.sse"));
    for (const streaming of [false, true]) {
      const model = langchain(upstream.url, streaming);
      const history: BaseMessage[] = [new HumanMessage("w?")];
      const answer = await model.invoke(history);
      expect(answer.tool_calls?.map(({ args }) => args)).toEqual(
        answer.tool_calls?.map(() => ({ city: "Rome é", days: 1 })),
      );
      history.push(
        answer,
        ...(answer.tool_calls ?? []).map(
          ({ id = "" }) => new ToolMessage({ content: "18C", tool_call_id: id }),
        ),
      );
      await model.invoke(history);
      expect(sentBack(upstream)).toBe(shown);
    }
  });

  it("has it after LangChain wrote the message anew, without the blocks", async () => {
    const { shown, turn } = released("text-and-tool-call");
    const upstream = await serve(fixture("text.json"));
    const [call] = turn.calls;
    const copy = new AIMessage({
      content: turn.text,
      tool_calls: [
        { type: "tool_call", id: "another", name: call?.name ?? "", args: { days: 1, city: "Rome é" } },
      ],
    });
    await langchain(upstream.url, false).invoke([
      new HumanMessage("w?"),
      copy,
      new ToolMessage({ content: "18C", tool_call_id: "another" }),
    ]);
    expect(sentBack(upstream)).toBe(shown);
  });

  it("has it when the SDK's tool runner goes on by itself", async () => {
    const { shown, stream, whole } = released("thinking-and-tool-call");
    for (const streaming of [true, false]) {
      const upstream = await serve(
        streaming ? stream : whole,
        streaming ? fixture("text.sse") : fixture("text.json"),
      );
      const client = anthropic(upstream.url);
      const seen: unknown[] = [];
      const run = (input: unknown) => {
        seen.push(input);
        return "18C";
      };
      const runner = client.beta.messages.toolRunner({
        ...request,
        thread: false,
        stream: streaming,
        tools: [runnable(run)],
      });
      await runner.runUntilDone();
      expect(seen).toEqual([{ city: "Rome é", days: 1 }]);
      expect(sentBack(upstream)).toBe(shown);
    }
  });
});

function spliced() {
  const writer = anthropicMessages.openWriter();
  const reader = anthropicMessages.openReader();
  const pieces: (Uint8Array | null)[] = [];
  for (const frame of framesIn(fixture("text-and-tool-call.sse"))) {
    const role = reader.read(frame);
    if (role !== "call" && role !== "end") pieces.push(writer.pass(frame, role));
  }
  writer.nextTurn();
  const second = readerOf(fixture("tool-calls-parallel.sse"));
  const [dropped] = second.turn().calls;
  const held = framesIn(fixture("tool-calls-parallel.sse"));
  const changes: CallChange[] = dropped === undefined ? [] : [{ kind: "drop", call: dropped }];
  pieces.push(
    ...writer.release(held, second.turn(), { changes, addOutputTokens: 50, comment: "longstop {}" }),
  );
  return {
    stream: textOf(pieces),
    kept: second.turn().calls[1],
    tokens: second.turn().usage?.outputTokens ?? 0,
  };
}

describe("a spliced stream", () => {
  it("is one message for the Anthropic SDK", async () => {
    const { stream, kept, tokens } = spliced();
    const upstream = await serve(stream);
    const client = anthropic(upstream.url);
    const message = await client.messages.stream({ ...request, tools: [weather] }).finalMessage();
    expect(message.content).toMatchObject([
      { type: "text", text: "Let me look up the weather in Paris." },
      { type: "tool_use", id: kept?.id, input: JSON.parse(kept?.argumentsText ?? "") },
    ]);
    expect(message.stop_reason).toBe("tool_use");
    expect(message.usage.output_tokens).toBe(tokens + 50);
  });

  it("is one message for LangChain, with one finish", async () => {
    const { stream, kept } = spliced();
    const upstream = await serve(stream);
    const message = await langchain(upstream.url, true).invoke([new HumanMessage("w?")]);
    expect(message.tool_calls).toMatchObject([{ id: kept?.id, args: JSON.parse(kept?.argumentsText ?? "") }]);
    expect(message.invalid_tool_calls).toEqual([]);
    expect(message.additional_kwargs["stop_reason"]).toBe("tool_use");
  });
});
