import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { filesUnder, hasRunTimeCode, root } from "./source-files.ts";

function testOf(file: string): string {
  return file.replace(/^src\//, "test/").replace(/\.ts$/, ".test.ts");
}

describe("every file of src that runs", () => {
  it("has its test at the mirrored path", () => {
    const files = filesUnder("src", ".ts");
    const running = files.filter((file) => hasRunTimeCode(file.text));
    expect(running.length).toBeGreaterThan(50);
    expect(running.length).toBeLessThan(files.length);
    const faults = running
      .filter((file) => !existsSync(path.join(root, testOf(file.path))))
      .map((file) => `${file.path} has code that runs, and no test. Write ${testOf(file.path)}.`);
    expect(faults).toEqual([]);
  });

  it.each([
    ["export interface A { a: string }\nexport type B = A | null;", false],
    ['import type { A } from "./a.ts";\n/** Why. */\nexport type B = A; // and so on', false],
    ['import { type A } from "./a.ts";\nexport type { A } from "./a.ts";', false],
    ["export declare const a: string;", false],
    ["export const a = 1;", true],
    ['export { a } from "./a.ts";', true],
    ["export interface A { a: string }\nexport function f(): void {}", true],
    ["export class A { declare a: string }", true],
  ])("is told from one of types alone: %s", (text, runs) => {
    expect(hasRunTimeCode(text)).toBe(runs);
  });
});
