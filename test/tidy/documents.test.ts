import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { guards } from "../../src/guards/index.ts";
import { filesUnder, root, type ProjectFile } from "./source-files.ts";

const fence = /^```[\s\S]*?^```/gm;
const linked = /\]\(\s*<?([^)\s>]+)>?[^)]*\)/g;

/** Links of a page that lead to no file, or to no heading. */
function brokenLinks(page: ProjectFile): string[] {
  const targets = [...page.text.replaceAll(fence, "").matchAll(linked)].map((match) => match[1] ?? "");
  return targets.flatMap((target) => {
    if (/^(?:[a-z]+:|#$)/.test(target)) return [];
    const [file = "", heading] = target.split("#");
    const at = file === "" ? page.path : path.posix.join(path.posix.dirname(page.path), decodeURI(file));
    if (!existsSync(path.join(root, at)))
      return [`${page.path} links to ${target}, which is not there. Correct the link.`];
    if (heading === undefined || !at.endsWith(".md")) return [];
    const known =
      at === page.path ? page.text : (filesUnder(path.dirname(at), path.basename(at))[0]?.text ?? "");
    return headingsOf(known).includes(heading)
      ? []
      : [`${page.path} links to ${target}, but ${at} has no such heading. Correct the link.`];
  });
}

/** Anchors as GitHub makes them. */
function headingsOf(text: string): string[] {
  return [...text.replaceAll(fence, "").matchAll(/^#{1,6}\s+(.+)$/gm)].map((match) =>
    (match[1] ?? "")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}

describe("the documentation", () => {
  it("has a page for every guard", () => {
    expect(guards.length).toBeGreaterThan(2);
    const faults = guards
      .map((guard) => `docs/guards/${guard.name}.md`)
      .filter((page) => !existsSync(path.join(root, page)))
      .map(
        (page) => `${page} is missing. Write what the guard stops, its options, and what it does not stop.`,
      );
    expect(faults).toEqual([]);
  });

  it("links to what is there", () => {
    const pages = filesUnder(".", ".md").filter((page) => !page.path.startsWith("test/fixtures/"));
    expect(pages.map((page) => page.path)).toEqual(
      expect.arrayContaining(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]),
    );
    expect(pages.flatMap(brokenLinks)).toEqual([]);
  });

  it.each([
    ["[a](missing.md)", "which is not there"],
    ["[a](#nowhere)\n# Somewhere", "has no such heading"],
    ["![a](docs/none.svg)", "which is not there"],
  ])("would notice %s", (text, sentence) => {
    expect(brokenLinks({ path: "CONTRIBUTING.md", text }).join()).toContain(sentence);
  });

  it("may link anywhere else", () => {
    const text =
      "[a](https://example.com) [b](#some-where--or-not)\n## Some where & or not\n```\n[c](none.md)\n```";
    expect(brokenLinks({ path: "CONTRIBUTING.md", text })).toEqual([]);
  });
});
