import { describe, expect, it } from "vitest";
import { pass } from "../../src/exchange/verdict.ts";
import { groupPosts, onPlane, strongestHold, type PostEntry } from "../../src/proxy/posts.ts";

function entry(guard: string, more: Partial<PostEntry> = {}): PostEntry {
  return {
    guard,
    version: 1,
    mode: "enforce",
    onError: "block",
    planes: ["llm", "tool", "mcp"],
    optionsJson: "{}",
    rewrites: true,
    watcher: { watches: { call: () => pass } },
    ...more,
  };
}

const names = (posts: readonly { readonly guard: string }[]): string[] => posts.map(({ guard }) => guard);

const holds = (...all: ("none" | "end" | "all" | undefined)[]): string =>
  strongestHold(
    groupPosts(
      all.map((hold, i) =>
        entry(`g${i}`, {
          watcher: { watches: { reply: () => pass }, ...(hold === undefined ? {} : { hold }) },
        }),
      ),
    ).reply,
  );

describe("posts", () => {
  it("stand at the moments that they watch, in the order of the configuration", () => {
    const posts = groupPosts([
      entry("c", { watcher: { watches: { result: () => pass, call: () => pass } } }),
      entry("a"),
      entry("b", { watcher: { watches: { prompt: () => pass } } }),
    ]);
    expect(names(posts.call)).toEqual(["c", "a"]);
    expect(names(posts.result)).toEqual(["c"]);
    expect(names(posts.prompt)).toEqual(["b"]);
    expect(posts.offer).toEqual([]);
    expect(posts.reply).toEqual([]);
  });

  it("that are off stand nowhere", () => {
    expect(groupPosts([entry("a", { mode: "off" })]).call).toEqual([]);
  });

  it("hold only where they were put on duty", () => {
    const posts = groupPosts([entry("a", { planes: ["tool"] }), entry("b"), entry("c", { planes: ["llm"] })]);
    expect(names(onPlane(posts, "call", "llm"))).toEqual(["b", "c"]);
    expect(names(onPlane(posts, "call", "tool"))).toEqual(["a", "b"]);
    expect(names(onPlane(posts, "call", "mcp"))).toEqual(["b"]);
  });

  it("cost nothing where all are on duty: the same list", () => {
    const posts = groupPosts([entry("a"), entry("b")]);
    expect(onPlane(posts, "call", "llm")).toBe(posts.call);
  });

  it("keep verdicts under guard, version and options, and only where a part decides alone", () => {
    const watcher = { watches: { result: () => pass }, dependsOn: "part" } as const;
    const keys = [
      entry("a", { watcher }),
      entry("b", { watcher }),
      entry("a", { watcher, version: 2 }),
      entry("a", { watcher, optionsJson: '{"x":1}' }),
    ].map((one) => groupPosts([one]).result[0]?.keepVerdictsAs);
    expect(new Set(keys).size).toBe(4);
    expect(keys).not.toContain(null);
    expect(groupPosts([entry("a")]).call[0]?.keepVerdictsAs).toBeNull();
  });

  it("ask together for the strongest hold of any of them", () => {
    expect(holds()).toBe("none");
    expect(holds(undefined, "none")).toBe("none");
    expect(holds("none", "end", "none")).toBe("end");
    expect(holds("end", "all", "none")).toBe("all");
  });
});
