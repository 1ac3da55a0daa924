import { describe, it } from "vitest";
import { cellOf, wireOf } from "../cells.ts";
import type { Chat, Client, Thrown } from "../client.ts";
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

/** Asks once, at a stage of its own. */
async function met(client: Client, site: Site, fault: Fault, ask: string, where = fault.where) {
  const stage: Stage = site.play(fault.play(client));
  const retries = fault.lasts === true ? { retriesMax: 1 } : {};
  const chat = stage.open(client, { url: site.url(where ?? "usual"), ...retries });
  return { stage, chat, seen: await seenBy(client, chat, ask) };
}

export function faulty(client: Client, site: Site): void {
  const names = (Object.keys(faults) as FaultName[]).filter((name) => wireOf(client, name) !== null);
  describe("where something goes wrong", () => {
    it.for(names)("shows no wrong call, and is told the truth: %s", async (name, { expect }) => {
      const wire = wireOf(client, name) as Wire;
      const cell = cellOf(client, families[client.family], name, wire);
      const { stage, chat, seen } = await met(client, site, faults[name], question("Paris?"));

      expect(seen).toMatchObject(cell.seen);
      const { message = "", status = null } = "throws" in seen ? seen : {};
      expect(message).toMatch(cell.words ?? /^/);
      expect(cell.statuses ?? [status]).toContain(status);
      expect(stage.sent()).toBe(cell.sent + (client.vainRequests ?? 0));
      expect(stage.asked()).toHaveLength(cell.asked);

      expect(chat.ran).toEqual(cell.ran);
      const shown = JSON.stringify([chat.turns, chat.pieces]);
      expect(shown).not.toContain(secret);
      expect(chat.pieces.length > 0 && wire.calls === undefined).toBe(false);
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
