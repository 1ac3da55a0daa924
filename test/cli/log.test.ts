import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLog } from "../../src/cli/log.ts";
import type { Line } from "../../src/cli/line-writer.ts";
import { LongstopError } from "../../src/exchange/error.ts";
import { plantedSecret } from "./secrets.ts";

const noon = Date.UTC(2026, 9, 21, 12, 0, 0, 5);

describe("the log", () => {
  it("writes one JSON object a line: time, level and what first", () => {
    const { log, lines } = open("json");
    log.info("exchange done", { requestId: "req_1", status: 200, run: null, time: "late", left: undefined });
    expect(lines).toEqual([
      '{"time":"2026-10-21T12:00:00.005Z","level":"info","what":"exchange done",' +
        '"requestId":"req_1","status":200,"run":null,"time_":"late"}\n',
    ]);
  });

  it("says that warnings and errors must not wait: the process may end behind them", () => {
    const urgent: boolean[] = [];
    const write = (_line: Line, isUrgent: boolean): void => void urgent.push(isUrgent);
    const log = createLog({ level: "debug", format: "json", write, now: () => noon });
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
    expect(urgent).toEqual([false, false, true, true]);
  });

  it("puts into words later only what cannot change any more, with the time that it was said at", () => {
    const lines: Line[] = [];
    let time = noon;
    const log = createLog({
      level: "info",
      format: "json",
      write: (line) => void lines.push(line),
      now: () => time,
    });
    const counts = { attempts: 1 };
    const fields = { status: 200, path: "/v1", run: null };
    log.info("flat", () => ({ ...fields }));
    log.info("nested", () => ({ counts }));
    log.info("given", fields);
    log.warn("urgent", () => ({ ...fields }));
    expect(lines.map((line) => typeof line)).toEqual(["function", "string", "string", "string"]);
    time += 5_000;
    counts.attempts = 2;
    fields.status = 500;
    const written = lines.map((line) => JSON.parse(textOf(line)) as unknown);
    const at = { time: new Date(noon).toISOString() };
    expect(written).toMatchObject([
      { ...at, what: "flat", status: 200, path: "/v1", run: null },
      { ...at, what: "nested", counts: { attempts: 1 } },
      { ...at, what: "given", status: 200 },
      { ...at, what: "urgent", status: 200 },
    ]);
  });

  it("fails by nothing that it is given", () => {
    const { log, lines } = open("json");
    const broken = {
      get left(): number {
        throw new Error("gone");
      },
    };
    log.info("given", broken);
    log.info("made", () => broken);
    expect(lines.map((line) => (JSON.parse(line) as { left: unknown }).left)).toEqual([
      "[unreadable]",
      "[unreadable]",
    ]);
  });

  it("asks for fields only where the line is written", () => {
    const { log, lines } = open("pretty", "warn");
    log.info("a", () => expect.unreachable());
    log.warn("b", () => ({ n: 1 }));
    expect(lines).toEqual(["12:00:00.005 WARN  b n=1\n"]);
  });

  it("writes lines for people", () => {
    const { log, lines } = open("pretty");
    log.warn("call refused", { tool: "send mail", run: "r-1", faults: ["a"], left: undefined });
    expect(lines).toEqual(['12:00:00.005 WARN  call refused tool="send mail" run=r-1 faults=["a"]\n']);
  });

  it("writes what is at least as grave as its level", () => {
    const { log, lines } = open("pretty", "warn");
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
    expect(lines).toEqual(["12:00:00.005 WARN  c\n", "12:00:00.005 ERROR d\n"]);
  });

  it("keeps every line a line, and no control character in it", () => {
    for (const format of ["json", "pretty"] as const) {
      const { log, lines } = open(format);
      log.info("a\nb\u001b[31m", { "k\n": "x\r\n2026 ERROR forged \u001b[2J\u009b\u2028\u202e" });
      expect(lines).toHaveLength(1);
      expect(lines[0]?.slice(0, -1)).not.toMatch(/\p{Cc}/u);
    }
    const { log, lines } = open("pretty");
    log.info("x", { a: "\u009b2J\u202e" });
    expect(lines[0]).toBe('12:00:00.005 INFO  x a="\\u009b2J\\u202e"\n');
  });

  it("says the cause of an error, and its code", () => {
    const { log, lines } = open("json");
    const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    log.error("failed", {
      cause: new LongstopError("upstream_unreachable", "The upstream is down.", { cause }),
    });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      cause: {
        error: "LongstopError",
        code: "upstream_unreachable",
        reason: "The upstream is down.",
        stack: expect.stringContaining("log.test.ts"),
        cause: { error: "Error", code: "ECONNREFUSED", reason: "connect ECONNREFUSED" },
      },
    });
  });

  it("bounds a line, whatever it is given, and keeps who it was about", () => {
    const circle: Record<string, unknown> = {};
    circle["self"] = circle;
    const deep = Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => "x".repeat(10_000)));
    for (const format of ["json", "pretty"] as const) {
      const { log, lines } = open(format);
      log.info("big", { requestId: "req_9", deep, circle, wide: "y".repeat(1e6) });
      expect(lines[0]?.length).toBeLessThan(16_500);
      expect(lines[0]).toContain("req_9");
    }
  });

  it("never throws", () => {
    const { log, lines } = open("json");
    const hostile = {
      get broken(): never {
        throw new Error("no");
      },
    };
    log.info("a", {
      hostile,
      f: () => 1,
      s: Symbol("s"),
      n: 10n,
      d: new Date(Number.NaN),
      b: new Uint8Array(3),
    });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      hostile: { broken: "[unreadable]" },
      f: "[function]",
      s: "[symbol]",
      n: "10",
      d: "[invalid date]",
      b: "[3 bytes]",
    });
  });

  it("never shows a secret, wherever it was planted", () => {
    const places = fc.constantFrom<(text: string) => Record<string, unknown>>(
      (text) => ({ note: text }),
      (text) => ({ [text]: 1 }),
      (text) => ({ deep: { list: [{ note: `before ${text} after` }] } }),
      (text) => ({ cause: new Error(text, { cause: new Error(`inner ${text}`) }) }),
      (text) => ({ body: JSON.stringify({ headers: JSON.stringify({ note: text }) }) }),
      (text) => ({ url: `https://h/?q=${text}` }),
      (text) => ({ long: `${"x".repeat(1995)} ${text}` }),
      (text) => ({ map: new Map([["note", text]]), set: new Set([text]) }),
    );
    fc.assert(
      fc.property(
        plantedSecret,
        places,
        fc.constantFrom("json", "pretty"),
        ({ secret, text }, place, format) => {
          const { log, lines } = open(format);
          log.info(`what ${text}`, place(text));
          expect(lines.join("")).not.toContain(secret);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it("never shows what stands under the name of a secret, however headers are held", () => {
    const names = fc.constantFrom(
      "authorization",
      "X-Api-Key",
      "api-key",
      "Cookie",
      "set-cookie",
      "proxy-authorization",
      "longstop-key",
      "x-my-token",
      "clientSecret",
    );
    const holders = fc.constantFrom<(name: string, value: string) => unknown>(
      (name, value) => ({ [name]: value }),
      (name, value) => ({ [name]: [value, value] }),
      (name, value) => ({ [name]: { nested: value } }),
      (name, value) => new Map([[name, value]]),
      (name, value) => new Headers([[name, value]]),
      (name, value) => [[name, value]],
      (name, value) => ["host", "h", name, value],
      (name, value) => new URLSearchParams([[name, value]]),
    );
    const value = fc.string({
      unit: fc.constantFrom(...Array.from("abcdefgh")),
      minLength: 12,
      maxLength: 20,
    });
    fc.assert(
      fc.property(names, holders, value, (name, hold, secret) => {
        const { log, lines } = open("json");
        log.info("request", { headers: hold(name, secret) });
        expect(lines.join("")).not.toContain(secret);
      }),
      { numRuns: 1000 },
    );
  });
});

function open(format: "json" | "pretty", level: "debug" | "warn" = "debug") {
  const lines: string[] = [];
  const log = createLog({ level, format, write: (line) => void lines.push(textOf(line)), now: () => noon });
  return { log, lines };
}

function textOf(line: Line): string {
  return typeof line === "string" ? line : line();
}
