import type { Asking, Heard } from "./asking.ts";

/** One turn after its fault. */
export interface AskedTurn extends Pick<Asking, "turn" | "way" | "heard" | "paid"> {
  /** How many generations the model was asked for. */
  readonly generations: number;
  /** True where the fault may take an answer that its client had already: it was not yet written down. */
  readonly forgets: boolean;
  /** True where nothing of a call may be in an answer that does not end well. */
  readonly holdsCalls: boolean;
}

/** One sentence for each promise that was broken, whatever the fault was. */
export function brokenTurnPromises(asked: AskedTurn): readonly string[] {
  const { heard, way, paid, generations } = asked;
  const found = [
    ...heard.flatMap((one) => faultsOfOne(one, asked.holdsCalls)),
    ...(way === "sample" ? lostSamples(heard) : differences(asked)),
    ...(paid.includes(generations)
      ? []
      : [`the model was asked ${generations} times, and ${paid.join(" or ")} is right`]),
  ];
  const last = heard.at(-1);
  if (last?.endsWell !== true)
    found.push(`its client has no answer, at last ${last?.status} ${last?.body.slice(0, 120)}`);
  return [...new Set(found)].map((sentence) => `${asked.turn} (${way}): ${sentence}`);
}

function faultsOfOne(one: Heard, holdsCalls: boolean): readonly string[] {
  const { generations, endsWell, hasAll, hasCall, left } = one;
  const found: string[] = [];
  if (generations.length > 1)
    found.push(`one answer has words of the generations ${generations.join(" and ")}`);
  if (endsWell && !hasAll) found.push("an answer ended as a whole one, and lacks a part");
  if (holdsCalls && !endsWell && !left && hasCall) found.push("a call left in an answer that was cut");
  return found;
}

/** A client that was answered completely, and any later one, have the same answer. */
function differences({ heard, forgets }: AskedTurn): readonly string[] {
  const whole = heard.filter(({ endsWell, recorded }) => endsWell && recorded);
  const kept = forgets ? whole.slice(1) : whole;
  const found: string[] = [];
  const made = new Set(kept.map(({ generations }) => generations[0]));
  if (made.size > 1) found.push(`it was answered with the generations ${[...made].join(" and ")}`);
  const bodies = new Set(kept.filter(({ form }) => form === "stream").map(({ body }) => body));
  if (made.size === 1 && bodies.size > 1) found.push("the same answer was told in other bytes");
  return found;
}

/** Who asks for a sample gets one that nobody else has. */
function lostSamples(heard: readonly Heard[]): readonly string[] {
  const whole = heard.filter(({ endsWell }) => endsWell);
  const made = new Set(whole.map(({ generations }) => generations[0]));
  return made.size === whole.length
    ? []
    : [`${whole.length} samples were answered with ${made.size} answers`];
}
