import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestBody } from "../../../bench/bodies.ts";
import type { StreamsOrder, StreamsReport } from "../../../bench/load/order.ts";
import { doneEvent, finishEvent, nowUs, roleEvent, stampedEvent } from "../../../bench/mock/chunks.ts";
import { writePace } from "../../../bench/mock/pace.ts";
import { runLoad, startProgram, type Program } from "../programs.ts";

const events = 5;
let mock: Program;
let folder: string;
let bodyFile: string;

beforeAll(async () => {
  mock = await startProgram("bench/mock/streams.ts");
  folder = await mkdtemp(join(tmpdir(), "longstop-bench-test-"));
  bodyFile = join(folder, "body.json");
  await writeFile(
    bodyFile,
    requestBody(1_000, { user: writePace({ events, intervalMs: 10, eventsPerWrite: 1 }) }),
  );
});
afterAll(async () => {
  await mock.stop();
  await rm(folder, { recursive: true });
});

async function load(port: number, changes: Partial<StreamsOrder> = {}): Promise<StreamsReport> {
  const order: StreamsOrder = {
    port,
    bodyFile,
    headers: {},
    streams: 20,
    rampMs: 50,
    timeoutMs: 5_000,
    events,
    ...changes,
  };
  return (await runLoad("bench/load/streams.ts", order)) as StreamsReport;
}

/** A subject that does what it should not. */
async function withServer(
  answer: Parameters<typeof createServer>[1],
  work: (port: number) => Promise<void>,
): Promise<void> {
  const server: Server = createServer({}, answer as never);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  try {
    await work((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const sse = { "content-type": "text/event-stream" };
const texts = (count: number): string => stampedEvent(1n).repeat(count);

describe("the load of streams", () => {
  it("reads every stream to its end, and knows when each event was born", async () => {
    const report = await load(mock.port);
    expect(report).toMatchObject({
      events: 100,
      eventsExpected: 100,
      errors: 0,
      refused: 0,
      broken: 0,
      unfinished: 0,
      faults: [],
    });
    expect(report.firstEventP50Us).toBeGreaterThan(0);
    expect(report.firstEventP99Us).toBeGreaterThanOrEqual(report.firstEventP50Us);
    // An event that is younger than nothing, or as old as the clock, would be a misread stamp.
    expect(report.ageP50Us).toBeGreaterThan(0);
    expect(report.ageP99Us).toBeLessThan(5e6);
  });

  it("names each stream in its headers, never two alike", async () => {
    const runs: unknown[] = [];
    await withServer(
      (request, response) => {
        runs.push(request.headers["longstop-run"]);
        response.writeHead(200, sse).end(texts(events) + doneEvent);
      },
      async (port) => {
        const headers = { "longstop-run": "bench-{n}" };
        await load(port, { headers, streams: 3, timeoutMs: 1_000 });
      },
    );
    expect(new Set(runs).size).toBe(3);
    for (const run of runs) expect(run).toMatch(/^bench-\d+-[123]$/);
  });

  it("asks elsewhere for what it has left, and counts that alone", async () => {
    const asked: (readonly [unknown, unknown])[] = [];
    const gone: number[] = [];
    const old = stampedEvent(nowUs() - 60_000_000n);
    await withServer(
      (request, response) => {
        const { "x-retry": retry, "longstop-run": run } = request.headers;
        asked.push([run, retry]);
        response.writeHead(200, sse);
        if (retry === undefined) {
          response.on("close", () => gone.push(Date.now()));
          return response.write(texts(events));
        }
        // What was there before it was asked for is counted, and has no age.
        return response.write(old.repeat(events - 1), () => {
          setTimeout(() => response.end(stampedEvent(nowUs()) + doneEvent), 30);
        });
      },
      async (port) => {
        const headers = { "longstop-run": "{n}" };
        const again = { port, headers: { ...headers, "x-retry": "1" }, events: 2, afterMs: 20 };
        const report = await load(port, { headers, again, streams: 3, timeoutMs: 2_000 });
        expect(report).toMatchObject({ errors: 0, events: 3 * events, eventsExpected: 3 * events });
        expect(report.ageP99Us).toBeLessThan(5e6);
      },
    );
    expect(gone).toHaveLength(3);
    const [first, second] = [undefined, "1"].map((retry) => asked.filter((one) => one[1] === retry));
    expect(first?.map(([run]) => run).toSorted()).toEqual(second?.map(([run]) => run).toSorted());
  });

  it("finds a stamp that two packets share", async () => {
    await withServer(
      (_request, response) => {
        const text = stampedEvent(nowUs()).repeat(events);
        const at = text.indexOf("@") + 5;
        response.writeHead(200, { ...sse, "content-length": text.length + doneEvent.length });
        response.write(text.slice(0, at));
        setTimeout(() => response.end(text.slice(at) + doneEvent), 30);
      },
      async (port) => {
        const report = await load(port, { streams: 2, timeoutMs: 1_000 });
        expect(report.events).toBe(2 * events);
        // Half a stamp read as a whole one would be an age of days.
        expect(report.ageP99Us).toBeLessThan(5e6);
      },
    );
  });

  it("says in words what went wrong first", async () => {
    await withServer(
      (_request, response) => response.writeHead(503).end("busy"),
      async (port) => {
        const { faults } = await load(port, { streams: 8, timeoutMs: 1_000 });
        expect(faults).toHaveLength(5);
        expect(faults[0]).toMatch(/^HTTP\/1\.1 503 .* busy.* before an answer, [\d.]+ s$/);
      },
    );
  });

  it.each<[string, Parameters<typeof createServer>[1], Partial<StreamsReport>]>([
    ["that is refused", (_request, response) => response.writeHead(503).end(), { refused: 3, events: 0 }],
    [
      "that loses an event",
      (_request, response) => response.writeHead(200, sse).end(texts(events - 1) + finishEvent + doneEvent),
      { broken: 3, events: 3 * (events - 1) },
    ],
    [
      "that tells an event twice",
      (_request, response) => response.writeHead(200, sse).end(texts(events + 1) + finishEvent + doneEvent),
      { broken: 3, events: 3 * (events + 1) },
    ],
    [
      "that ends without its end",
      (_request, response) => response.writeHead(200, sse).end(roleEvent + texts(events)),
      { unfinished: 3, events: 3 * events },
    ],
    [
      "that is cut",
      (_request, response) => {
        response.writeHead(200, sse).write(texts(events));
        setTimeout(() => response.destroy(), 20);
      },
      { broken: 3 },
    ],
    ["that never begins", () => {}, { unfinished: 3, events: 0 }],
  ])("counts a stream %s as an error", async (_name, answer, counts) => {
    await withServer(answer, async (port) => {
      const report = await load(port, { streams: 3, timeoutMs: 600 });
      expect(report).toMatchObject({ ...counts, errors: 3 });
    });
  });
});
