import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openaiChat } from "../../../src/protocols/openai-chat/index.ts";
import { recordedTurn, type TurnName } from "../../../src/proxy/turns/recorded-turn.ts";
import { type Making, pieceAddress, writtenHead } from "../../../src/proxy/turns/turn-pieces.ts";
import { win } from "../../conformance/ledger/requests.ts";
import { sqliteUnderTest, type SqliteUnderTest } from "../../ledger/sqlite/under-test.ts";

const sockets = { protocols: [openaiChat], answerBytesMax: 10_000 };
const detail = { protocol: "openai-chat", target: "openai", model: "m", exchange: "x1" };

let store: SqliteUnderTest;
let name: TurnName;
let making: Making;
beforeEach(async () => {
  store = await sqliteUnderTest();
  const { tenant, id, epoch } = await win(store.ledger, { kind: "turn", run: "r", attempt: "a", detail });
  name = { tenant, run: "r", turn: id };
  making = { tenant, id, epoch };
});
afterEach(() => store.close());

async function has(body: string, type: string, status = 200): Promise<void> {
  const head = writtenHead({ status, headers: ["content-type", type], isDocument: false });
  await store.ledger.put(making.tenant, head, pieceAddress(making, "head"));
  await store.ledger.put(making.tenant, Buffer.from(body), pieceAddress(making, 0));
}
const told = async (more: Partial<TurnName> = {}) =>
  (await recordedTurn(store.ledger, { ...name, ...more }, sockets))?.told ?? null;

describe("a turn as the ledger has it", () => {
  it("is told while it is made, with what there is", async () => {
    const delta = { content: "It is" };
    const chunk = {
      id: "up-1",
      choices: [{ index: 0, delta }],
      usage: { prompt_tokens: 3, completion_tokens: 2 },
    };
    await has(`data: ${JSON.stringify(chunk)}\n\n`, "text/event-stream");
    expect(await told()).toMatchObject({
      turn: `${making.id}.1`,
      state: "intent",
      reason: null,
      attempt: "a",
      target: "openai",
      model: "m",
      exchange: "x1",
      finishedAt: null,
      status: 200,
      upstreamId: "up-1",
      usage: { inputTokens: 3, outputTokens: 2 },
      complete: false,
      text: "It is",
      calls: [],
    });
  });

  it("is told of a document, of a part of one, and of nothing", async () => {
    expect(await told()).toMatchObject({
      status: null,
      text: "",
      upstreamId: null,
      bytes: { shown: 0, said: 0 },
    });
    const message = { role: "assistant", content: "Hi" };
    await has(
      JSON.stringify({ id: "a", choices: [{ index: 0, message, finish_reason: "stop" }] }),
      "application/json",
    );
    expect(await told()).toMatchObject({ complete: true, text: "Hi", upstreamId: "a" });
  });

  it("is told without a text where it was refused", async () => {
    await has('{"error":{"message":"no"}}', "application/json", 429);
    expect(await told()).toMatchObject({ status: 429, text: "", complete: false });
  });

  it("is of its run, its tenant and its making alone", async () => {
    expect(await told({ run: "other" })).toBeNull();
    expect(await told({ tenant: "other" })).toBeNull();
    expect(await told({ turn: "none" })).toBeNull();
    expect(await told({ turn: `${making.id}.2` })).toBeNull();
    expect(await told({ turn: `${making.id}.1` })).not.toBeNull();
    const effect = await win(store.ledger, { kind: "effect", run: "r", key: "e".repeat(64) });
    expect(await told({ turn: effect.id })).toBeNull();
  });
});
