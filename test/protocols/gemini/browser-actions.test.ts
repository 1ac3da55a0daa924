import { describe, expect, it } from "vitest";
import { browserActions } from "../../../src/protocols/gemini/browser-actions.ts";

describe("the functions that computerUse offers", () => {
  it("are those of every generation, without those that the request excludes", () => {
    expect(browserActions({ environment: "ENVIRONMENT_BROWSER" })).toEqual(
      expect.arrayContaining(["click_at", "type_text_at", "click", "long_press"]),
    );
    const some = browserActions({ excluded_predefined_functions: ["drag_and_drop"] });
    expect(some).not.toContain("drag_and_drop");
    expect(some).toContain("navigate");
    expect(new Set(some).size).toBe(some.length);
  });
});
