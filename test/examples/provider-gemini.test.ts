import { ApiError, GoogleGenAI, type Content, type GenerateContentConfig, type Part } from "@google/genai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";

const model = "gemini-3-flash";
const user: Content = { role: "user", parts: [{ text: "Hi" }] };
const parameters = { type: "OBJECT", properties: { q: { type: "INTEGER" } }, required: ["q"] };
const tools = [{ functionDeclarations: [{ name: "look_up", parameters }] }] as unknown as NonNullable<
  GenerateContentConfig["tools"]
>;
const call = { name: "look_up", arguments: { q: 1 } };

let provider: Provider;
let client: GoogleGenAI;
beforeEach(async () => {
  provider = await startProvider();
  client = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: provider.url } });
});
afterEach(() => provider.close());

function ask(...contents: Content[]) {
  return client.models.generateContent({ model, contents, config: { tools } });
}

async function refusal(...contents: Content[]): Promise<string> {
  const failed: unknown = await ask(...contents).catch((thrown: unknown) => thrown);
  expect(failed).toBeInstanceOf(ApiError);
  const body = JSON.parse((failed as ApiError).message) as { error: { status: string; message: string } };
  expect(body.error.status).toBe("INVALID_ARGUMENT");
  return body.error.message;
}

async function post(body: unknown): Promise<unknown> {
  const answer = await fetch(`${provider.url}/v1beta/models/${model}:generateContent`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return answer.json();
}

async function refusedPost(body: unknown): Promise<string> {
  const { error } = (await post(body)) as { error: { code: number; message: string } };
  expect(error.code).toBe(400);
  return error.message;
}

function said(...parts: Part[]): Content {
  return { role: "model", parts };
}

function answered(...names: string[]): Content {
  const parts = names.map((name) => ({ functionResponse: { name, response: { output: "42" } } }));
  return { role: "user", parts };
}

const asked = (id: string, thoughtSignature?: string): Part => ({
  functionCall: { id, name: "look_up", args: { q: 1 } },
  ...(thoughtSignature !== undefined && { thoughtSignature }),
});

describe("a provider of the Gemini API", () => {
  it("says the same whole, as a list and as events", async () => {
    provider.play(() => ({ thinking: "Look it up.", text: "So, then:", calls: [call] }));
    const whole = (await ask(user)).candidates?.[0]?.content?.parts ?? [];
    const streamed: Part[] = [];
    const stream = await client.models.generateContentStream({ model, contents: [user], config: { tools } });
    for await (const chunk of stream) streamed.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
    const list = await fetch(`${provider.url}/v1beta/models/${model}:streamGenerateContent`, {
      method: "POST",
      body: JSON.stringify({ contents: [user] }),
    });
    const pieces = (await list.json()) as { candidates: { content: Content }[] }[];
    const meant = (parts: readonly Part[]) => ({
      text: parts
        .filter(({ thought }) => thought !== true)
        .map(({ text }) => text)
        .join(""),
      thinking: parts
        .filter(({ thought }) => thought)
        .map(({ text }) => text)
        .join(""),
      calls: parts.flatMap(({ functionCall }) => functionCall?.args ?? []),
      signed: parts.filter(({ thoughtSignature }) => thoughtSignature !== undefined).length,
    });
    const meaning = { text: "So, then:", thinking: "Look it up.", calls: [{ q: 1 }], signed: 1 };
    expect(meant(whole)).toEqual(meaning);
    expect(meant(streamed)).toEqual(meaning);
    expect(streamed).toHaveLength(3);
    expect(meant(pieces.flatMap(({ candidates }) => candidates[0]?.content.parts ?? []))).toEqual(meaning);
  });

  it("calls a tool once without a script, and then tells what it said", async () => {
    const first = await ask(user);
    expect(first.functionCalls?.[0]).toMatchObject({ name: "look_up" });
    const content = first.candidates![0]!.content!;
    expect((await ask(user, content, answered("look_up"))).text).toContain("The tool said:");
  });

  it("says of a call that nobody can read that it is malformed", async () => {
    provider.play([{ calls: [{ name: "look_up", arguments: '{"q":' }] }]);
    const { candidates } = (await post({ contents: [user] })) as { candidates: unknown[] };
    expect(candidates[0]).toMatchObject({
      content: {},
      finishReason: "MALFORMED_FUNCTION_CALL",
      finishMessage: 'Malformed function call: print(default_api.look_up({"q":',
    });
  });

  it("gives an error in a stream, after which the SDK throws", async () => {
    provider.play([{ text: ["one ", "two ", "three"], errorAfterEvents: 2 }]);
    const stream = await client.models.generateContentStream({ model, contents: [user] });
    const reading = (async () => {
      for await (const chunk of stream) void chunk;
    })();
    await expect(reading).rejects.toThrow("The server had an error");
  });

  it("refuses contents that it cannot read", async () => {
    expect(await refusedPost({ contents: [] })).toContain("contents is not specified");
    expect(await refusal({ role: "user", parts: [] })).toContain("contents.parts must not be empty");
    expect(await refusal({ role: "system", parts: [{ text: "x" }] })).toContain("valid role: user, model");
  });

  it("wants every call behind a user, and as many results as calls right behind it", async () => {
    const signed = (await ask(user)).candidates![0]!.content!;
    expect(await refusal(signed)).toContain("function call turn comes immediately after a user turn");
    expect(await refusal(user, signed, user)).toContain("number of function response parts");
    expect(await refusal(user, signed, answered("look_up", "look_up"))).toContain(
      "number of function response",
    );
    expect(await refusal(user, answered("look_up"))).toContain(
      "function response turn comes immediately after",
    );
  });

  it("wants the signature of the running turn's first call in each step, and no older one", async () => {
    expect(await refusal(user, said(asked("a")), answered("look_up"))).toContain(
      "missing a thought_signature in functionCall parts",
    );
    const signature = (await ask(user)).candidates![0]!.content!.parts![0]!.thoughtSignature!;
    const parallel = said(asked("a", signature), asked("b"));
    expect((await ask(user, parallel, answered("look_up", "look_up"))).text).toContain("The tool said");
    const old = [user, said(asked("a")), answered("look_up"), said({ text: "42." }), user];
    await expect(ask(...old)).resolves.toBeDefined();
    const edited = `${signature.slice(0, -6)}AAAAA=`;
    expect(await refusal(user, said(asked("a", edited)), answered("look_up"))).toContain("Corrupted");
  });

  it("refuses what it does not know, and configurations without their functions", async () => {
    expect(await refusedPost("{")).toContain("Invalid JSON payload received");
    expect(await refusedPost({ contents: [user], messages: [] })).toContain('Unknown name "messages"');
    const calling = { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["gone"] } };
    expect(await refusedPost({ contents: user, toolConfig: calling })).toContain(
      "without function_declarations",
    );
    expect(await refusedPost({ contents: user, tools, tool_config: calling })).toContain("`gone`");
    const twice = { functionDeclarations: { name: "a", parameters, parametersJsonSchema: {} } };
    expect(await refusedPost({ contents: user, tools: twice })).toContain("mutually exclusive");
  });
});
