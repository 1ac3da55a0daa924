import { describe, it } from "vitest";
import type { Chat, Client, PlainCall, Thrown } from "../client.ts";
import { families, valueAt, type Seen } from "../families.ts";
import { faults, secret, type Fault, type FaultName, type Wire } from "../faults.ts";
import { question, type Site, type Stage } from "../site.ts";

async function seenBy(client: Client, chat: Chat, ask: string): Promise<Seen> {
  try {
    return { text: await chat.ask(ask) };
  } catch (cause) {
    const thrown = cause as Thrown;
    const { throws, statusAt, codeAt, inStream } = families[client.family];
    const isEvent = thrown.constructor.name === throws.event;
    const code = isEvent && inStream !== undefined ? inStream.codeAt : codeAt;
    return {
      throws: thrown.constructor.name,
      status: valueAt(thrown, statusAt) ?? undefined,
      code: code === null ? undefined : (valueAt(thrown, code) ?? undefined),
      message: thrown.message.replace(/req_\w+/, "req_…"),
    };
  }
}

/** Vitest's, of the test at hand. */
interface Matchers {
  matching(words: RegExp): unknown;
  oneOf(values: readonly unknown[]): unknown;
}

/** What is promised of one cell. */
interface Documented {
  readonly seen: Seen;
  readonly sent: number;
  readonly ran: readonly PlainCall[];
}

/** Where `faults`, what the gateway says, and `families`, what clients make of it, meet. */
function documented(client: Client, name: FaultName, wire: Wire, { matching, oneOf }: Matchers): Documented {
  const fault: Fault = faults[name];
  const { throws, asksAgainAfter, differs = [], inStream } = families[client.family];
  const different = differs.find(
    ({ fault: of, streams, client: only }) =>
      of === name && streams.includes(client.streams) && (only ?? client.name) === client.name,
  );
  if (different !== undefined) return different;
  const ran = wire.calls ?? [];
  if (wire.is === "answer") return { seen: { text: wire.text }, sent: 2, ran };
  // What had begun is nobody's to ask for again.
  const asksAgain = wire.is === "error" && asksAgainAfter.includes(name);
  const sent = asksAgain || ran.length > 0 ? 2 : 1;
  if (asksAgain && fault.lasts !== true) return { seen: { text: "Fine." }, sent, ran };
  const { code } = wire;
  const message = matching(wire.words);
  // The code of somebody else's error is no matter of ours.
  const ours =
    code === undefined ? {} : { code: wire.is === "event" && inStream?.codeAt === null ? undefined : code };
  if (wire.is === "error") {
    const seen = { throws: throws[wire.status] ?? throws.other, status: wire.status, message };
    return { seen: { ...seen, ...ours }, sent, ran };
  }
  const statuses = inStream?.statuses;
  const status = statuses === undefined ? undefined : ((code && statuses[code]) ?? oneOf(statuses.others));
  return { seen: { throws: throws.event, status, message, ...ours }, sent, ran };
}

/** Asks once, at a stage of its own. */
async function met(client: Client, site: Site, fault: Fault, ask: string, where = fault.where) {
  const stage: Stage = site.play(fault.play(client));
  const retries = fault.lasts === true ? { retriesMax: 1 } : {};
  const chat = stage.open(client, { url: site.url(where ?? "usual"), ...retries });
  return { stage, chat, seen: await seenBy(client, chat, ask) };
}

export function faulty(client: Client, site: Site): void {
  const names = (Object.keys(faults) as FaultName[]).filter(
    (name) => client.streams || faults[name].whole !== null,
  );
  describe("where something goes wrong", () => {
    it.for(names)("shows no wrong call, and is told the truth: %s", async (name, { expect }) => {
      const fault: Fault = faults[name];
      const wire = (fault.on?.[client.protocol] ?? (client.streams ? fault.streamed : fault.whole)) as Wire;
      const { stage, chat, seen } = await met(client, site, fault, question("Paris?"));

      const {
        seen: expected,
        sent,
        ran,
      } = documented(client, name, wire, {
        matching: (words) => expect.stringMatching(words) as unknown,
        oneOf: (values) => expect.toBeOneOf([...values]) as unknown,
      });
      expect(seen).toMatchObject(expected);
      expect(stage.sent()).toBe(sent + (client.vainRequests ?? 0));
      expect(stage.asked()).toHaveLength(fault.where === "dead" ? 0 : sent + fault.repairs);

      expect(chat.ran).toEqual(ran);
      expect(JSON.stringify([chat.turns, chat.pieces])).not.toContain(secret);
      if (wire.calls === undefined) expect(chat.pieces).toEqual([]);
    });

    const passed = names.filter((name) => (faults[name] as Fault).passes === true);
    it.for(passed)("does what it does without the gateway: %s", async (name, { expect }) => {
      const ask = question("Paris?");
      const [through, without] = await Promise.all([
        met(client, site, faults[name], ask),
        met(client, site, faults[name], ask, "direct"),
      ]);
      expect(through.seen).toEqual(without.seen);
      expect(through.chat.ran).toEqual(without.chat.ran);
      const vain = client.vainRequests ?? 0;
      expect(through.stage.asked()).toHaveLength(without.stage.asked().length - vain);
    });
  });
}
