import { LongstopError } from "../exchange/error.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Prompt, PromptEdit } from "../exchange/prompt.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { Engine } from "./engine.ts";

/**
 * A request whose earlier turns are kept by the provider, as the guards see it: with these turns in
 * their place. What is sent is the client's own request.
 */
export interface SeenPrompt {
  readonly prompt: Prompt;
  /** Messages and parts that stand before the client's own. */
  readonly messagesBefore: number;
  readonly partsBefore: number;
  /** Names of kept answers that the provider has under other ids. */
  readonly edits: readonly PromptEdit[];
}

/** A request that the guards see as it is. */
export function alone(shown: Prompt, edits: readonly PromptEdit[] = []): SeenPrompt {
  return { prompt: shown, messagesBefore: 0, partsBefore: 0, edits };
}

/**
 * What the guards see of a request that leans on what its provider keeps: the kept turns before it,
 * where all of them went through this gateway. Throws `stateful_refused` where that is not wanted.
 */
export async function seenPrompt(
  engine: Engine,
  protocol: Protocol,
  shown: Prompt,
  at: Exchange,
): Promise<SeenPrompt> {
  const { statefulRequests } = engine.settings;
  if (statefulRequests === "refuse") throw refusal();
  if (statefulRequests === "pass") return alone(shown);
  const edits = await ownIds(engine, shown, at);
  const turns = await engine.keptAnswers.turnsBehind(at.caller, at.target, protocol, shown.kept);
  const seen = turns === null ? null : placed(protocol.withEarlier?.(shown, turns), shown, edits);
  if (seen === null) tell(engine, shown, at);
  return seen ?? alone(shown, edits);
}

/** After a turn was asked again in a stream, the client knows it by the id of the first attempt. */
async function ownIds(engine: Engine, shown: Prompt, at: Exchange): Promise<readonly PromptEdit[]> {
  const edits: PromptEdit[] = [];
  for (const { kind, id } of shown.kept) {
    if (kind !== "answer" || id === null) continue;
    const answer = await engine.keptAnswers.of(at.caller, at.target, id);
    if (answer !== null && answer.upstreamId !== id) {
      edits.push({ kind: "kept-id", from: id, to: answer.upstreamId });
    }
  }
  return edits;
}

function refusal(): LongstopError {
  return new LongstopError(
    "stateful_refused",
    "This request leans on a conversation that the provider keeps, which is refused here " +
      "(statefulRequests: refuse). Send the whole conversation instead.",
  );
}

/** Where the client's own messages stand behind the kept ones; null where they do not stand there whole. */
function placed(prompt: Prompt | undefined, shown: Prompt, edits: readonly PromptEdit[]): SeenPrompt | null {
  if (prompt === undefined) return null;
  const messagesBefore = prompt.messages.length - shown.messages.length;
  const own = prompt.messages.slice(Math.max(0, messagesBefore));
  if (messagesBefore < 0 || own.some(({ hash }, index) => hash !== shown.messages[index]?.hash)) return null;
  const partsBefore = prompt.parts.length - shown.parts.length;
  return { prompt, messagesBefore, partsBefore, edits };
}

/** Why the guards do not see all that the model is given. */
const unseen = {
  answer: "names an answer that did not come through here",
  conversation: "goes on with a conversation that grows at the provider",
  item: "names elements of the conversation (item_reference) instead of sending them",
} as const;

/** Says once of each kind and target that a part of the conversation cannot be seen here. */
function tell(engine: Engine, { kept }: Prompt, at: Exchange): void {
  for (const kind of new Set(kept.map((one) => one.kind))) {
    engine.report(
      `stateful ${at.protocol} ${at.target} ${kind}`,
      `A request to ${at.target} ${unseen[kind]}: of what the provider keeps the guards see nothing. ` +
        "statefulRequests: refuse would refuse it.",
    );
  }
}

/** Edits that guards asked for, as far as they touch what the client sent, in its own numbers. */
export function editsOfShown(
  edits: readonly PromptEdit[],
  { prompt, messagesBefore, partsBefore, edits: own }: SeenPrompt,
  shown: Prompt,
): readonly PromptEdit[] {
  const moved = edits.flatMap((edit): PromptEdit[] => {
    switch (edit.kind) {
      case "result-texts":
        return edit.part < partsBefore ? [] : [{ ...edit, part: edit.part - partsBefore }];
      case "insert":
        return edit.after < messagesBefore - 1 ? [] : [{ ...edit, after: edit.after - messagesBefore }];
      case "replace-message":
        return edit.message < messagesBefore ? [] : [{ ...edit, message: edit.message - messagesBefore }];
      case "drop-messages":
      case "drop-thinking":
        return edit.from < messagesBefore
          ? []
          : [{ ...edit, from: edit.from - messagesBefore, to: edit.to - messagesBefore }];
      case "remove-offer":
      case "rewrite-offer": {
        const offer = shown.offers.find(({ name }) => name === prompt.offers[edit.offer]?.name);
        return offer === undefined ? [] : [{ ...edit, offer: offer.index }];
      }
      case "append-system":
      case "kept-id":
        return [edit];
    }
  });
  return [...moved, ...own];
}
