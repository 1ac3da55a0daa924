import { describe, expect, it } from "vitest";
import { itemShape } from "../../../src/protocols/openai-responses/item-shape.ts";
import { runsOf } from "../../../src/protocols/openai-responses/runs.ts";
import { callItem, outputItem } from "./traffic.ts";

const runs = (...items: unknown[]) => runsOf(items.map((item) => itemShape(JSON.stringify(item))));
const thought = { type: "reasoning", id: "rs_1", summary: [] };

describe("the messages of a list of items", () => {
  it("are items alone, and the items of one turn together", () => {
    const found = runs(
      { role: "user", content: "Hi" },
      thought,
      { role: "assistant", content: "Let me look." },
      callItem("c1"),
      callItem("c2"),
      outputItem("c1"),
      outputItem("c2"),
      { role: "assistant", content: "Done." },
    );
    expect(found.map(({ from, to, role }) => [from, to, role])).toEqual([
      [0, 1, "user"],
      [1, 5, "assistant"],
      [5, 6, "tool"],
      [6, 7, "tool"],
      [7, 8, "assistant"],
    ]);
    expect(found[1]?.calls.map(({ id }) => id)).toEqual(["c1", "c2"]);
  });

  it("name only calls that the model asked the client for, and count all", () => {
    const [run] = runs(callItem("c1", { caller: { type: "program", caller_id: "p" } }));
    expect(run).toMatchObject({ calls: [], hasCalls: true });
  });

  it("know a turn of nothing but the provider's own items by these", () => {
    const hashes = ["a", "b"].map((query) => runs({ type: "web_search_call", action: { query } })[0]?.hash);
    expect(hashes[0]).not.toBe(hashes[1]);
  });

  it("hold what a user said only where somebody said something", () => {
    expect(runs({ role: "user", content: "" })[0]?.hasUserContent).toBe(false);
    expect(runs({ role: "user", content: "Hi" })[0]?.hasUserContent).toBe(true);
    expect(runs(outputItem("c1"))[0]).toMatchObject({ hasUserContent: false, hasResults: true });
    expect(runs()).toEqual([]);
  });
});
