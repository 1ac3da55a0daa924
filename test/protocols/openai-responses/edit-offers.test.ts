import { describe, expect, it } from "vitest";
import type { Prompt, PromptEdit } from "../../../src/exchange/prompt.ts";
import { editOffers } from "../../../src/protocols/openai-responses/edit-offers.ts";
import { editPrompt } from "../../../src/protocols/openai-responses/edit-prompt.ts";
import { InputChange } from "../../../src/protocols/openai-responses/input-change.ts";
import { itemsOf, layoutOf } from "../../../src/protocols/openai-responses/read-prompt.ts";
import { promptOf, type Json } from "./traffic.ts";

const f = (name: string) => ({ type: "function", name, parameters: {} });
const space = (name: string, ...tools: unknown[]) => ({ type: "namespace", name, description: "d", tools });

function without(prompt: Prompt, ...names: string[]): Json {
  const edits = prompt.offers.flatMap(({ name, index }): PromptEdit[] =>
    names.includes(name) ? [{ kind: "remove-offer", offer: index }] : [],
  );
  return JSON.parse(editPrompt(prompt, edits)) as Json;
}

describe("offers that leave", () => {
  it("leave their namespace, and take it with them when they are the last in it", () => {
    const prompt = promptOf("Hi", { tools: [space("crm", f("find"), f("add")), space("erp", f("find"))] });
    expect(without(prompt, "crm.find", "erp.find")["tools"]).toEqual([space("crm", f("add"))]);
  });

  it("leave every place that defines them", () => {
    const search = { type: "tool_search_output", call_id: null, execution: "server", tools: [f("find")] };
    const late = { type: "additional_tools", role: "developer", tools: [f("late")] };
    const prompt = promptOf([{ role: "user", content: "Hi" }, late, search], {
      tools: [f("find"), f("other")],
    });
    const after = without(prompt, "find", "late");
    expect(after["tools"]).toEqual([f("other")]);
    expect(after["input"]).toEqual([
      { role: "user", content: "Hi" },
      { ...search, tools: [] },
    ]);
  });

  it("leave the choice with them, unless others may still be chosen", () => {
    const prompt = promptOf("Hi", {
      tools: [f("a"), f("b")],
      tool_choice: "required",
      parallel_tool_calls: true,
    });
    expect(without(prompt, "a")["tool_choice"]).toBe("required");
    expect(without(prompt, "a", "b")).toEqual({ model: "gpt-5.4", input: "Hi", parallel_tool_calls: true });
    const late = { type: "additional_tools", role: "developer", tools: [f("late")] };
    const more = promptOf([late, { role: "user", content: "Hi" }], { tools: [f("a")], tool_choice: "auto" });
    expect(without(more, "a")).not.toHaveProperty("tools");
    expect(without(more, "a")["tool_choice"]).toBe("auto");
  });
});

describe("an offer that is described otherwise", () => {
  it("is so at every place, but for what the provider defines", () => {
    const late = { type: "additional_tools", role: "developer", tools: [f("find")] };
    const prompt = promptOf([late], { tools: [f("find"), { type: "web_search" }] });
    const edits = prompt.offers.map(
      ({ index }) => ({ kind: "rewrite-offer", offer: index, description: "new" }) as const,
    );
    const after = JSON.parse(editPrompt(prompt, edits)) as Json;
    expect(after["tools"]).toEqual([{ ...f("find"), description: "new" }, { type: "web_search" }]);
    expect(after["input"][0].tools[0].description).toBe("new");
  });

  it("is one of the prompt's", () => {
    const prompt = promptOf("Hi");
    const layout = layoutOf(prompt);
    const items = itemsOf(layout);
    const edits = [{ kind: "remove-offer", offer: 3 }] as const;
    expect(() => editOffers(prompt, layout, items, edits, new InputChange(prompt, layout, items))).toThrow(
      "no offer 3",
    );
  });
});
