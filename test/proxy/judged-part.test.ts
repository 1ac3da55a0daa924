import { describe, expect, it } from "vitest";
import type { Part } from "../../src/exchange/prompt.ts";
import { JudgedPart, partsAfter } from "../../src/proxy/judged-part.ts";

function part(index: number, more: Partial<Part> = {}): Part {
  return {
    index,
    message: index,
    role: "tool",
    kind: "result",
    span: { start: index, end: index + 1 },
    original: `"${index}"`,
    pinned: index === 0,
    texts: [`text ${index}`],
    media: [{ kind: "image", base64: undefined }],
    result: { callId: `c${index}`, toolName: "search", isError: false },
    ...more,
  };
}

describe("a part as it is judged", () => {
  it("is the part it stands for, with its current texts beside the received ones", () => {
    const received = part(3);
    const judged = new JudgedPart(received, ["framed"], true);
    for (const key of Object.keys(received) as (keyof Part)[]) expect(judged[key]).toBe(received[key]);
    expect(judged.currentTexts).toEqual(["framed"]);
    expect(judged.texts).toEqual(["text 3"]);
    expect(judged.dropped).toBe(true);
  });

  it("has its received texts where nobody changed them", () => {
    const received = part(1);
    expect(new JudgedPart(received, null, false).currentTexts).toBe(received.texts);
  });

  it("answers no call where the part does not", () => {
    const { result: _, ...spoken } = part(1, { kind: "text", role: "user" });
    expect(new JudgedPart(spoken, null, false).result).toBeUndefined();
  });

  it("derives nothing that nobody looks at", () => {
    const lazy = {
      ...part(1),
      get texts(): readonly string[] {
        throw new Error("derived");
      },
    };
    expect(new JudgedPart(lazy, null, false).kind).toBe("result");
  });
});

describe("the parts after edits", () => {
  it("are all there, in order, each with its own texts and its own mark", () => {
    const after = partsAfter(
      [part(0), part(1), part(2)],
      new Map([[1, ["new"]]]),
      ({ index }) => index === 2,
    );
    expect(after.map(({ index, currentTexts, dropped }) => [index, currentTexts[0], dropped])).toEqual([
      [0, "text 0", false],
      [1, "new", false],
      [2, "text 2", true],
    ]);
  });
});
