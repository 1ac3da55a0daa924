import { describe, expect, it } from "vitest";
import { pass } from "../../src/exchange/verdict.ts";
import { defineGuard, type Ports } from "../../src/guards/guard.ts";
import { type PostSpec, Roster } from "../../src/proxy/roster.ts";

const ports: Ports = { now: () => 0, framingKey: () => Promise.resolve(new Uint8Array()), report: () => {} };

function scene(): { roster: Roster; made: string[]; closed: string[]; reports: string[] } {
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
      const close = async (): Promise<void> => {
        if (word === "stuck") throw new Error("its worker is gone");
        closed.push(word);
      };
      return { watches: { call: () => pass }, close };
    },
  });
  const reports: string[] = [];
  const report = (_subject: string, sentence: string): void => void reports.push(sentence);
  return { roster: new Roster([guard], { ...ports, report }), made, closed, reports };
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

  it("end although one before them cannot be ended, and the operator hears why", async () => {
    const { roster, closed, reports } = scene();
    await roster.putOnDuty([post("stuck"), post("b")]).end();
    expect(closed).toEqual(["b"]);
    expect(reports).toEqual([expect.stringContaining("could not be ended: its worker is gone")]);
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
