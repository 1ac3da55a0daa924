import type { Moment, Moments } from "../exchange/moments.ts";
import type { VerdictFact } from "../exchange/run-facts.ts";

/** A verdict that is no pass, before it is known where in which exchange it is written down. */
export type NotedVerdict = Omit<
  VerdictFact,
  "exchange" | "plane" | "target" | "conversation" | "stage" | "attempt"
>;

type Reference = Pick<VerdictFact, "tool" | "call" | "message">;

/** Longest reason and longest name that are written down, in characters. */
const reasonCharsMax = 1000;
const nameCharsMax = 200;

/** The verdict as it is written down; of what it is about only the names. */
export function noted(
  verdict: Omit<NotedVerdict, keyof Reference>,
  moment: Moment,
  subject: Moments[Moment]["subject"],
): NotedVerdict {
  return {
    ...verdict,
    reason: cut(verdict.reason, reasonCharsMax),
    ...referenceOf(moment, subject),
  };
}

/** Verdicts that another one has ended the matter of: what was rewritten leaves in no form. */
export function overtaken(verdicts: readonly NotedVerdict[]): readonly NotedVerdict[] {
  return verdicts.map((one) =>
    one.verdict === "rewrite" && one.done === "carried-out" ? { ...one, done: "overtaken" } : one,
  );
}

function referenceOf(moment: Moment, subject: Moments[Moment]["subject"]): Reference {
  switch (moment) {
    case "offer":
      return named((subject as Moments["offer"]["subject"]).offer.name, "");
    case "call": {
      const { name, id } = (subject as Moments["call"]["subject"]).call;
      return named(name, id);
    }
    case "result": {
      const { toolName, callId } = subject as Moments["result"]["subject"];
      return named(toolName ?? "", callId);
    }
    case "prompt":
    case "reply":
      return {};
  }
}

function named(tool: string, call: string): Reference {
  return {
    ...(tool === "" ? {} : { tool: cut(tool, nameCharsMax) }),
    ...(call === "" ? {} : { call: cut(call, nameCharsMax) }),
  };
}

function cut(text: string, charsMax: number): string {
  return text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text;
}
