import { argumentsTextOf, functionCallId } from "./message-shape.ts";
import { numberOf, objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { unreadable } from "../openai-answer.ts";

/** One call of a streamed answer, as its fragments have built it so far. */
export interface GrowingCall {
  readonly choice: number;
  readonly position: number;
  id: string;
  name: string;
  kind: "function" | "custom";
  argumentsText: string;
  /** Members that this version does not know, such as a signature that belongs to the call. */
  readonly extras: Record<string, unknown>;
}

/** A fragment of a call: the element of `delta.tool_calls`, or `delta.function_call`. */
export interface CallFragment {
  readonly call: GrowingCall;
  /** True for the fragment that began the call. */
  readonly opens: boolean;
}

const knownKeys = new Set(["index", "id", "type", "function", "custom"]);

/**
 * Tells which call each fragment of a stream belongs to. The same rule serves the reading and the
 * rewriting of a stream, so that what was judged is what is changed.
 */
export class CallTracker {
  readonly calls: GrowingCall[] = [];
  /** The call that each `index` of a choice stands for now. */
  readonly #byIndex = new Map<string, GrowingCall>();

  /** Takes in the fragments of one delta, in their order. */
  take(choice: number, delta: JsonObject): CallFragment[] {
    const fragments = objectsOf(delta["tool_calls"]).map((element) => this.#takeElement(choice, element));
    const legacy = objectOf(delta["function_call"]);
    if (legacy !== undefined) {
      fragments.push(
        this.#takeElement(choice, { index: functionCallId, id: functionCallId, function: legacy }),
      );
    }
    return fragments;
  }

  #takeElement(choice: number, element: JsonObject): CallFragment {
    const id = stringOf(element["id"]) ?? "";
    const index = numberOf(element["index"]) ?? stringOf(element["index"]);
    let call = this.#known(choice, index, id);
    const opens = call === undefined;
    call ??= this.#open(choice, `${choice} ${index ?? ""}`, id);
    grow(call, element);
    return { call, opens };
  }

  /**
   * A new id under an index that is in use begins another call: some providers number all parallel
   * calls 0. Without an index, a fragment without a new id goes on with the last call.
   */
  #known(choice: number, index: number | string | undefined, id: string): GrowingCall | undefined {
    const call = this.#byIndex.get(`${choice} ${index ?? ""}`);
    return call !== undefined && id !== "" && call.id !== "" && call.id !== id ? undefined : call;
  }

  #open(choice: number, key: string, id: string): GrowingCall {
    const position = this.calls.filter((one) => one.choice === choice).length;
    const call: GrowingCall = {
      choice,
      position,
      id,
      name: "",
      kind: "function",
      argumentsText: "",
      extras: {},
    };
    this.calls.push(call);
    this.#byIndex.set(key, call);
    return call;
  }
}

function grow(call: GrowingCall, element: JsonObject): void {
  const id = stringOf(element["id"]) ?? "";
  if (call.id === "") call.id = id;
  const custom = objectOf(element["custom"]);
  if (custom !== undefined || element["type"] === "custom") call.kind = "custom";
  const definition = custom ?? objectOf(element["function"]) ?? {};
  const name = stringOf(definition["name"]) ?? "";
  if (call.name === "") call.name = name;
  // Clients disagree on such a stream: some join the names, some take the last. There is then no
  // telling which tool would be called.
  else if (name !== "" && name !== call.name)
    throw unreadable("The model's stream gives one call two names.");
  call.argumentsText += argumentsTextOf(definition[custom === undefined ? "arguments" : "input"]);
  for (const [key, value] of Object.entries(element)) {
    if (!knownKeys.has(key) && value !== null) call.extras[key] = value;
  }
}

/** A call as it stands in a message, or whole in one delta. */
export function wireCall(call: GrowingCall, argumentsText: string): JsonObject {
  const { id, name, kind, extras } = call;
  return kind === "custom"
    ? { id, type: "custom", custom: { name, input: argumentsText }, ...extras }
    : { id, type: "function", function: { name, arguments: argumentsText }, ...extras };
}
