import { canonicalJson } from "../../text/canonical-json.ts";
import { GrowingText } from "../../wire/growing-text.ts";
import { stringOf, type JsonObject } from "../../wire/json-value.ts";
import { unreadable } from "../openai-answer.ts";
import { argumentsKeyOf, callIn, isClientCall } from "./item-call.ts";
import { textOfItem } from "./output.ts";

/** One item of a streamed answer, as its events have built it so far. */
export class StreamedItem {
  /** Its number on the wire, or undefined for an item that only the last event has. */
  readonly outputIndex: number | undefined;
  /** True where the event that opens it was seen; a stream may be taken up in the middle. */
  readonly opened: boolean;
  /** The item's JSON text as the provider last gave it whole, and the same parsed. */
  raw: string;
  fields: JsonObject;
  /** True once the event that closes it was seen. */
  closed = false;
  #fragments = "";
  readonly #texts = new Map<unknown, GrowingText>();

  constructor(outputIndex: number | undefined, opened: boolean, raw: string, fields: JsonObject) {
    this.outputIndex = outputIndex;
    this.opened = opened;
    this.raw = raw;
    this.fields = fields;
  }

  get callsClient(): boolean {
    return isClientCall(this.fields);
  }

  /** The item as a whole, once more: its arguments must be those that came in pieces. */
  takeWhole(raw: string, fields: JsonObject): void {
    const before = callIn(this.fields);
    const after = callIn(fields);
    // Clients disagree on such a stream: some take the first name, some the last.
    if (this.opened && before !== undefined && before.name !== after?.name && before.by !== "provider") {
      throw unreadable("The model's stream gives one call two names.");
    }
    if (after !== undefined && after.by !== "provider") this.#compare(after.argumentsText);
    this.raw = raw;
    this.fields = fields;
  }

  /** An event that goes on with the item. */
  takePiece(type: string, body: JsonObject): void {
    const { delta, content_index: part } = body;
    switch (type) {
      case "response.function_call_arguments.delta":
      case "response.custom_tool_call_input.delta":
        this.#fragments += stringOf(delta) ?? "";
        break;
      case "response.function_call_arguments.done":
        this.#takeArguments(body["arguments"]);
        break;
      case "response.custom_tool_call_input.done":
        this.#takeArguments(body["input"]);
        break;
      case "response.output_text.delta":
      case "response.refusal.delta":
        this.#appendText(part, delta);
        break;
      case "response.output_text.done":
        this.#takeText(part, body["text"]);
        break;
      case "response.refusal.done":
        this.#takeText(part, body["refusal"]);
        break;
      default:
    }
  }

  #takeArguments(whole: unknown): void {
    const text = stringOf(whole) ?? "";
    this.#compare(text);
    if (this.#fragments === "") this.#fragments = text;
  }

  /** Some clients take the pieces, others the whole: which of the two would be called is then open. */
  #compare(whole: string): void {
    if (!this.opened || whole === "" || this.#fragments === "" || whole === this.#fragments) return;
    const canonical = canonicalJson(whole);
    if (canonical !== null && canonical === canonicalJson(this.#fragments)) return;
    throw unreadable("The model's stream gives one call two sets of arguments.");
  }

  /** The arguments, or free text, of a call. */
  get argumentsText(): string {
    const whole = callIn(this.fields)?.argumentsText ?? "";
    return this.opened && this.#fragments !== "" ? this.#fragments : whole === "" ? this.#fragments : whole;
  }

  /** A text that came without pieces. Of an item taken up in the middle, the client has the beginning. */
  #takeText(part: unknown, whole: unknown): void {
    if (this.opened && !this.#texts.has(part)) this.#appendText(part, whole);
  }

  #appendText(part: unknown, piece: unknown): void {
    const text = this.#texts.get(part) ?? new GrowingText();
    text.append(stringOf(piece) ?? "");
    this.#texts.set(part, text);
  }

  /** What the client has of its text. */
  get text(): string {
    if (this.#texts.size === 0) return this.opened && this.closed ? textOfItem(this.fields) : "";
    return [...this.#texts.values()].map(String).join("");
  }

  /** The item with all that came in pieces, for a provider that never gave it whole. */
  get assembled(): JsonObject {
    const { type } = this.fields;
    if (this.closed || callIn(this.fields)?.by !== "client") return this.fields;
    return { ...this.fields, [argumentsKeyOf(stringOf(type))]: this.argumentsText };
  }
}
