import { arrayOf, objectOf, objectsOf, stringOf, type JsonObject } from "../../wire/json-value.ts";
import { unreadable } from "./chunk.ts";
import { fieldOf } from "./fields.ts";

/** A JSON value under construction. Maps, so that a name such as `__proto__` is a name like any other. */
type Growing = Map<string, Growing> | Growing[] | string | number | boolean | null;

/** A step of a path: a name, or the place in a list. */
type Step = string | number;

/** Longest path that is followed, in steps. */
const pathStepsMax = 128;

/**
 * Arguments that come in pieces, each with the JSON Path of the value that it is, or is a part of
 * (`streamFunctionCallArguments` on Vertex AI:
 * https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling).
 */
export class PartialArgs {
  readonly #root: Map<string, Growing> = new Map();
  /** The path of a string that is not finished. */
  #openPath: string | undefined;

  /** True while a value in it is announced to go on. */
  get isOpen(): boolean {
    return this.#openPath !== undefined;
  }

  /** Takes the elements of `partialArgs`. Throws `upstream_unreadable` for a path that cannot be followed. */
  take(pieces: unknown): void {
    for (const piece of objectsOf(pieces)) this.#takePiece(piece);
  }

  /** Takes members of whole `args` that come beside or after pieces. */
  takeWhole(args: unknown): void {
    for (const [key, value] of Object.entries(objectOf(args) ?? {})) this.#root.set(key, grown(value));
  }

  text(): string {
    return write(this.#root);
  }

  #takePiece(piece: JsonObject): void {
    const path = stringOf(fieldOf(piece, "jsonPath")) ?? "";
    const steps = stepsOf(path);
    const value = valueOf(piece);
    const goesOn = this.#openPath === path && typeof value === "string";
    this.#openPath = fieldOf(piece, "willContinue") === true ? path : undefined;
    const last = steps.at(-1);
    if (last === undefined) throw unfollowed(path);
    const holder = this.#holderOf(path, steps);
    const before = goesOn ? read(holder, last) : undefined;
    if (value === undefined) return;
    put(holder, last, typeof before === "string" && typeof value === "string" ? before + value : value, path);
  }

  /** The object or list that the last step of a path leads into; made where it is not there yet. */
  #holderOf(path: string, steps: readonly Step[]): Growing {
    let at: Growing = this.#root;
    for (const [index, step] of steps.slice(0, -1).entries()) {
      let next: Growing | undefined = read(at, step);
      if (next === undefined) {
        next = typeof steps[index + 1] === "number" ? [] : new Map<string, Growing>();
        put(at, step, next, path);
      }
      at = next;
    }
    return at;
  }
}

function valueOf(piece: JsonObject): Growing | undefined {
  const value = fieldOf(piece, "stringValue") ?? fieldOf(piece, "numberValue") ?? fieldOf(piece, "boolValue");
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return "nullValue" in piece || "null_value" in piece ? null : undefined;
}

function read(holder: Growing, step: Step): Growing | undefined {
  if (holder instanceof Map) return holder.get(String(step));
  return Array.isArray(holder) && typeof step === "number" ? holder[step] : undefined;
}

function put(holder: Growing, step: Step, value: Growing, path: string): void {
  if (holder instanceof Map && typeof step === "string") holder.set(step, value);
  // A list grows by one at a time: a place far behind its end would be a list of nothing.
  else if (Array.isArray(holder) && typeof step === "number" && step <= holder.length) holder[step] = value;
  else throw unfollowed(path);
}

function unfollowed(path: string): Error {
  return unreadable(
    `The model's stream gives a piece of arguments at a path that leads nowhere: ${path.slice(0, 80)}`,
  );
}

const stepPattern = /\.([^.[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/y;

/** The steps of a singular path of RFC 9535: `$.items[0]['a name']`. */
function stepsOf(path: string): Step[] {
  if (!path.startsWith("$")) throw unfollowed(path);
  const steps: Step[] = [];
  for (let at = 1; at < path.length; at = stepPattern.lastIndex) {
    stepPattern.lastIndex = at;
    const found = stepPattern.exec(path);
    if (found === null || steps.length >= pathStepsMax) throw unfollowed(path);
    const [, name, place, single, double] = found;
    steps.push(
      place === undefined ? (name ?? (single ?? double ?? "").replaceAll(/\\(.)/g, "$1")) : Number(place),
    );
  }
  return steps;
}

function grown(value: unknown): Growing {
  if (Array.isArray(value)) return arrayOf(value).map(grown);
  const object = objectOf(value);
  if (object !== undefined) return new Map(Object.entries(object).map(([key, one]) => [key, grown(one)]));
  return value as Growing;
}

function write(value: Growing): string {
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  if (!(value instanceof Map)) return JSON.stringify(value);
  return `{${Array.from(value, ([key, one]) => `${JSON.stringify(key)}:${write(one)}`).join(",")}}`;
}
