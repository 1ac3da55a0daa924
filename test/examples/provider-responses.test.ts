import OpenAI, { type APIError } from "openai";
import type { ResponseInput } from "openai/resources/responses/responses";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../../examples/provider/provider.ts";

const model = "gpt-5.4-mini";
const tools = [{ type: "function", name: "look_up", parameters: { type: "object" }, strict: false } as const];
const thinkAndCall = { thinking: "Look it up.", calls: [{ name: "look_up", arguments: { q: 1 } }] };

let provider: Provider;
let client: OpenAI;
beforeEach(async () => {
  provider = await startProvider();
  client = new OpenAI({ apiKey: "sk-test", baseURL: `${provider.url}/v1`, maxRetries: 0 });
});
afterEach(() => provider.close());

async function refusal(body: OpenAI.Responses.ResponseCreateParamsNonStreaming): Promise<string> {
  const failed: unknown = await client.responses.create(body).catch((thrown: unknown) => thrown);
  return (failed as APIError).message;
}

function output(id: string): ResponseInput[number] {
  return { type: "function_call_output", call_id: id, output: "42" };
}

describe("a provider of Responses", () => {
  it("says the same whole and as a stream", async () => {
    provider.play(() => ({ ...thinkAndCall, text: "So:" }));
    const whole = await client.responses.create({ model, input: "Hi", tools });
    const streamed = await client.responses.stream({ model, input: "Hi", tools }).finalResponse();
    const meant = (response: OpenAI.Responses.Response) =>
      response.output.map((item) => ({ ...item, id: "", call_id: "", parsed_arguments: undefined }));
    expect(whole.output.map(({ type }) => type)).toEqual(["reasoning", "message", "function_call"]);
    expect(whole.output_text).toBe("So:");
    expect(JSON.parse(JSON.stringify(meant(streamed)))).toMatchObject(
      JSON.parse(JSON.stringify(meant(whole))),
    );
  });

  it("calls a tool once without a script, and then tells what it said", async () => {
    const first = await client.responses.create({ model, input: "Hi", tools });
    const call = first.output.find((item) => item.type === "function_call");
    const input: ResponseInput = [
      { role: "user", content: "Hi" },
      ...(first.output as ResponseInput),
      output(call!.call_id),
    ];
    expect((await client.responses.create({ model, input, tools })).output_text).toBe("The tool said: 42");
  });

  it("goes on from what it keeps, and knows nothing that it was told not to keep", async () => {
    provider.play(() => thinkAndCall);
    const kept = await client.responses.create({ model, input: "Hi", tools });
    const call = kept.output.find((item) => item.type === "function_call");
    provider.play(() => ({ text: "Done." }));
    const next = { model, tools, input: [output(call!.call_id)] };
    expect((await client.responses.create({ ...next, previous_response_id: kept.id })).output_text).toBe(
      "Done.",
    );
    const lost = await client.responses.create({ model, input: "Hi", store: false });
    expect(await refusal({ model, input: "On", previous_response_id: lost.id })).toBe(
      `400 Previous response with id '${lost.id}' not found.`,
    );
  });

  it("keeps a conversation that grows by itself", async () => {
    provider.play(() => thinkAndCall);
    const first = await client.responses.create({ model, input: "Hi", tools, conversation: "conv_1" });
    const call = first.output.find((item) => item.type === "function_call");
    expect(await refusal({ model, input: "On", conversation: "conv_1" })).toContain("No tool output found");
    const answered = { model, input: [output(call!.call_id)], conversation: "conv_1" };
    expect((await client.responses.create(answered)).status).toBe("completed");
    expect(await refusal({ ...answered, previous_response_id: first.id })).toContain("Mutually exclusive");
  });

  it("refuses calls and outputs that have lost each other", async () => {
    const call = { type: "function_call", call_id: "c1", name: "look_up", arguments: "{}" } as const;
    expect(await refusal({ model, input: [call] })).toBe("400 No tool output found for function call c1.");
    expect(await refusal({ model, input: [output("c1")] })).toBe(
      "400 No tool call found for function call output with call_id c1.",
    );
  });

  it("refuses reasoning and its item that have lost each other", async () => {
    provider.play(() => thinkAndCall);
    const { output: said } = await client.responses.create({ model, input: "Hi", tools });
    const [reasoning, call] = said as unknown as ResponseInput;
    const result = output((call as { call_id: string }).call_id);
    expect(await refusal({ model, input: [reasoning!] })).toContain("without its required following item");
    expect(await refusal({ model, input: [call!, result] })).toContain(
      "without its required 'reasoning' item",
    );
    expect(await refusal({ model, input: [reasoning!, call!, call!, result] })).toContain(
      "Duplicate item found",
    );
    expect(await refusal({ model, input: [reasoning!, call!, result], store: false })).toContain("not found");
  });

  it("takes a reference for an item that it keeps, and for no other", async () => {
    provider.play(() => thinkAndCall);
    const { output: said } = await client.responses.create({ model, input: "Hi", tools });
    const ids = said.map(({ id }) => ({ type: "item_reference", id }) as ResponseInput[number]);
    const call = said.find((item) => item.type === "function_call");
    expect((await client.responses.create({ model, input: [...ids, output(call!.call_id)] })).status).toBe(
      "completed",
    );
    expect(await refusal({ model, input: [{ type: "item_reference", id: "msg_x" }] })).toContain(
      "'msg_x' not found",
    );
  });

  it("answers in the background, and again to whoever fetches", async () => {
    provider.play(() => ({ text: "In the end." }));
    const asked = await client.responses.create({ model, input: "Hi", background: true });
    expect(asked).toMatchObject({ status: "queued", output: [] });
    expect((await client.responses.retrieve(asked.id)).status).toBe("in_progress");
    expect((await client.responses.retrieve(asked.id)).output_text).toBe("In the end.");
    const numbers: number[] = [];
    for await (const event of await client.responses.retrieve(asked.id, {
      stream: true,
      starting_after: 3,
    })) {
      numbers.push(event.sequence_number);
    }
    expect(numbers[0]).toBe(4);
    await expect(client.responses.retrieve("resp_x")).rejects.toThrow(
      "404 Response with id 'resp_x' not found.",
    );
  });

  it("refuses a choice of tools that are not there", async () => {
    expect(await refusal({ model, input: "Hi", tool_choice: "required" })).toContain(
      "must be specified with 'tools'",
    );
    const choice = { type: "function", name: "other" } as const;
    expect(await refusal({ model, input: "Hi", tools, tool_choice: choice })).toContain(
      "not found in 'tools'",
    );
  });
});
