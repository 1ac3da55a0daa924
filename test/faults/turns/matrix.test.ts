import { describe, expect, it } from "vitest";
import { sharedServer } from "../../ledger/postgres/shared-server.ts";
import type { LedgerKind } from "../support/ledgers.ts";
import { turnFaults } from "./kinds/index.ts";
import { runTurnMatrix, turnHeading, turnLineOf, writtenTurn, type TurnCell } from "./matrix.ts";
import { speeches, type Speech } from "./speech.ts";

// The whole of it takes minutes: `npm run faults`. This is a cut of it, in which each kind of fault is met.

function run(
  names: readonly string[],
  protocol: Speech["name"],
  ledger: LedgerKind = "sqlite",
): Promise<readonly TurnCell[]> {
  const faults = turnFaults.filter(({ name }) => names.includes(name));
  if (faults.length !== names.length) throw new Error("a fault is gone");
  return runTurnMatrix({
    faults,
    speeches: speeches.filter(({ name }) => name === protocol),
    ledgers: [ledger],
    postgres: sharedServer,
    atOnce: 2,
    onCell: () => {},
  });
}

const sayings = (cells: readonly TurnCell[]): readonly string[] => cells.flatMap(({ broken }) => broken);

describe("the faults of turns, in part", () => {
  it.each<[Speech["name"], readonly string[]]>([
    ["chat", ["turn-cut/body-ends-behind-each-event-unjudged", "turn-client/three-of-eight-samples-leave"]],
    ["messages", ["turn-cut/connection-breaks-behind-each-event", "turn-client/leaves-behind-the-text"]],
    ["responses", ["turn-cut/body-ends-behind-each-event", "turn-client/eight-samples-and-a-later-attempt"]],
  ])("break no promise in %s", { timeout: 240_000 }, async (protocol, names) => {
    const cells = await run(names, protocol);
    expect(sayings(cells)).toEqual([]);
    const lines = cells.map(turnLineOf);
    expect(lines.map(({ fault }) => fault).toSorted()).toEqual(names.toSorted());
    for (const line of lines) expect(line.whole).toBeGreaterThanOrEqual(line.turns);
  });

  it("break none where the gateway is killed in the middle of an answer", { timeout: 240_000 }, async () => {
    const cells = await run(["turn-kill/turn-piece-written", "turn-kill/after-turn-settled"], "chat");
    expect(sayings(cells)).toEqual([]);
    // What was cut is made once more, and what was ended is not.
    const generations = cells.map(turnLineOf).map((line) => [line.fault, line.generations / line.turns]);
    expect(Object.fromEntries(generations)).toEqual({
      "turn-kill/turn-piece-written": 2,
      "turn-kill/after-turn-settled": 1,
    });
  });

  it("break none at three gateways on one database", { timeout: 240_000 }, async () => {
    const names = ["turn-client/eight-samples-at-once", "turn-client/leaves-in-the-text"];
    expect(sayings(await run(names, "chat", "postgres"))).toEqual([]);
  });

  it("say what is not as it should be, and go on", { timeout: 60_000 }, async () => {
    const [speech] = speeches;
    if (speech === undefined) throw new Error("nobody speaks");
    const cells = await runTurnMatrix({
      faults: [
        {
          name: "turn-test/wrong",
          async run(site) {
            const { port } = await site.start();
            const asking = site.asking("wrong", "sample", "text", 3);
            await asking.once(port);
          },
        },
        { name: "turn-test/fails", run: () => Promise.reject(new Error("it did not work")) },
      ],
      speeches: [speech],
      ledgers: ["sqlite"],
      postgres: sharedServer,
      atOnce: 2,
      onCell: () => {},
    });
    expect(sayings(cells).toSorted()).toEqual([
      "it did not work",
      "wrong-sample-0-text (sample): the model was asked 1 times, and 3 is right",
    ]);
  });
});

describe("a line of the table of turns", () => {
  it("stands under its heading", () => {
    const cell: TurnCell = {
      fault: "turn-kill/turn-claimed",
      protocol: "chat",
      ledger: "sqlite",
      asked: [],
      broken: [],
      seconds: 1,
    };
    expect(writtenTurn(turnLineOf(cell)).length).toBe(turnHeading.length);
  });
});
