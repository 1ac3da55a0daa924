import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { limitWords, placeWords, retentionWords } from "../src/config/service-words.ts";
import { readServiceTable } from "../src/config/service-table.ts";
import type { KeyedService } from "../src/exchange/keyed-service.ts";

// Writes the table of services into docs/services.md: `npm run services`.

const page = path.resolve(import.meta.dirname, "../docs/services.md");
const begin = "<!-- services: made by npm run services -->";
const end = "<!-- services end -->";

/** The page with the table of these services in it. */
export function withServices(text: string, services: readonly KeyedService[]): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/services.md needs ${begin} and ${end}.`);
  return `${text.slice(0, from)}${begin}\n\n${tableOf(services)}\n\n${text.slice(to)}`;
}

function tableOf(services: readonly KeyedService[]): string {
  const head =
    "| service | calls | the key goes into | keys | remembered | read |\n| --- | --- | --- | --- | --- | --- |";
  return [head, ...services.map(rowOf)].join("\n");
}

function rowOf(service: KeyedService): string {
  const { name, hosts, methods, paths, source, checked } = service;
  const calls = `${methods.join(", ")} ${code(hosts)}<br>${code(paths)}`;
  const keys = limitWords(service);
  const remembered = [
    retentionWords(service),
    ...(service.storesErrors === undefined ? [] : [service.storesErrors ? "errors too" : "no errors"]),
    ...(service.conflict === "refused" ? ["409 is a refusal"] : []),
  ].join("; ");
  const cells = [name, calls, placeWords(service.key), keys === "" ? "any" : keys, remembered];
  return `| ${cells.join(" | ")} | [${checked}](${source}) |`;
}

function code(texts: readonly string[]): string {
  return texts.map((text) => `\`${text}\``).join(" ");
}

if (import.meta.main) {
  const table = await readServiceTable(null);
  if (table.kind !== "services")
    throw new Error(`config/services.yaml has faults: longstop check says which.`);
  writeFileSync(page, withServices(readFileSync(page, "utf8"), table.services));
}
