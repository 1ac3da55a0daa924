import { Worker } from "node:worker_threads";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SqliteLedger } from "../../../src/ledger/sqlite/client.ts";
import { sqliteLimits } from "../../../src/ledger/sqlite/options.ts";
import type { FromWorker, ToWorker } from "../../../src/ledger/sqlite/worker.ts";
import { Connection } from "../../../src/ledger/sqlite/connection.ts";
import type { Ask } from "../../../src/ledger/sqlite/batch.ts";
import { packAsks, unpackReplies, type Message } from "../../../src/ledger/sqlite/message.ts";
import { makeSharedBytes, SharedBytes } from "../../../src/ledger/sqlite/shared-bytes.ts";
import { ask, claimAsk } from "./asking.ts";
import { ledgerProcess } from "./child.ts";
import { ledgerFolder, portsOf } from "./under-test.ts";

/** Whether what was acknowledged is in the ledger. An intent may have become more than was said. */
async function isThere(ledger: SqliteLedger, what: string, id: string): Promise<boolean> {
  if (what === "blob") return (await ledger.get("local", id)) !== null;
  if (what === "fact") return (await ledger.facts("local", `run:${id}`)).length === 1;
  const state = (await ledger.read(id))?.state;
  return state === "done" || (what === "intent" && state === "in-doubt");
}

describe("the worker", () => {
  let folder: ReturnType<typeof ledgerFolder>;
  beforeEach(() => {
    folder = ledgerFolder();
  });
  afterEach(() => folder.remove());

  it("takes into one commit whatever came while it was busy", async () => {
    const shared = makeSharedBytes();
    const worker = new Worker(new URL("../../../src/ledger/sqlite/worker.ts", import.meta.url), {
      workerData: { limits: sqliteLimits({ file: folder.file }), role: "gateway", nowMs: 1000, shared },
    });
    const packed = (one: Ask): Message => packAsks([one], new SharedBytes(shared));
    const replies: FromWorker[] = [];
    worker.on("message", (sent: FromWorker) => replies.push(sent));
    await once(worker, "message");
    // The lock of another connection stands for a slow disk: the first commit cannot begin.
    const slow = new Connection(folder.file);
    slow.exec("BEGIN IMMEDIATE");
    const send = (sent: ToWorker): void => worker.postMessage(sent, []);
    send(packed(ask("claim", claimAsk({ key: "first" }))));
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (let index = 0; index < 50; index += 1) send(packed(ask("claim", claimAsk({ key: `k${index}` }))));
    send(packed(ask("health", null)));
    slow.exec("ROLLBACK");
    slow.close();
    const sizesOf = (): number[] =>
      replies.flatMap((each) => (each.kind === "replies" ? [unpackReplies(each.replies).length] : []));
    while (sizesOf().reduce((sum, size) => sum + size, 0) < 52) await once(worker, "message");
    send("close");
    await once(worker, "exit");
    // Opening, the first alone or with some, then all the rest together.
    expect(sizesOf().length).toBeLessThanOrEqual(2);
  });

  it("keeps all that was acknowledged when its process is killed in the middle", async () => {
    for (const linesMin of [40, 400]) {
      const hammer = ledgerProcess("hammer", folder.file);
      await hammer.said(linesMin);
      await hammer.kill();

      const ledger = await SqliteLedger.open(
        sqliteLimits({ file: folder.file }),
        portsOf("gateway", Date.now),
      );
      const said = hammer.lines.map((line) => line.split(" ")).filter(([what]) => what !== "open") as [
        string,
        string,
      ][];
      const done = new Set(said.filter(([what]) => what === "done").map(([, id]) => id));
      expect(done.size).toBeGreaterThan(0);
      const lost: string[] = [];
      for (const [what, id] of said) {
        if (!(await isThere(ledger, what, id))) lost.push(`${what} ${id}`);
      }
      expect(lost).toEqual([]);
      expect(await ledger.listClaims({ states: ["intent"], limit: 10 })).toEqual([]);
      await ledger.close();
    }
    const connection = new Connection(folder.file);
    expect(connection.pragma("integrity_check")).toBe("ok");
    connection.close();
  });
});
