import { describe, expect, it } from "vitest";
import { Reloading } from "../../src/cli/reloading.ts";
import type { Config } from "../../src/config/config.ts";
import type { Loaded } from "../../src/config/load.ts";
import { loadText } from "../config/loading.ts";
import { type LogEntry, recordedLog } from "../proxy/support/recorded-log.ts";

interface Scene {
  readonly reloading: Reloading;
  readonly applied: Config[];
  readonly log: ReturnType<typeof recordedLog>;
  /** What is read next. */
  text: string;
  loads: number;
  fails: Error | null;
}

async function scene(text: string): Promise<Scene> {
  const first = await loadText(text);
  if (first.kind === "faults") throw new Error("A scene begins without a fault.");
  const log = recordedLog();
  const applied: Config[] = [];
  const made = { applied, log, text, loads: 0, fails: null as Error | null };
  const reloading = new Reloading(first, {
    load: (): Promise<Loaded> => {
      made.loads += 1;
      return loadText(made.text);
    },
    apply: (config) => {
      if (made.fails !== null) return Promise.reject(made.fails);
      return Promise.resolve(void applied.push(config));
    },
    log: log.log,
  });
  return Object.assign(made, { reloading });
}

describe("a configuration that is read again", () => {
  it("holds when it is sound, and the log says what changed", async () => {
    const at = await scene("drainSeconds: 1");
    at.text = "drainSeconds: 2";
    await at.reloading.reload("SIGHUP");
    expect(at.applied).toMatchObject([{ drainSeconds: 2 }]);
    expect(at.reloading.config.drainSeconds).toBe(2);
    expect(at.log.entries).toMatchObject([
      {
        level: "info",
        what: "configuration applied",
        fields: { reason: "SIGHUP", changed: ["drainSeconds"] },
      },
    ]);
  });

  it("is refused whole where anything is wrong, and every fault is said", async () => {
    const at = await scene("drainSeconds: 1");
    at.text = "drainSeconds: 2\nrepair: { attemptsMax: many }\nnope: 1";
    await at.reloading.reload("SIGHUP");
    expect(at.applied).toEqual([]);
    expect(at.reloading.config.drainSeconds).toBe(1);
    const { what, fields } = at.log.entries[0] as LogEntry;
    expect(what).toBe("configuration refused");
    expect(fields["faults"]).toEqual([
      expect.stringMatching(
        /longstop\.yaml:2:\d+ repair\.attemptsMax: expected an integer from 0 to 10, found "many"/,
      ),
      expect.stringMatching(/longstop\.yaml:3:1 nope: expected one of the keys .*, found an unknown key/),
    ]);
    expect(fields["kept"]).toBe("the configuration in force stays");
  });

  it("is refused by name where only a restart could change it", async () => {
    const at = await scene("drainSeconds: 1");
    at.text = "drainSeconds: 2\nlisten: { port: 9000 }";
    await at.reloading.reload("SIGHUP");
    expect(at.applied).toEqual([]);
    expect(at.log.entries).toMatchObject([
      {
        level: "error",
        fields: { needRestart: ["listen.port"], sentence: expect.stringContaining("listen.port") },
      },
    ]);
  });

  it("is tried again after it failed, and after it was repaired", async () => {
    const at = await scene("drainSeconds: 1");
    at.text = "drainSeconds: 2";
    at.fails = new Error("a guard cannot start");
    await at.reloading.reload("SIGHUP");
    expect(at.reloading.config.drainSeconds).toBe(1);
    expect(at.log.entries).toMatchObject([{ level: "error", what: "configuration not reloaded" }]);
    at.fails = null;
    await at.reloading.reload("SIGHUP");
    expect(at.applied).toHaveLength(1);
  });

  it("is read once more, not many times, for what was asked meanwhile", async () => {
    const at = await scene("drainSeconds: 1");
    const first = at.reloading.reload("SIGHUP");
    at.text = "drainSeconds: 3";
    await Promise.all([first, ...Array.from({ length: 10 }, () => at.reloading.reload("changed file"))]);
    expect(at.loads).toBe(2);
    expect(at.reloading.config.drainSeconds).toBe(3);
  });

  it("is answered for where nothing changed: aloud to a signal, quietly to a touched file", async () => {
    const at = await scene("drainSeconds: 1");
    await at.reloading.reload("SIGHUP");
    await at.reloading.reload("changed file");
    expect(at.log.entries).toMatchObject([
      { level: "info", what: "configuration unchanged" },
      { level: "debug", what: "configuration unchanged" },
    ]);
  });
});
