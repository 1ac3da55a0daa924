// A gateway, or an operator's command, as a process of its own: what a lock and a kill need. It says
// on its output what was acknowledged, one line each, written at once.
import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { SqliteLedger } from "../../../src/ledger/sqlite/client.ts";
import { sqliteLimits } from "../../../src/ledger/sqlite/options.ts";
import { effect, whole } from "../../conformance/ledger/requests.ts";
import { portsOf } from "./under-test.ts";

const [, , task = "hold", file = ""] = process.argv;

function say(...words: readonly string[]): void {
  writeSync(1, `${words.join(" ")}\n`);
}

/** Claims, settles, appends and puts without end, and says each time what the ledger promised. */
async function hammer(ledger: SqliteLedger, worker: number): Promise<never> {
  for (let turn = 0; ; turn += 1) {
    const key = `${process.pid} ${worker} ${turn}`;
    const { record } = await ledger.claim(effect({ key }));
    say("intent", record.id);
    const hash = await ledger.put("local", Buffer.from(`body of ${key}`));
    say("blob", hash);
    await ledger.append([{ tenant: "local", subject: `run:${record.id}`, kind: "k", value: key }]);
    say("fact", record.id);
    if (turn % 3 === 0) continue;
    await ledger.settle(record, { state: "done", answer: { ...whole, body: [hash] } });
    say("done", record.id);
  }
}

try {
  const ports = { ...portsOf("gateway", Date.now), newId: randomUUID };
  const ledger = await SqliteLedger.open(sqliteLimits({ file }), ports);
  say("open");
  if (task === "hammer") await Promise.all([0, 1, 2, 3].map((worker) => hammer(ledger, worker)));
} catch (thrown) {
  say("failed", thrown instanceof Error ? thrown.message : String(thrown));
}
