import { describe, expect, it, onTestFinished } from "vitest";
import { openaiResponses } from "../../src/protocols/openai-responses/index.ts";
import { Conversations } from "../../src/proxy/conversation.ts";
import { KeptAnswers, type KeptAnswer } from "../../src/proxy/kept-answers.ts";
import { sqliteUnderTest } from "../ledger/sqlite/under-test.ts";
import { callerOf } from "./support/plain-exchange.ts";
import { recordedLog } from "./support/recorded-log.ts";

async function keptAnswers(
  charactersMax?: number,
): Promise<{ kept: KeptAnswers; restarted: () => KeptAnswers }> {
  const under = await sqliteUnderTest();
  onTestFinished(() => under.close());
  const open = (): KeptAnswers =>
    new KeptAnswers(new Conversations(under.ledger, recordedLog().log), charactersMax);
  return { kept: open(), restarted: open };
}

const answer = (id: string, body: object, output: readonly string[] = []): KeptAnswer => ({
  body: JSON.stringify(body),
  path: "/v1/responses",
  output,
  upstreamId: id,
});
const caller = callerOf();
const named = (id: string) => [{ kind: "answer" as const, id }];

describe("the answers that providers keep", () => {
  it("are known under every id that the client may have, the last words counting", async () => {
    const { kept } = await keptAnswers();
    await kept.record(caller, "openai", ["r1", "r2"], answer("r2", { input: "a" }));
    expect(await kept.of(caller, "openai", "r1")).toMatchObject({ upstreamId: "r2", output: [] });
    await kept.record(caller, "openai", ["r2"], answer("r2", { input: "a" }, ["{}"]));
    expect(await kept.of(caller, "openai", "r2")).toMatchObject({ output: ["{}"] });
  });

  it("are apart for each tenant and each upstream, and there after a restart", async () => {
    const { kept, restarted } = await keptAnswers();
    await kept.record(caller, "openai", ["r1"], answer("r1", { input: "a" }));
    expect(await kept.of(callerOf({}, "another"), "openai", "r1")).toBeNull();
    expect(await kept.of(caller, "azure", "r1")).toBeNull();
    expect(await restarted().of(caller, "openai", "r1")).toMatchObject({ upstreamId: "r1" });
  });

  it("are followed from one to the one before it, oldest first", async () => {
    const { kept } = await keptAnswers();
    await kept.record(caller, "openai", ["r1"], answer("r1", { input: "one" }));
    await kept.record(caller, "openai", ["r2"], answer("r2", { input: "two", previous_response_id: "r1" }));
    const turns = await kept.turnsBehind(caller, "openai", openaiResponses, named("r2"));
    expect(turns?.map(({ prompt }) => prompt.parts[0]?.texts[0])).toEqual(["one", "two"]);
  });

  it("are unknown as a whole where one of them is, or where the provider holds more than answers", async () => {
    const { kept } = await keptAnswers();
    const behind = (leansOn: Parameters<KeptAnswers["turnsBehind"]>[3]) =>
      kept.turnsBehind(caller, "openai", openaiResponses, leansOn);
    await kept.record(caller, "openai", ["r2"], answer("r2", { input: "two", previous_response_id: "r1" }));
    expect(await behind(named("r2"))).toBeNull();
    expect(await behind([{ kind: "conversation", id: "conv_1" }])).toBeNull();
    expect(await behind([...named("r2"), { kind: "item", id: "rs_1" }])).toBeNull();
    expect(await behind([{ kind: "answer", id: null }])).toBeNull();
  });

  it("that name each other in a circle are taken for unknown, and read once", async () => {
    const { kept } = await keptAnswers();
    await kept.record(caller, "openai", ["r1"], answer("r1", { input: "one", previous_response_id: "r1" }));
    let reads = 0;
    const counting = {
      ...openaiResponses,
      readPrompt: (body: string, path: string) => {
        reads++;
        return openaiResponses.readPrompt(body, path);
      },
    } as typeof openaiResponses;
    expect(await kept.turnsBehind(caller, "openai", counting, named("r1"))).toBeNull();
    expect(reads).toBe(1);
  });

  it("that say too much all together are taken for unknown, however small the request", async () => {
    const { kept } = await keptAnswers(1_000);
    await kept.record(caller, "openai", ["r1"], answer("r1", { input: "x".repeat(600) }));
    const more = { input: "x".repeat(200), previous_response_id: "r1" };
    await kept.record(caller, "openai", ["r2"], answer("r2", more));
    await kept.record(caller, "openai", ["r3"], answer("r3", more, ['"' + "x".repeat(200) + '"']));
    const behind = (id: string) => kept.turnsBehind(caller, "openai", openaiResponses, named(id));
    expect(await behind("r2")).toHaveLength(2);
    expect(await behind("r3")).toBeNull();
  });

  it("are not looked up under an id that is longer than any", async () => {
    const { kept } = await keptAnswers();
    const id = "r".repeat(513);
    expect(await kept.record(caller, "openai", [id], answer(id, { input: "a" }))).toBe(true);
    expect(await kept.of(caller, "openai", id)).toBeNull();
  });
});
