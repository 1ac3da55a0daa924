import { describe, expect, it } from "vitest";
import { dutiesOf, watchedMoments } from "../../src/config/duties.ts";
import { defineGuard } from "../../src/guards/guard.ts";
import { pass } from "../../src/exchange/verdict.ts";
import { configOf } from "./loading.ts";
import { testSockets } from "./sockets.ts";

describe("dutiesOf", () => {
  it("groups the posts by moment, in the order of the file, each where its moment exists", async () => {
    const { posts } = await configOf(
      [
        "posts:",
        "  - { guard: budget }",
        "  - { guard: tool-schema, mode: report, planes: [tool, llm] }",
        "  - { guard: tool-schema }",
        "  - { guard: quarantine, delimit: false }",
      ].join("\n"),
    );
    const duties = await dutiesOf(posts, testSockets.guards);
    const written = Object.entries(duties).map(([moment, list]) => [
      moment,
      ...list.map(({ post, planes }) => `${post.guard} ${post.mode} ${planes.join("+")}`),
    ]);
    expect(written).toEqual([
      ["offer", "tool-schema report llm", "tool-schema enforce llm"],
      ["call", "tool-schema report tool+llm", "tool-schema enforce llm+tool+mcp"],
      ["result"],
      ["prompt", "budget enforce llm"],
      ["reply"],
    ]);
  });

  it("leaves out posts that are off", async () => {
    const { posts } = await configOf("posts: [{ guard: budget, mode: off }]");
    expect((await dutiesOf(posts, testSockets.guards)).prompt).toEqual([]);
  });
});

describe("watchedMoments", () => {
  it("asks a guard and lets it go again", async () => {
    let open = 0;
    const guard = defineGuard<object>({
      name: "counting",
      version: 1,
      summary: "",
      options: {},
      watch: () => {
        open += 1;
        return { watches: { reply: () => pass, call: () => pass }, close: async () => void (open -= 1) };
      },
    });
    expect(await watchedMoments(guard, {})).toEqual(["call", "reply"]);
    expect(open).toBe(0);
  });
});
