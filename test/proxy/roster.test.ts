import { describe, expect, it } from "vitest";
import { pass } from "../../src/exchange/verdict.ts";
import { defineGuard, type Ports } from "../../src/guards/guard.ts";
import { type PostSpec, Roster } from "../../src/proxy/roster.ts";

const ports: Ports = { now: () => 0, framingKey: () => Promise.resolve(new Uint8Array()), report: () => {} };

function scene(): { roster: Roster; made: string[]; closed: string[] } {
  const made: string[] = [];
  const closed: string[] = [];
  const guard = defineGuard<{ word: string }>({
    name: "word",
    version: 3,
    summary: "For tests.",
    planes: ["llm"],
    options: { word: { type: "string", default: "", description: "A word." } },
    watch: ({ word }) => {
      if (word === "broken") throw new Error("cannot be made");
      made.push(word);
      return { watches: { call: () => pass }, close: () => Promise.resolve(void closed.push(word)) };
    },
  });
  return { roster: new Roster([guard], ports), made, closed };
}

const post = (word: string): PostSpec => ({
  guard: "word",
  mode: "enforce",
  onError: "block",
  planes: ["llm", "tool"],
  options: { word },
});

describe("guards on duty", () => {
  it("stay the same over a change of the others, and end with the last shift that has them", async () => {
    const { roster, made, closed } = scene();
    const first = roster.putOnDuty([post("a"), post("b")]);
    const second = roster.putOnDuty([post("b"), post("c")]);
    expect(made).toEqual(["a", "b", "c"]);
    expect(second.entries[0]?.watcher).toBe(first.entries[1]?.watcher);
    await first.end();
    expect(closed).toEqual(["a"]);
    await second.end();
    expect(closed.toSorted()).toEqual(["a", "b", "c"]);
  });

  it("are two where one configuration has the same twice, each with a memory of its own", () => {
    const { roster } = scene();
    const [one, other] = roster.putOnDuty([post("a"), post("a")]).entries;
    expect(one?.watcher).not.toBe(other?.watcher);
  });

  it("are none of a configuration of which one cannot be made", async () => {
    const { roster, closed } = scene();
    expect(() => roster.putOnDuty([post("a"), post("broken")])).toThrow("cannot be made");
    await expect.poll(() => closed).toEqual(["a"]);
    expect(() => roster.putOnDuty([{ ...post("a"), guard: "nobody" }])).toThrow("no guard is called nobody");
  });

  it("stand only where their guard has something to do", () => {
    const [entry] = scene().roster.putOnDuty([post("a")]).entries;
    expect(entry).toMatchObject({ planes: ["llm"], version: 3, optionsJson: '{"word":"a"}', rewrites: true });
  });
});
