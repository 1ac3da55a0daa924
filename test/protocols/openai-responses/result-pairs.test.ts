import { describe, expect, it } from "vitest";
import { itemShape } from "../../../src/protocols/openai-responses/item-shape.ts";
import { pairResults } from "../../../src/protocols/openai-responses/result-pairs.ts";
import { runsOf } from "../../../src/protocols/openai-responses/runs.ts";
import { callItem, outputItem } from "./traffic.ts";

function pairs(...items: unknown[]) {
  const shapes = items.map((item) => itemShape(JSON.stringify(item)));
  return pairResults(runsOf(shapes), shapes);
}

describe("the call that a result answers", () => {
  it("is found by its id, and by its kind", () => {
    const custom = { type: "custom_tool_call", call_id: "c1", name: "sql", input: "x" };
    expect(
      pairs(
        callItem("c1"),
        custom,
        { ...outputItem("c1"), type: "custom_tool_call_output" },
        outputItem("c1"),
      ),
    ).toEqual([undefined, { message: 0, name: "sql" }, { message: 0, name: "get_weather" }]);
  });

  it("is the nearest one without a result, where ids are used again", () => {
    const found = pairs(
      callItem("c"),
      outputItem("c"),
      callItem("c", { name: "other" }),
      outputItem("c"),
      outputItem("c"),
    );
    expect(found.map((one) => one?.name)).toEqual([undefined, "get_weather", undefined, "other", undefined]);
  });

  it("may be kept at the provider, and only named here", () => {
    expect(pairs({ type: "item_reference", id: "ctc_1" }, outputItem("c1"))[1]).toEqual({
      message: 0,
      name: undefined,
    });
    expect(pairs({ type: "item_reference", id: "rs_1" }, outputItem("c1"))[1]).toBeUndefined();
  });
});
