import { hidesNumbers, isSecretName, redacted, redactText } from "./redact.ts";

/** Bounds of what one line shows: anything beyond is said to be there, and left out. */
const textCharsMax = 2000;
const entriesMax = 40;
const levelsMax = 5;
/** Values of one line in all. Forty entries on five levels would be a hundred million. */
const valuesMax = 400;

/** How many more values the line may show. */
interface Room {
  left: number;
}

/** What a name says about its value. */
interface Key {
  readonly shown: string;
  readonly isSecret: boolean;
  readonly hidesNumbers: boolean;
}

/** Names that were looked at: those of our own lines, which come again and again. Bounded by `keysMax`. */
const keys = new Map<string, Key>();
const keysMax = 1000;

function keyOf(name: string): Key {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = { shown: shortText(name), isSecret: isSecretName(name), hidesNumbers: hidesNumbers(name) };
  if (keys.size < keysMax && name.length <= 100) keys.set(name, key);
  return key;
}

/** The fields as they may stand in the log: plain, bounded, without secrets. Never throws. */
export function logFields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return entryFields(entriesOf(fields), "", 0, { left: valuesMax });
}

/** Everything below a secret name is secret, whatever its parts are called. */
function valueFor(value: unknown, name: string, level: number, room: Room): unknown {
  room.left -= 1;
  if (room.left < 0) return "[left out]";
  switch (typeof value) {
    case "string":
      return keyOf(name).isSecret && value !== "" ? redacted : shortText(value);
    case "number":
    case "bigint":
      if (keyOf(name).hidesNumbers) return redacted;
      return typeof value === "bigint" ? String(value) : value;
    case "object":
      return value === null ? null : objectFor(value, name, level, room);
    case "boolean":
    case "undefined":
      return value;
    case "function":
    case "symbol":
      return `[${typeof value}]`;
  }
}

function objectFor(value: object, name: string, level: number, room: Room): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "[invalid date]" : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof URL) return shortText(value.href);
  if (level >= levelsMax) return "[deeper]";
  if (value instanceof Error) return errorFields(value, level, room);
  if (Array.isArray(value)) return listFields(value, name, level, room);
  if (value instanceof Set) return listFields([...value], name, level, room);
  if (value instanceof Map || value instanceof Headers || value instanceof URLSearchParams) {
    return entryFields([...value], name, level, room);
  }
  return entryFields(entriesOf(value), name, level, room);
}

/** Text is searched further than it is shown, so that a secret at the cut is still seen as one. */
function shortText(text: string): string {
  const clean = redactText(text.slice(0, 2 * textCharsMax));
  if (clean.length <= textCharsMax && text.length <= 2 * textCharsMax) return clean;
  return `${clean.slice(0, textCharsMax)}… (${text.length} characters)`;
}

function errorFields(error: Error, level: number, room: Room): unknown {
  const { code } = error as { readonly code?: unknown };
  const kept: [string, unknown][] = [
    ["error", error.name],
    ["code", code],
    ["reason", error.message],
    ["stack", level <= 1 ? error.stack : undefined],
    ["cause", error.cause],
  ];
  return entryFields(
    kept.filter(([, value]) => value !== undefined),
    "",
    level,
    room,
  );
}

/**
 * Headers come in lists too: as pairs, or as names and values in turn (Node's `rawHeaders`), so the
 * text behind a secret name is hidden.
 */
function listFields(list: readonly unknown[], name: string, level: number, room: Room): unknown {
  const shown = list.slice(0, entriesMax).map((item, index) => {
    const before = list[index - 1];
    const isValue = typeof item === "string" && typeof before === "string" && isSecretName(before);
    return isValue ? redacted : valueFor(item, name, level + 1, room);
  });
  return list.length > entriesMax ? [...shown, `[${list.length - entriesMax} more]`] : shown;
}

function entryFields(
  entries: readonly (readonly [unknown, unknown])[],
  name: string,
  level: number,
  room: Room,
): Readonly<Record<string, unknown>> {
  const isSecret = keyOf(name).isSecret;
  const shown: Record<string, unknown> = {};
  for (const [key, child] of entries.length > entriesMax ? entries.slice(0, entriesMax) : entries) {
    const plainKey = typeof key === "string" ? key : `[${typeof key}]`;
    put(shown, keyOf(plainKey).shown, valueFor(child, isSecret ? name : plainKey, level + 1, room));
  }
  if (entries.length > entriesMax) shown["…"] = `[${entries.length - entriesMax} more]`;
  return shown;
}

/** As a property of its own, whatever it is called. */
function put(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true });
}

function entriesOf(value: object): readonly (readonly [string, unknown])[] {
  return Object.keys(value).map((key) => {
    try {
      return [key, (value as Readonly<Record<string, unknown>>)[key]];
    } catch {
      // A getter threw. The log must not fail because of what it is given, so it says that instead.
      return [key, "[unreadable]"];
    }
  });
}
