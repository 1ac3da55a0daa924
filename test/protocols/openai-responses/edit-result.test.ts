import { describe, expect, it } from "vitest";
import { applyEdits } from "../../../src/wire/json-edit.ts";
import { paragraph, resultTexts } from "../../../src/protocols/openai-responses/edit-result.ts";
import { callItem, outputItem, promptOf } from "./traffic.ts";

/** The output of a result once its texts are these. */
function edited(item: object, texts: readonly string[]): unknown {
  const prompt = promptOf([callItem("c1"), item]);
  const part = prompt.parts.at(-1)!;
  const body = applyEdits(prompt.text, resultTexts(prompt.text, part, texts));
  return (JSON.parse(body) as { input: { output: unknown }[] }).input[1]?.output;
}

describe("the texts of a result", () => {
  it("are changed where they stand, with all around them left", () => {
    expect(edited(outputItem("c1"), ["framed"])).toBe("framed");
    const image = { type: "input_image", file_id: "f" };
    const parts = [{ type: "input_text", text: "a" }, image, { type: "input_text", text: "b" }];
    expect(edited(outputItem("c1", parts), ["A", "b"])).toEqual([
      { type: "input_text", text: "A" },
      image,
      parts[2],
    ]);
  });

  it("make room for one stub", () => {
    const parts = [
      { type: "input_text", text: "a" },
      { type: "input_text", text: "b" },
    ];
    expect(edited(outputItem("c1", parts), ["stub"])).toBe("stub");
    expect(edited(outputItem("c1", parts), ["x", "y", "z"])).toBe(["x", "y", "z"].join(paragraph));
  });

  it("stay a list of outputs where a shell wrote them", () => {
    const outcome = { type: "exit", exit_code: 1 };
    const item = {
      type: "shell_call_output",
      call_id: "c1",
      output: [{ stdout: "a", stderr: "b", outcome }],
    };
    expect(edited(item, ["A", "B"])).toEqual([{ stdout: "A", stderr: "B", outcome }]);
    expect(edited(item, ["stub"])).toEqual([{ stdout: "stub", stderr: "", outcome }]);
  });
});
