import { expect, it } from "vitest";
import { textOf } from "../../src/wire/body-text.ts";

it("is the text that was given, or the bytes decoded, also where they are part of a larger buffer", () => {
  expect(textOf("日 a")).toBe("日 a");
  expect(textOf(Buffer.from("日 a"))).toBe("日 a");
  expect(textOf(new Uint8Array(Buffer.from("xx日 a").buffer.slice(0)).subarray(0, 0))).toBe("");
  expect(textOf(Buffer.from("xx日 axx").subarray(2, 7))).toBe("日 a");
});
