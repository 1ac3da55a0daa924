import { shown, type Fault } from "./finding.ts";
import { nearest } from "./nearest.ts";

// What a model is told is part of every later prompt: long enough to be precise, and no longer.
const charactersMax = 4_000;
const namesShown = 30;
const nameCharactersMax = 80;

/** What is wrong with a call's arguments, worded so that a model can correct itself. */
export function faultsInWords(tool: string, faults: readonly Fault[], more: number): string {
  const lines = [`The call of ${quoted(tool)} was not made: its arguments do not fit the tool's schema.`];
  for (const fault of faults) lines.push(`- ${faultInWords(fault)}`);
  if (more > 0) lines.push(`- and ${more} more ${more === 1 ? "fault" : "faults"} of this kind or another.`);
  for (const [place, names] of knownNames(faults))
    lines.push(`Known parameters${place}: ${namesInWords(names)}.`);
  return bounded([...lines, "Correct the arguments and call the tool again."]);
}

/** What is wrong with a call of a tool that was not offered. */
export function unknownToolInWords(tool: string, offered: readonly string[]): string {
  const near = nearest(tool, offered, 3);
  const meant = near.length === 0 ? "" : ` Did you mean ${near.map(quoted).join(" or ")}?`;
  const list =
    offered.length === 0
      ? "No tools are offered: answer in text."
      : `The tools are: ${namesInWords(offered)}. Call one of these, by its exact name, or answer in text.`;
  return bounded([`There is no tool ${quoted(tool)}.${meant}`, list]);
}

/** What is wrong with the free text of a call, which a regular expression describes. */
export function grammarInWords(tool: string, definition: string): string {
  return bounded([
    `The call of ${quoted(tool)} was not made: its input does not match the tool's grammar.`,
    "The whole input must match this regular expression, from its first character to its last:",
    definition,
    "Correct the input and call the tool again.",
  ]);
}

/** What is said of a call that the token limit cut. */
export function truncatedInWords(tool: string): string {
  return (
    `The call of ${quoted(tool)} was not made: the token limit cut the answer inside it, so ` +
    `its arguments are not complete.`
  );
}

function faultInWords(fault: Fault): string {
  if (fault.kind === "malformed") return complaint(fault);
  return `${fault.pointer === "" ? "the arguments" : shownPointer(fault.pointer)}: ${complaint(fault)}`;
}

/** What is wrong at the place of a fault, without the place. */
export function complaint(fault: Fault): string {
  const closest = fault.closest === undefined ? "" : ` Did you mean ${fault.closest}?`;
  if (fault.kind === "unknown-parameter") return `there is no such parameter.${closest}`;
  if (fault.kind === "missing") return `missing; expected ${fault.expected}.`;
  if (fault.kind === "duplicate-key")
    return "this name stands more than once in its object; expected it once.";
  if (fault.kind === "malformed") return `${fault.expected}; found ${fault.found}.`;
  return `expected ${fault.expected}; found ${fault.found}.${closest}`;
}

/** The names that would have been right, once for each object with an unknown or missing one. */
function knownNames(faults: readonly Fault[]): Map<string, readonly string[]> {
  const places = new Map<string, readonly string[]>();
  for (const { pointer, known = [] } of faults) {
    const object = pointer.slice(0, pointer.lastIndexOf("/"));
    const place = object === "" ? "" : ` of ${shownPointer(object)}`;
    if (known.length > 0 && (places.get(place)?.length ?? 0) < known.length) places.set(place, known);
  }
  return places;
}

function namesInWords(names: readonly string[]): string {
  const some = names.slice(0, namesShown).map(quoted);
  const more = names.length - some.length;
  return some.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function quoted(name: string): string {
  return JSON.stringify(name.length > nameCharactersMax ? `${name.slice(0, nameCharactersMax - 1)}…` : name);
}

/** The deepest part of a long pointer is what tells where to look. */
function shownPointer(pointer: string): string {
  return shown(pointer.length > 200 ? `…${pointer.slice(-120)}` : JSON.stringify(pointer).slice(1, -1));
}

function bounded(lines: readonly string[]): string {
  const last = lines.at(-1) ?? "";
  let words = "";
  for (const line of lines.slice(0, -1)) {
    if (words.length + line.length + last.length > charactersMax) {
      words += "- and more.\n";
      break;
    }
    words += `${line}\n`;
  }
  return words + last;
}
