// The load of the stream phases: opens streams at a steady rate, each on its own connection, and reads them
// to their end. On raw sockets, so that it costs less than any subject. Prints one JSON line.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { nowUs, stampDigits, stampSign } from "../mock/chunks.ts";
import { DurationHistogram, quantile } from "../statistics.ts";
import type { Again, StreamsOrder, StreamsReport } from "./order.ts";
import { numberedRequests } from "./request-bytes.ts";

const order = JSON.parse(process.argv[2] ?? "{}") as StreamsOrder;
const body = readFileSync(order.bodyFile);
/** No other load of this machine has the same one at this time. */
const name = `${process.pid}-`;
const first = numberedRequests(order.port, order.headers, body);
const again =
  order.again === undefined ? null : numberedRequests(order.again.port, order.again.headers, body);

const sign = stampSign.charCodeAt(0);
const firstEventUs: number[] = [];
const ages = new DurationHistogram();
let opened = 0;
let ended = 0;
let events = 0;
let refused = 0;
let broken = 0;
const faults: string[] = [];
const faultsMax = 5;

/** What is at the end of a stream: the tail of the text holds both. */
const tailBytes = 64;

/** Opens a stream, the `number`th. One that is `left` after some events is opened again, elsewhere. */
function open(number: number, left: Again | null): void {
  const isAgain = again !== null && left === null;
  const request = (isAgain ? again : first)(name + String(number));
  const socket = connect(isAgain ? (order.again?.port ?? 0) : order.port, "127.0.0.1").setNoDelay(true);
  const begun = nowUs();
  let got = 0;
  let isOk = false;
  let isOver = false;
  let isDone = false;
  let tail = "";
  /** A stamp that the end of a packet has cut. */
  let cut: Buffer | null = null;

  const leave = (): void => {
    isOver = true;
    socket.destroy();
    setTimeout(open, left?.afterMs ?? 0, number, null);
  };
  const finish = (how: string): void => {
    if (isOver) return;
    isOver = true;
    ended++;
    socket.destroy();
    if (isDone && got === order.events) return;
    if (isOk) broken++;
    else refused++;
    const after = isOk ? `after ${got} of ${order.events} events` : `before an answer`;
    if (faults.length < faultsMax) faults.push(`${how} ${after}, ${Number(nowUs() - begun) / 1e6} s`);
  };
  const read = (bytes: Buffer, now: bigint): void => {
    let at = bytes.indexOf(sign);
    for (; at >= 0; at = bytes.indexOf(sign, at + 1)) {
      if (at + 1 + stampDigits > bytes.length) {
        cut = bytes.subarray(at);
        return;
      }
      if (++got === left?.events) return leave();
      if (left !== null) continue;
      if (got === 1) firstEventUs.push(Number(now - begun));
      events++;
      const stamp = Number(bytes.toString("latin1", at + 1, at + 1 + stampDigits));
      // A subject may cut a stamp in two chunks of its own: the event is counted, its age is not. Nor is that
      // of what was there before it was asked for.
      if (Number.isFinite(stamp) && !(isAgain && stamp < Number(begun))) ages.add(Number(now) - stamp);
    }
  };

  socket.write(request);
  socket.on("data", (packet: Buffer) => {
    if (isOver) return;
    const now = nowUs();
    if (!isOk) {
      isOk = packet.toString("latin1", 0, 12) === "HTTP/1.1 200";
      if (!isOk) return finish(packet.toString("latin1", 0, 300).replaceAll(/\s+/g, " "));
    }
    const bytes: Buffer = cut === null ? packet : Buffer.concat([cut, packet]);
    cut = null;
    read(bytes, now);
    tail = (tail + packet.toString("latin1", Math.max(0, packet.length - tailBytes))).slice(-tailBytes);
    isDone ||= tail.includes("[DONE]");
    if (isDone && tail.endsWith("0\r\n\r\n")) finish("its end");
  });
  socket.on("error", (error) => finish(error.message));
  socket.on("close", () => finish("closed"));
}

function report(): StreamsReport {
  return {
    events,
    eventsExpected: order.streams * order.events,
    errors: refused + broken + (order.streams - ended),
    refused,
    broken,
    unfinished: order.streams - ended,
    faults,
    firstEventP50Us: quantile(firstEventUs, 0.5),
    firstEventP99Us: quantile(firstEventUs, 0.99),
    ageP50Us: ages.quantile(0.5),
    ageP99Us: ages.quantile(0.99),
  };
}

const begun = performance.now();
const timer = setInterval(() => {
  const elapsedMs = performance.now() - begun;
  const due = Math.min(order.streams, Math.floor((elapsedMs / order.rampMs) * order.streams) + 1);
  while (opened < due) {
    opened++;
    open(opened, order.again ?? null);
    if (opened === order.streams) process.stderr.write("open\n");
  }
  if (ended < order.streams && elapsedMs < order.timeoutMs) return;
  clearInterval(timer);
  process.stdout.write(`${JSON.stringify(report())}\n`, () => process.exit(0));
}, 1);
