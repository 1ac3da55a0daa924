import type { LongstopError } from "../../exchange/error.ts";
import type { Turn } from "../../exchange/turn.ts";
import { applyEdits, setMember, type TextEdit } from "../../wire/json-edit.ts";
import { member, rootSpan } from "../../wire/json-text.ts";
import { numberOf, objectOf, type JsonObject } from "../../wire/json-value.ts";
import { commentFrame, eventFrame, type Frame } from "../../wire/sse.ts";
import type { FrameRole, Release, StreamWriter } from "../protocol.ts";
import { callEdits, editedEvent, madePiece, placeEdits } from "./event-edits.ts";
import { errorOfFailed, failedFrames } from "./failed-response.ts";
import { isClientCall } from "./item-call.ts";
import type { ItemChange } from "./output-edit.ts";
import { responseEdits, type ResponseChange } from "./response-edits.ts";
import { ShownItems } from "./shown-items.ts";
import { eventOf, opening, terminal, type StreamEvent } from "./stream-event.ts";
import { indexOf } from "./streamed-items.ts";
import { isFragment, TurnPlan } from "./turn-plan.ts";

const noPlan = new TurnPlan([], []);

/**
 * Writes the events of one or several upstream turns as one response. The SDK's helper throws for a
 * second `response.created`, for another id of the response, and for an item under a number or an id
 * that it knows already.
 */
export class ResponseStreamWriter implements StreamWriter {
  readonly #shown = new ShownItems();
  /** What the client was told of the response, once it was told. */
  #envelope: string | undefined;
  /** The current turn is spliced behind another of which the client has seen something. */
  #spliced = false;
  /** Added to the numbers of the current turn's events. */
  #offset = 0;
  /** The event that left last, whose number is read when it is needed. */
  #last: { readonly event: StreamEvent; readonly offset: number } | undefined;
  #errorTold = false;

  pass(frame: Frame, role: FrameRole): Uint8Array | null {
    if (frame.isComment) return frame.bytes;
    const event = eventOf(frame);
    if (event.kind !== "event") return frame.bytes;
    if (role === "error") return this.#passError(frame, event);
    if (!this.#spliced) {
      this.#remember(event);
      return frame.bytes;
    }
    return joined(this.#write(frame, event, noPlan, 0));
  }

  release(held: readonly Frame[], _turn: Turn, release: Release): Uint8Array[] {
    const { changes, addOutputTokens: added, comment } = release;
    const untouched = !this.#spliced && changes.length === 0 && added === 0;
    const events = held.map(eventOf);
    const plan = new TurnPlan(untouched ? [] : events.filter((event) => event.kind === "event"), changes);
    const frames: Uint8Array[] = [];
    let noted = comment === undefined;
    for (const [index, frame] of held.entries()) {
      const event = events[index];
      if (!noted && comment !== undefined && event?.kind === "event" && terminal.has(event.type)) {
        frames.push(commentFrame(comment));
        noted = true;
      }
      if (untouched || event?.kind !== "event") frames.push(frame.bytes);
      else frames.push(...this.#write(frame, event, plan, added));
    }
    if (!noted && comment !== undefined) {
      if (!isClosed(frames.at(-1))) frames.push(Buffer.from("\n\n"));
      frames.push(commentFrame(comment));
    }
    return frames;
  }

  nextTurn(): void {
    this.#spliced = this.#envelope !== undefined;
    this.#offset = this.#lastNumber() + 1;
    this.#shown.nextTurn();
  }

  error(error: LongstopError): Uint8Array {
    return failedFrames(error, this.#envelope, this.#shown.all, this.#lastNumber() + 1);
  }

  /**
   * A response that failed leaves behind an event `error`: without one, frameworks take what came so
   * far for a whole answer. Calls in it were held, and stay so.
   */
  #passError(frame: Frame, event: StreamEvent): Uint8Array {
    const alone = event.type === "response.failed" && !this.#errorTold;
    this.#errorTold = true;
    if (event.type !== "response.failed") return frame.bytes;
    const edits = [...this.#numberEdit(event), ...responseEdits(event.text, this.#change(dropCalls, 0))];
    const failed = rewritten(frame, event, edits);
    if (!alone) return failed;
    const number = numberOf(event.body["sequence_number"]) ?? 0;
    const response = objectOf(event.body["response"]) ?? {};
    return Buffer.concat([errorOfFailed(response, number + this.#offset), failed]);
  }

  #change(changeOf: ResponseChange["changeOf"], addOutputTokens: number): ResponseChange {
    const envelope = this.#spliced ? this.#envelope : undefined;
    return { envelope, shown: this.#shown, changeOf, addOutputTokens };
  }

  #remember(event: StreamEvent): void {
    this.#last = { event, offset: this.#offset };
    if (event.type.startsWith("response.output_item.")) {
      this.#shown.take(event, this.#shown.numberOf(event));
    } else if (this.#envelope === undefined && opening.has(event.type)) this.#open(event);
  }

  #open({ text, body }: StreamEvent): void {
    const span = member(text, rootSpan(text), "response");
    if (span === undefined || objectOf(body["response"]) === undefined) return;
    this.#envelope = text.slice(span.start, span.end);
  }

  #lastNumber(): number {
    const number = numberOf(this.#last?.event.body["sequence_number"]);
    return number === undefined ? -1 : number + (this.#last?.offset ?? 0);
  }

  /** One event with the plan carried out; nothing where it is not for the client. */
  #write(frame: Frame, event: StreamEvent, plan: TurnPlan, added: number): Uint8Array[] {
    if (opening.has(event.type)) {
      if (this.#spliced) return [];
      this.#remember(event);
      return [frame.bytes];
    }
    if (terminal.has(event.type)) {
      const change = this.#change((element, index) => plan.changeOfElement(element, index), added);
      return [rewritten(frame, event, [...this.#numberEdit(event), ...responseEdits(event.text, change)])];
    }
    const item = plan.itemOf(event);
    const change = plan.changeOf(item);
    if (change?.kind === "drop") return [];
    const number = this.#shown.numberOf(event);
    const index = number === undefined ? undefined : number - plan.removedBefore(indexOf(event) ?? 0);
    this.#shown.take(event, index, change?.argumentsText);
    this.#last = { event, offset: this.#offset };
    const place = [...this.#numberEdit(event), ...placeEdits(event, index, this.#shown)];
    if (change === undefined || item === undefined) return [rewritten(frame, event, place)];
    if (isFragment(event) && !plan.isLastPiece(item, event)) return [];
    const edits = [...place, ...callEdits(event, change.argumentsText)];
    const whole = rewritten(frame, event, edits);
    if (event.type !== "response.output_item.added" || plan.hasPieces(item)) return [whole];
    return [whole, madePiece(editedEvent(event, edits), item, change.argumentsText)];
  }

  #numberEdit({ text, body }: StreamEvent): TextEdit[] {
    const number = numberOf(body["sequence_number"]);
    if (this.#offset === 0 || number === undefined) return [];
    return [setMember(text, rootSpan(text), "sequence_number", String(number + this.#offset))];
  }
}

function dropCalls(element: JsonObject): ItemChange | undefined {
  return isClientCall(element) ? { kind: "drop" } : undefined;
}

function rewritten(frame: Frame, { text }: StreamEvent, edits: readonly TextEdit[]): Uint8Array {
  if (edits.length === 0) return frame.bytes;
  const { event } = frame;
  return eventFrame({ ...(event !== undefined && { event }), data: applyEdits(text, edits) });
}

function joined(frames: readonly Uint8Array[]): Uint8Array | null {
  const [only, ...more] = frames;
  if (only === undefined) return null;
  return more.length === 0 ? only : Buffer.concat(frames);
}

/** Some servers leave the blank line behind the last frame out; what follows would be part of it. */
function isClosed(frame: Uint8Array | undefined): boolean {
  const last = frame?.at(-1);
  return last === undefined || last === 0x0a || last === 0x0d;
}
