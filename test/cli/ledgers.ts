import { randomUUID } from "node:crypto";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { ClaimRecord, Ledger, Settlement } from "../../src/ledger/ledger.ts";
import type { LedgerPorts } from "../../src/ledger/ledger-store.ts";
import { stores } from "../../src/ledger/index.ts";
import { ownFolder } from "../config/loading.ts";

/** A clock that the test moves. */
export interface Clock {
  nowMs: number;
}

/** A ledger as a gateway has it, in a file of its own, and a second one beside it, as an operator's. */
export async function openBoth(
  clock: Clock,
): Promise<{ readonly file: string; gateway: Ledger; operator: Ledger }> {
  const file = path.join(await ownFolder(), "longstop.db");
  const gateway = await openStore(file, clock, "gateway");
  const operator = await openStore(file, clock, "operator");
  return { file, gateway, operator };
}

export async function openStore(file: string, clock: Clock, role: LedgerPorts["role"]): Promise<Ledger> {
  const sqlite = stores.find(({ kind }) => kind === "sqlite");
  if (sqlite === undefined) throw new Error("there is no store called sqlite");
  const options = { file, sizeBytesMax: 1024 ** 3, retentionDays: 7, tombstoneDays: 90 };
  const ports = { now: () => clock.nowMs, newId: randomUUID, report: () => {}, secrets: new Map(), role };
  const ledger = await sqlite.open(options, ports);
  onTestFinished(() => ledger.close());
  return ledger;
}

/** Records a call, and how it ended where that is known. */
export async function record(
  gateway: Ledger,
  call: {
    readonly key: string;
    readonly run?: string;
    readonly kind?: "effect" | "turn";
    readonly detail?: ClaimRecord["detail"];
  },
  settlement?: Settlement,
): Promise<ClaimRecord> {
  const claimed = await gateway.claim({
    tenant: "local",
    kind: call.kind ?? "effect",
    key: call.key,
    occurrence: "next",
    reuse: { running: false, undelivered: false, deliveredWithinMs: 0 },
    run: call.run ?? null,
    stage: null,
    attempt: null,
    fingerprint: call.key,
    clientKey: null,
    clientKeyScope: "",
    detail: call.detail ?? { tool: "mail", method: "POST", target: `http://mail/${call.key}` },
    owner: "test",
    leaseMs: 60_000,
  });
  if (settlement === undefined) return claimed.record;
  const { id, epoch, nonce } = claimed.record;
  return (await gateway.settle({ id, epoch, nonce }, settlement)).record;
}
