import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import peers from "../../bench/peers/package.json" with { type: "json" };
import lock from "../../bench/peers/package-lock.json" with { type: "json" };
import { subjects } from "../../bench/subjects.ts";
import { missingFrom, type LockEntries } from "../../scripts/lock.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "longstop-bench-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

const upstream = "http://127.0.0.1:9";

async function configurationOf(name: string): Promise<Record<string, unknown>> {
  const subject = subjects.find((one) => one.name === name);
  const argv = (await subject?.argv?.(1234, upstream, folder)) ?? [];
  return parse(await readFile(argv.at(-1) ?? "", "utf8")) as Record<string, unknown>;
}

describe("the subjects", () => {
  it("have names of their own", () => {
    expect(new Set(subjects.map(({ name }) => name)).size).toBe(subjects.length);
    expect(new Set(subjects.map(({ title }) => title)).size).toBe(subjects.length);
  });

  it("run Longstop with its default posts, and with none", async () => {
    expect(await configurationOf("with")).not.toHaveProperty("posts");
    expect(await configurationOf("with")).not.toHaveProperty("log");
    expect(await configurationOf("without")).toMatchObject({ posts: [], turns: { mode: "off" } });
  });

  it("have nginx hand everything on unbuffered, in one process that is easily ended", async () => {
    const argv = (await subjects.find(({ name }) => name === "nginx")?.argv?.(1234, upstream, folder)) ?? [];
    const file = await readFile(argv.at(-1) ?? "", "utf8");
    for (const line of ["master_process off;", "proxy_buffering off;", "proxy_request_buffering off;"])
      expect(file).toContain(line);
    expect(file).toContain("server 127.0.0.1:9;");
  });

  it("that are of others stand in bench/peers, each at one version", () => {
    const wanted = subjects.flatMap(({ peer }) => (peer === null ? [] : [peer]));
    expect(wanted.length).toBeGreaterThan(1);
    for (const peer of wanted)
      expect(peers.dependencies).toHaveProperty([peer], expect.stringMatching(/^\d+\.\d+\.\d+$/));
  });

  it("can be installed anywhere: their lock has every package, and names no place to get it from", () => {
    expect(missingFrom(lock.packages as LockEntries)).toEqual([]);
    expect(JSON.stringify(lock)).not.toContain('"resolved"');
  });
});
