import { readFileSync } from "node:fs";
import { join } from "node:path";

const heads = ["charges for one order", "the same call again"];

/** The two tables as the README has them; an empty text where it has none. */
export function readmeTables(): readonly string[] {
  const text = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
  const blocks = [...text.matchAll(/^```\n([\s\S]*?)\n```$/gm)].map((match) => match[1] ?? "");
  return heads.map((head) => blocks.find((block) => block.startsWith(head)) ?? "");
}
