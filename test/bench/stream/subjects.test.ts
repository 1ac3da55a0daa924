import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ownRuns, replica, turnSubjects } from "../../../bench/stream/subjects.ts";
import type { Subject } from "../../../bench/subjects.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "longstop-bench-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function configurationOf(subject: Subject | undefined, port: number): Promise<Record<string, unknown>> {
  const argv = (await subject?.argv?.(port, "http://127.0.0.1:9", folder)) ?? [];
  return parse(await readFile(argv.at(-1) ?? "", "utf8")) as Record<string, unknown>;
}

describe("the gateways of the bench of recorded streams", () => {
  it("differ in their turns alone, and are asked the same", async () => {
    const [off, on] = turnSubjects(ownRuns);
    const [without, with_] = [await configurationOf(off, 1234), await configurationOf(on, 1234)];
    expect([without["turns"], with_["turns"]]).toEqual([{ mode: "off" }, { mode: "enforce" }]);
    expect({ ...without, turns: null }).toEqual({ ...with_, turns: null });
    expect(off?.headers("")).toEqual({ "longstop-run": "bench-{n}" });
    expect(on?.headers("")).toEqual(off?.headers(""));
  });

  it("share one schema where they are replicas", async () => {
    const subject = replica("postgres://there", "bench");
    const [one, two] = [await configurationOf(subject, 1), await configurationOf(subject, 2)];
    for (const { ledger, turns } of [one, two] as readonly Record<string, { url: { file: string } }>[]) {
      expect(ledger).toMatchObject({ kind: "postgres", schema: "bench" });
      expect(turns).toEqual({ mode: "enforce" });
      expect(await readFile(ledger?.url.file ?? "", "utf8")).toBe("postgres://there\n");
    }
  });
});
