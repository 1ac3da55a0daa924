import { describe, expect, it } from "vitest";
import { saidHash } from "../../../src/protocols/openai-responses/message-hash.ts";
import { readPrompt } from "../../../src/protocols/openai-responses/read-prompt.ts";
import { callItem, promptOf } from "./traffic.ts";

const said = { role: "assistant", text: "Hi", calls: [], rest: [] };
const call = { kind: "function", name: "f", argumentsText: '{"a":1, "b":2}' } as const;

describe("the hash of a message", () => {
  it("is the same for arguments in another spelling, and for none at all", () => {
    const hash = saidHash({ ...said, calls: [call] });
    expect(saidHash({ ...said, calls: [{ ...call, argumentsText: '{ "b":2,"a":1.0}' }] })).toBe(hash);
    const empty = saidHash({ ...said, calls: [{ ...call, argumentsText: "" }] });
    expect(saidHash({ ...said, calls: [{ ...call, argumentsText: "{}" }] })).toBe(empty);
  });

  it("differs for everything that is said otherwise", () => {
    const custom = { kind: "custom", name: "f", argumentsText: '{"a":1, "b":2}' } as const;
    const hashes = [
      said,
      { ...said, role: "user" },
      { ...said, text: "Ho" },
      { ...said, calls: [call] },
      { ...said, calls: [custom] },
      { ...said, rest: ["x"] },
    ].map(saidHash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it.each([
    ["without ids, status and phase", [{ role: "assistant", content: "Hi" }, callItem("c1")]],
    [
      "without reasoning",
      [
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi" }] },
        callItem("c1", { id: "fc" }),
      ],
    ],
    [
      "with a reference to the reasoning",
      [{ type: "item_reference", id: "rs_1" }, { role: "assistant", content: "Hi" }, callItem("c1")],
    ],
    [
      "with the text in two",
      [{ role: "assistant", content: "H" }, { role: "assistant", content: "i" }, callItem("c1")],
    ],
    [
      "with the provider's own calls",
      [{ type: "web_search_call", id: "ws_1" }, { role: "assistant", content: "Hi" }, callItem("c1")],
    ],
  ])("is the same however a client writes a turn: %s", (_, items) => {
    const whole = promptOf([
      { type: "reasoning", id: "rs_1", summary: [] },
      {
        type: "message",
        id: "msg_1",
        status: "completed",
        phase: "commentary",
        role: "assistant",
        content: [{ type: "output_text", text: "Hi" }],
      },
      callItem("c1", { id: "fc_1", status: "completed" }),
    ]);
    expect(promptOf(items).messages.map(({ hash }) => hash)).toEqual(whole.messages.map(({ hash }) => hash));
  });

  it("knows a text that is only named by its id from every other", () => {
    const hashes = ["msg_1", "msg_2"].map(
      (id) => readPrompt(JSON.stringify({ input: [{ type: "item_reference", id }] })).messages[0]?.hash,
    );
    expect(hashes[0]).not.toBe(hashes[1]);
  });
});
