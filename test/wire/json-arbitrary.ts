import * as fc from "fast-check";

const spaces = fc.constantFrom("", "", "", " ", "\n", "\t", "\r\n  ");

/** Escapes some characters of a JSON string that need no escape, as other writers do. */
function escaped(json: string, every: number): string {
  if (every === 0) return json;
  let count = 0;
  return json.replaceAll(/\\u[0-9a-f]{4}|\\.|[^\\"]/g, (unit) => {
    if (unit.startsWith("\\") || unit.length > 1 || count++ % every !== 0) return unit;
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

const stringText = fc
  .tuple(fc.string({ unit: "binary", maxLength: 12 }), fc.nat({ max: 3 }))
  .map(([value, every]) => escaped(JSON.stringify(value), every));
const numberText = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.constantFrom("-0", "1e2", "1E+2", "2.50", "123456789012345678901234567890", "0.1e-7"),
);
const keyText = fc.oneof(stringText, fc.constantFrom('"a"', '"b"', '"\\u0061"', '""', '"__proto__"'));

function list(open: string, close: string, items: readonly (readonly [string, string])[]): string {
  return open + items.map(([space, item]) => space + item + space).join(",") + close;
}

/** JSON text as no single writer writes it: odd spacing, escapes, number forms, duplicate names. */
export const anyJsonText: fc.Arbitrary<string> = fc
  .letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, depthSize: "small" },
      fc.oneof(stringText, numberText, fc.constantFrom("true", "false", "null")),
      fc.array(fc.tuple(spaces, tie("value")), { maxLength: 4 }).map((items) => list("[", "]", items)),
      fc.array(fc.tuple(spaces, keyText, spaces, tie("value")), { maxLength: 4 }).map((all) =>
        list(
          "{",
          "}",
          all.map(([before, key, inside, value]) => [before, `${key}${inside}:${inside}${value}`] as const),
        ),
      ),
    ),
  }))
  .value.chain((value) => fc.tuple(spaces, spaces).map(([before, after]) => before + value + after));
