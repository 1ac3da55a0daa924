import { describe, expect, it, onTestFinished } from "vitest";
import { openaiResponses } from "../../src/protocols/openai-responses/index.ts";
import { Conversations } from "../../src/proxy/conversation.ts";
import { KeptAnswers, type KeptAnswer } from "../../src/proxy/kept-answers.ts";
import { sqliteUnderTest } from "../ledger/sqlite/under-test.ts";
import { callerOf } from "./support/plain-exchange.ts";
import { recordedLog } from "./support/recorded-log.ts";

async function keptAnswers(): Promise<{ kept: KeptAnswers; restarted: () => KeptAnswers }> {
  const under = await sqliteUnderTest();
  onTestFinished(() => under.close());
  const open = (): KeptAnswers => new KeptAnswers(new Conversations(under.ledger, recordedLog().log));
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

  it("that name each other in a circle are taken for unknown", async () => {
    const { kept } = await keptAnswers();
    await kept.record(caller, "openai", ["r1"], answer("r1", { input: "one", previous_response_id: "r1" }));
    expect(await kept.turnsBehind(caller, "openai", openaiResponses, named("r1"))).toBeNull();
  });
});
