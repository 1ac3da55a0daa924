import type { Prompt } from "../../exchange/prompt.ts";
import { applyEdits, insertElement } from "../../wire/json-edit.ts";
import { parseAt } from "../../wire/json-text.ts";
import { objectOf } from "../../wire/json-value.ts";
import { cutFrames } from "../cut-frames.ts";
import { ifReadable } from "../if-readable.ts";
import type { GoingOn } from "../turn-forms.ts";
import { JoinedMessage } from "./joined-message.ts";
import { layoutOf, valueOf } from "./layout.ts";
import { MessageStreamReader } from "./stream-reader.ts";

/**
 * As `TurnForms.goOn`: the model goes on behind an assistant message that stands last
 * (platform.claude.com/docs/en/build-with-claude/prompt-engineering/prefill-claudes-response), not with
 * extended thinking, and not behind white space.
 * Models from Claude 4.6 on refuse that with a 400, which is seen when they are asked.
 */
export function goOn(prompt: Prompt, stream: string): GoingOn | null {
  return ifReadable(() => {
    const said = saidIn(stream);
    if (said === null || !takesPrefix(prompt)) return null;
    const prefix = said.text.trimEnd();
    const { span, elements } = layoutOf(prompt).messages;
    const message = JSON.stringify({ role: "assistant", content: prefix });
    const body = applyEdits(prompt.text, insertElement(span, elements, elements.length, message));
    return { body, join: () => new JoinedMessage(said.text, said.outputTokens) };
  });
}

/** The text that a message began with, where that is all there is of it, and the model had not ended it. */
function saidIn(stream: string): { readonly text: string; readonly outputTokens: number } | null {
  const reader = new MessageStreamReader();
  if (cutFrames(stream, reader) === null) return null;
  const { text, finish, usage } = reader.turn();
  const [block, ...more] = reader.blocks();
  if (block === undefined || more.length > 0 || finish !== null) return null;
  if (block.type !== "text" || text.trimEnd() === "" || !text.isWellFormed()) return null;
  const { type: _type, text: _text, citations, ...other } = objectOf(JSON.parse(block.json())) ?? {};
  const isCited = Array.isArray(citations) && citations.length > 0;
  if (isCited || Object.keys(other).length > 0) return null;
  return { text, outputTokens: usage?.outputTokens ?? 0 };
}

/**
 * A prefix goes neither with thinking nor with a form that the answer must have (structured outputs), a
 * tool that must be called is a prefix of the provider's own, and one that the client gave stands already.
 */
function takesPrefix(prompt: Prompt): boolean {
  const { members } = layoutOf(prompt);
  const field = (name: string): unknown => {
    const span = valueOf(prompt.text, members, name);
    return span === undefined ? undefined : parseAt(prompt.text, span);
  };
  const thinking = objectOf(field("thinking"));
  if (thinking !== undefined && thinking["type"] !== "disabled") return false;
  if (field("output_format") !== undefined || hasFormat(field("output_config"))) return false;
  const isForced = prompt.toolChoice.kind === "required" || prompt.toolChoice.kind === "named";
  return !isForced && prompt.kept.length === 0 && prompt.messages.at(-1)?.role === "user";
}

function hasFormat(config: unknown): boolean {
  const format = objectOf(config)?.["format"];
  return format !== undefined && format !== null;
}
