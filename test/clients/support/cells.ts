import type { ProtocolName } from "../../../examples/provider/answer.ts";
import type { PlainCall } from "./client.ts";
import type { Family, Seen } from "./families.ts";
import { faults, type Fault, type FaultName, type Wire } from "./faults.ts";

/** What a cell needs to know of a client. */
export interface CellClient {
  readonly name: string;
  readonly protocol: ProtocolName;
  readonly streams: boolean;
}

/** What is promised of one client and one fault. */
export interface Cell {
  readonly seen: Seen;
  /** Of an error: the words in its message, and the statuses of which it has one, where that is open. */
  readonly words?: RegExp;
  readonly statuses?: readonly unknown[];
  /** Requests that the client sends, and those that reach the provider. */
  readonly sent: number;
  readonly asked: number;
  readonly ran: readonly PlainCall[];
}

/** What the gateway answers to the first request, or null where a client cannot meet this fault. */
export function wireOf({ protocol, streams }: CellClient, name: FaultName): Wire | null {
  const fault: Fault = faults[name];
  return fault.on?.[protocol] ?? (streams ? fault.streamed : fault.whole);
}

/** Where `faults`, what the gateway says, and families, what clients make of it, meet. */
export function cellOf(client: CellClient, family: Family, name: FaultName, wire: Wire): Cell {
  const { where, repairs }: Fault = faults[name];
  const { differs = [] } = family;
  const different = differs.find(
    ({ fault: of, streams, client: only }) =>
      of === name && streams.includes(client.streams) && (only ?? client.name) === client.name,
  );
  const promised = different ?? usualOf(family, name, wire);
  return { ...promised, asked: where === "dead" ? 0 : promised.sent + repairs };
}

function usualOf(family: Family, name: FaultName, wire: Wire): Omit<Cell, "asked"> {
  const { lasts }: Fault = faults[name];
  const ran = wire.calls ?? [];
  if (wire.is === "answer") return { seen: { text: wire.text }, sent: 2, ran };
  // What had begun is nobody's to ask for again.
  const asksAgain = wire.is === "error" && family.asksAgainAfter.includes(name);
  const sent = asksAgain || ran.length > 0 ? 2 : 1;
  if (asksAgain && lasts !== true) return { seen: { text: "Fine." }, sent, ran };
  return { ...errorOf(family, wire), words: wire.words, sent, ran };
}

function errorOf(
  { throws, inStream }: Family,
  wire: Exclude<Wire, { is: "answer" }>,
): Pick<Cell, "seen" | "statuses"> {
  const { code } = wire;
  const hidesCode = wire.is === "event" && inStream?.codeAt === null;
  // The code of somebody else's error is no matter of ours.
  const ours = code === undefined ? {} : { code: hidesCode ? undefined : code };
  if (wire.is === "error") {
    return { seen: { throws: throws[wire.status] ?? throws.other, status: wire.status, ...ours } };
  }
  const seen = { throws: throws.event, ...ours };
  if (inStream === undefined) return { seen: { ...seen, status: undefined } };
  const known = code === undefined ? undefined : inStream.statuses[code];
  if (known !== undefined) return { seen: { ...seen, status: known } };
  return { seen, statuses: inStream.statuses.others };
}
