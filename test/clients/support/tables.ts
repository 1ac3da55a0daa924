import { families, type Family } from "./families.ts";
import { faults, type Fault, type FaultName, type Wire } from "./faults.ts";

// The tables of docs/clients.md, as Markdown, from what the tests hold every client to.

const faultNames = Object.keys(faults) as FaultName[];
const all: readonly Family[] = Object.values(families).filter(({ isBare }) => isBare !== true);

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
}

function answered(wire: Wire | null, { repairs }: Fault): string {
  if (wire === null) return "–";
  if (wire.is === "answer") return repairs > 0 ? "the corrected answer" : "the answer";
  const whose = wire.code === undefined ? "in the provider's words" : `\`${wire.code}\``;
  return wire.is === "event" ? `an error event, ${whose}` : `${wire.status}, ${whose}`;
}

function faultTable(): string {
  const rows = faultNames.map((name) => {
    const fault: Fault = faults[name];
    return [name, answered(fault.whole, fault), answered(fault.streamed, fault)];
  });
  return table(["what happens", "a whole answer", "a stream"], rows);
}

function classesOf({ throws: { event, other, ...byStatus } }: Family): string {
  const named = Object.entries(byStatus).map(([status, name]) => `${status} \`${name}\``);
  const rest = named.length === 0 ? "" : "others ";
  return [...named, `${rest}\`${other}\``, `in a stream \`${event}\``].join(", ");
}

function codeOf({ codeAt, inStream }: Family): string {
  const [, field, path] = /^(?:(\w+): )?(.*)$/.exec(codeAt) ?? [];
  const whole = field === undefined ? `\`${path}\`` : `\`${path}\` of the JSON in \`${field}\``;
  if (inStream === undefined || inStream.codeAt === codeAt) return whole;
  return `${whole}; in a stream ${inStream.codeAt === null ? "nowhere" : `\`${inStream.codeAt}\``}`;
}

function errorTable(): string {
  const rows = all.map((family) => [
    family.name,
    classesOf(family),
    `\`${family.statusAt}\``,
    codeOf(family),
  ]);
  return table(["client", "throws", "the status", "the code"], rows);
}

function retryTable(): string {
  const asked = faultNames.filter((name) => all.some(({ asksAgainAfter }) => asksAgainAfter.includes(name)));
  const rows = asked.map((name) => [
    name,
    ...all.map(({ asksAgainAfter }) => (asksAgainAfter.includes(name) ? "yes" : "–")),
  ]);
  return table(["asked again after", ...all.map(({ name }) => name)], rows);
}

function differences(): string {
  const lines = all.flatMap(({ name, differs = [] }) =>
    differs.map(({ fault, client, because }) => `- ${client ?? name}, where it meets ${fault}, ${because}.`),
  );
  return lines.join("\n");
}

/** Each table by the name of its place in the page. */
export const tables: Readonly<Record<string, string>> = {
  faults: faultTable(),
  errors: errorTable(),
  retries: retryTable(),
  differences: differences(),
};

/** The page with its tables as they are now. Throws where a table has no place in it. */
export function withTables(page: string): string {
  return Object.entries(tables).reduce((text, [name, content]) => {
    const place = new RegExp(`(<!-- begin ${name} -->\n)[\\s\\S]*?(<!-- end ${name} -->)`);
    if (!place.test(text)) throw new Error(`The page has no place for the table of ${name}.`);
    return text.replace(place, (_, begin: string, end: string) => `${begin}\n${content}\n\n${end}`);
  }, page);
}
