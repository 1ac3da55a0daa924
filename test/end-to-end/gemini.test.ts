import { createGoogle } from "@ai-sdk/google";
import { GoogleGenAI, type Content, type GenerateContentResponse, type Part } from "@google/genai";
import { generateText, jsonSchema, streamText, type ToolSet } from "ai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Script } from "../../examples/provider/answer.ts";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";
import { startTestGateway, type RunningGateway } from "../proxy/support/running-gateway.ts";

// The Gemini API through the real gateway, with Google's own SDK, the AI SDK and plain fetch, against a
// provider that refuses what the API refuses.

const model = "gemini-3-flash";
const schema = {
  type: "OBJECT",
  properties: { city: { type: "STRING" }, unit: { type: "STRING", enum: ["celsius", "fahrenheit"] } },
  required: ["city"],
};
const tools = [{ functionDeclarations: [{ name: "get_weather", parameters: schema }] }];
const user = (text: string): Content => ({ role: "user", parts: [{ text }] });
const good = { name: "get_weather", arguments: { city: "Paris" } };
const bad = { name: "get_weather", arguments: { town: "Paris" } };
const missing = { name: "delete_all", arguments: {} };

let provider: Provider;
let gateway: RunningGateway;
beforeEach(async () => {
  provider = await startProvider();
  gateway = await startTestGateway({ upstreams: { gemini: { url: provider.url } } });
});
afterEach(async () => {
  await gateway.stop();
  await provider.close();
});

function client(): GoogleGenAI {
  return new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: gateway.url } });
}

const config = { tools } as unknown as NonNullable<
  Parameters<GoogleGenAI["models"]["generateContent"]>[0]["config"]
>;

type Form = "whole" | "events" | "list";

/** Asks in one of the three forms that an answer has, and puts the parts together. */
async function ask(
  form: Form,
  contents: Content[],
): Promise<{ parts: Part[]; usage: GenerateContentResponse["usageMetadata"] }> {
  if (form === "whole") {
    const answer = await client().models.generateContent({ model, contents, config });
    return { parts: answer.candidates?.[0]?.content?.parts ?? [], usage: answer.usageMetadata };
  }
  const chunks: GenerateContentResponse[] = [];
  if (form === "events") {
    for await (const chunk of await client().models.generateContentStream({ model, contents, config }))
      chunks.push(chunk);
  } else {
    const answer = await post(`/v1beta/models/${model}:streamGenerateContent`, { contents, tools });
    if (!answer.ok) throw new Error(await answer.text());
    chunks.push(...((await answer.json()) as GenerateContentResponse[]));
  }
  return {
    parts: chunks.flatMap(({ candidates }) => candidates?.[0]?.content?.parts ?? []),
    usage: chunks.at(-1)?.usageMetadata,
  };
}

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.url}${path}`, { method: "POST", body: JSON.stringify(body), headers });
}

const callsIn = (parts: readonly Part[]): unknown[] =>
  parts.flatMap(({ functionCall }) =>
    functionCall === undefined ? [] : [[functionCall.name, functionCall.args]],
  );

const textIn = (parts: readonly Part[]): string => parts.map(({ text }) => text ?? "").join("");

const forms: readonly Form[] = ["whole", "events", "list"];

describe.each(forms)("a Gemini answer that comes as %s", (form) => {
  it("passes a good call, byte for byte", async () => {
    const fixture = new URL(
      `../fixtures/gemini/tool-call.${form === "events" ? "sse" : "json"}`,
      import.meta.url,
    );
    provider.play([{ fixture: fixture.pathname }]);
    const verb = {
      whole: ":generateContent",
      events: ":streamGenerateContent?alt=sse",
      list: ":streamGenerateContent",
    };
    const answer = await post(`/v1beta/models/${model}${verb[form]}`, { contents: [user("Hi")], tools });
    const { readFile } = await import("node:fs/promises");
    expect(await answer.text()).toBe(await readFile(fixture, "utf8"));
  });

  it("is repaired before the client sees a byte of a bad call", async () => {
    provider.play([
      { text: "Let me see. ", calls: [bad], usage: { output: 7 } },
      { calls: [good], usage: { output: 5 } },
    ]);
    const { parts, usage } = await ask(form, [user("Weather in Paris?")]);
    expect(callsIn(parts)).toEqual([["get_weather", { city: "Paris" }]]);
    expect(JSON.stringify(parts)).not.toContain("town");
    expect(usage?.candidatesTokenCount).toBe(12);
    const again = provider.requests[1]!.parsed["contents"] as Content[];
    expect(again.map(({ role }) => role)).toEqual(["user", "model", "user"]);
    // The call goes back with its signature, which the provider checks, and the fault in words.
    expect(again[1]!.parts!.at(-1)!.thoughtSignature).toBeTypeOf("string");
    expect(JSON.stringify(again[2])).toMatch(/functionResponse.*city/);
  });

  it("is asked again where the model's call could not be read, with what it wrote as text", async () => {
    provider.play([{ calls: [{ name: "get_weather", arguments: '{"city": "Par' }] }, { calls: [good] }]);
    const { parts } = await ask(form, [user("Weather in Paris?")]);
    expect(callsIn(parts)).toEqual([["get_weather", { city: "Paris" }]]);
    const again = JSON.stringify(provider.requests[1]!.parsed["contents"]);
    expect(again).toContain("Malformed function call");
    expect(again).not.toContain("functionResponse");
  });

  it("is refused in Google's words where asking again does not help", async () => {
    provider.play(() => ({ calls: [missing] }));
    await expect(ask(form, [user("Go")])).rejects.toThrow(/delete_all.*get_weather/s);
    expect(provider.requests).toHaveLength(2);
  });

  it("comes back as the model said it, where the client was shown another", async () => {
    provider.play([{ calls: [bad] }, { text: "Here: ", calls: [good] }]);
    const first = await ask(form, [user("Weather?")]);
    provider.play([{ text: "18 C." }]);
    const id = first.parts.find(({ functionCall }) => functionCall !== undefined)?.functionCall?.id;
    const response = { id: id ?? "", name: "get_weather", response: { output: "18" } };
    await ask(form, [
      user("Weather?"),
      { role: "model", parts: first.parts },
      { role: "user", parts: [{ functionResponse: response }] },
    ]);
    const contents = provider.requests[2]!.parsed["contents"] as Content[];
    // The refused call and what the model was told of it stand before the call that the client knows.
    expect(contents.map(({ role }) => role)).toEqual(["user", "model", "user", "model", "user"]);
    expect(JSON.stringify(contents[1])).toContain("town");
    expect(provider.requests[2]!.status).toBe(200);
  });
});

describe("a Gemini stream", () => {
  it("that breaks off inside the calls ends with an error, and never cleanly", async () => {
    const calls = [good, { ...good, arguments: { city: "Tokyo" } }];
    for (const cut of ["break", "end"] as const) {
      provider.play([{ text: ["One, "], calls, cutAfterEvents: 2, cut }]);
      const seen: Part[] = [];
      const reading = (async () => {
        for await (const chunk of await client().models.generateContentStream({
          model,
          contents: [user("Go")],
          config,
        })) {
          seen.push(...(chunk.candidates?.[0]?.content?.parts ?? []));
        }
      })();
      await expect(reading).rejects.toThrow(/upstream_cut|before the answer was whole|broke/i);
      expect(callsIn(seen)).toEqual([]);
    }
  });

  it("with arguments in pieces is judged whole, and passes as the bytes that came", async () => {
    const stream = new URL("../fixtures/gemini/tool-calls-in-pieces.sse", import.meta.url);
    provider.play([{ fixture: stream.pathname }]);
    const contents = [user("Weather?")];
    const answer = await post(`/v1/models/${model}:streamGenerateContent?alt=sse`, { contents, tools });
    const { readFile } = await import("node:fs/promises");
    expect(await answer.text()).toBe(await readFile(stream, "utf8"));
  });

  it("is the same text for whoever reads it slowly or in pieces", async () => {
    provider.play([{ text: ["a", "b", "c"], chunkBytes: 1 }]);
    expect(textIn((await ask("events", [user("Go")])).parts)).toBe("abc");
  });
});

describe("the AI SDK on the gateway", () => {
  const weather: ToolSet = {
    get_weather: {
      description: "w",
      inputSchema: jsonSchema<{ city: string }>({
        type: "object",
        properties: { city: { type: "string" } },
        required: ["city"],
      }),
    },
  };
  const google = () => createGoogle({ apiKey: "k", baseURL: `${gateway.url}/v1beta` })(model);

  it.each(["generateText", "streamText"] as const)("is shown only the repaired call: %s", async (way) => {
    const script: Script = [{ text: "Let me see. ", calls: [bad] }, { calls: [good] }];
    provider.play(script);
    const asked = { model: google(), prompt: "Weather in Paris?", tools: weather };
    const calls =
      way === "generateText" ? (await generateText(asked)).toolCalls : await streamText(asked).toolCalls;
    expect(calls.map(({ toolName, input }) => [toolName, input])).toEqual([
      ["get_weather", { city: "Paris" }],
    ]);
  });
});

describe("what a Gemini request says to the model", () => {
  const history = (count: number): Content[] =>
    Array.from({ length: count }, (_, index) => [
      user(`Question ${index}: ${"words of a question ".repeat(40)}`),
      { role: "model", parts: [{ functionCall: { name: "get_weather", args: { city: `${index}` } } }] },
      {
        role: "user",
        parts: [{ functionResponse: { name: "get_weather", response: { celsius: index, sky: ["clear"] } } }],
      },
      { role: "model", parts: [{ text: `Answer ${index}.` }] },
    ]).flat();

  it("has every function's response in a frame, also one with a structure", async () => {
    provider.play([{ text: "Ok." }]);
    await ask("whole", [...history(1), user("And now?")]);
    const contents = provider.requests[0]!.parsed["contents"] as Content[];
    const response = contents[2]!.parts![0]!.functionResponse!.response as { output: string };
    expect(response.output).toMatch(
      /^<untrusted-data [^>]*>\n\{"celsius":0,"sky":\["clear"\]\}\n<\/untrusted-data/,
    );
    expect(JSON.stringify(provider.requests[0]!.parsed["systemInstruction"])).toContain("untrusted-data");
  });

  it("is trimmed to the budget, calls and results together, and accepted", async () => {
    await gateway.stop();
    gateway = await startTestGateway({
      upstreams: { gemini: { url: provider.url } },
      posts: [{ guard: "budget", windows: { [model]: 6000 } }],
    });
    provider.play([{ calls: [good] }]);
    const contents = [...history(30), user("And in Paris?")];
    const { parts } = await ask("whole", contents);
    provider.play([{ text: "18 C." }]);
    const results = [{ functionResponse: { name: "get_weather", response: { output: "18" } } }];
    await ask("whole", [...contents, { role: "model", parts }, { role: "user", parts: results }]);
    const sent = provider.requests.map(({ parsed }) => parsed["contents"] as Content[]);
    expect(sent[0]!.length).toBeLessThan(contents.length / 2);
    // The provider counts calls against responses, and wants the signature of the running turn.
    expect(provider.requests.map(({ status }) => status)).toEqual([200, 200]);
    expect(sent[1]!.at(-2)!.parts![0]!.thoughtSignature).toBe(parts[0]!.thoughtSignature);
  });
});

describe("the way of a Gemini request", () => {
  it("leads to its own upstream by path, header or key, and to no other vendor", async () => {
    const answer = await fetch(`${gateway.url}/v1/models?key=AIzaFixtureKey`);
    expect(answer.status).toBe(200);
    const none = await fetch(`${gateway.url}/v1/models`);
    expect(none.status).toBe(404);
    expect(provider.requests.map(({ path }) => path)).toEqual(["/v1/models?key=AIzaFixtureKey"]);
  });

  it("is refused in Google's words where its path is unguarded and that is not wanted", async () => {
    await gateway.stop();
    gateway = await startTestGateway({ upstreams: { gemini: { url: provider.url } }, unguarded: "refuse" });
    for (const path of [`/v1beta/models/${model}:batchGenerateContent`, "/v1beta/interactions"]) {
      const answer = await post(path, {}, { "x-goog-api-key": "k" });
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ error: { code: 404, status: "NOT_FOUND" } });
    }
  });
});
