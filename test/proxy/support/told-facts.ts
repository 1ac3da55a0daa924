import { DatabaseSync } from "node:sqlite";

/** A fact as it stands in the file. */
export interface WrittenFact {
  readonly tenant: string;
  readonly subject: string;
  readonly kind: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** What is on disk at this very moment, as another process sees it. */
export function factsOnDisk(file: string, kind: string): readonly WrittenFact[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare("select * from facts where kind = ? order by sequence").all(kind);
  database.close();
  return rows.map((row) => ({
    tenant: String(row["tenant"]),
    subject: String(row["subject"]),
    kind: String(row["kind"]),
    value: JSON.parse(String(row["value"])) as WrittenFact["value"],
  }));
}

/** From now on the ledger takes no facts, or takes them again. */
export function letFactsFail(file: string, failing: boolean): void {
  // The gateway may be writing at this moment.
  const database = new DatabaseSync(file, { timeout: 10_000 });
  database.exec(
    failing
      ? "create trigger no_facts before insert on facts begin select raise(abort, 'the disk is gone'); end"
      : "drop trigger no_facts",
  );
  database.close();
}
