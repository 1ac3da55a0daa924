// The load of the phase latency: whole exchanges at a fixed rate over kept connections, each sent when it is
// due whether or not the one before has been answered. Prints one JSON line.
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { nowUs } from "../mock/chunks.ts";
import { quantile } from "../statistics.ts";
import type { RateOrder, RateReport } from "./order.ts";
import { requestBytes } from "./request-bytes.ts";

const order = JSON.parse(process.argv[2] ?? "{}") as RateOrder;
const request = requestBytes(order.port, order.headers, readFileSync(order.bodyFile));

/** How long after the last request is due its answer may come, ms. */
const patienceMs = 15_000;

const idle: Connection[] = [];
const took: number[] = [];
let sent = 0;
let ended = 0;
let errors = 0;

interface Connection {
  readonly socket: Socket;
  begun: bigint;
  answer: Buffer;
}

/** Bytes of a whole answer: by its length, or to the last chunk; null while that is not known. */
function isWhole(answer: Buffer): boolean {
  const end = answer.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /^content-length: *(\d+)/im.exec(answer.toString("latin1", 0, end));
  if (length !== null) return answer.length >= end + 4 + Number(length[1]);
  return answer.subarray(-5).equals(Buffer.from("0\r\n\r\n"));
}

function open(): Connection {
  const socket = connect(order.port, "127.0.0.1").setNoDelay(true);
  const connection: Connection = { socket, begun: 0n, answer: Buffer.alloc(0) };
  socket.on("data", (bytes: Buffer) => {
    connection.answer = Buffer.concat([connection.answer, bytes]);
    if (!isWhole(connection.answer)) return;
    took.push(Number(nowUs() - connection.begun));
    ended++;
    if (connection.answer.toString("latin1", 0, 12) !== "HTTP/1.1 200") errors++;
    connection.begun = 0n;
    if (socket.writable) idle.push(connection);
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    const at = idle.indexOf(connection);
    if (at >= 0) idle.splice(at, 1);
    if (connection.begun === 0n) return;
    ended++;
    errors++;
  });
  return connection;
}

function send(): void {
  const connection = idle.pop() ?? open();
  connection.answer = Buffer.alloc(0);
  connection.begun = nowUs();
  connection.socket.write(request);
}

function report(): RateReport {
  return {
    errors: errors + (order.requests - ended),
    p50Us: quantile(took, 0.5),
    p99Us: quantile(took, 0.99),
  };
}

const begun = performance.now();
const lastDueMs = (order.requests / order.requestsPerSecond) * 1000;
const timer = setInterval(() => {
  const elapsedMs = performance.now() - begun;
  for (; sent < order.requests && elapsedMs * order.requestsPerSecond >= sent * 1000; sent++) send();
  if (ended < order.requests && elapsedMs < lastDueMs + patienceMs) return;
  clearInterval(timer);
  process.stdout.write(`${JSON.stringify(report())}\n`, () => process.exit(0));
}, 1);
