// The mock model of the stream phases: node streams.ts PORT. On raw sockets, without an HTTP library, so that
// it costs less than any subject. Every request, once it is read whole, is answered with the role event and one
// text event at once, then one text event at each interval of its pace, then the end.
import { createServer, type Socket } from "node:net";
import * as chunks from "./chunks.ts";
import { readPace, type Pace } from "./pace.ts";

const { chunked, stampedEvent } = chunks;
const opening = chunks.headers + chunked(chunks.roleEvent);
const ending = chunked(chunks.finishEvent) + chunked(chunks.doneEvent) + chunks.lastChunk;
const stamped = (): string => chunked(stampedEvent(chunks.nowUs()));

/** The writes of a burst, made once for each pace. Nobody asks for the age of its events. */
const bursts = new Map<string, readonly Buffer[]>();

function burstOf({ events, eventsPerWrite }: Pace): readonly Buffer[] {
  const key = `${events} ${eventsPerWrite}`;
  const known = bursts.get(key);
  if (known !== undefined) return known;
  const made = Array.from({ length: Math.ceil(events / eventsPerWrite) }, (_, write) => {
    const left = events - write * eventsPerWrite;
    const texts = chunked(stampedEvent(0n)).repeat(Math.min(eventsPerWrite, left));
    return Buffer.from((write === 0 ? opening : "") + texts + (left <= eventsPerWrite ? ending : ""));
  });
  bursts.set(key, made);
  return made;
}

// Slow streams wait in the slot of a wheel in which their next event is due.
const tickMs = 5;
const wheel = Array.from({ length: 1000 }, () => new Set<Stream>());
let slotNow = 0;

/** One connection: what is left of its stream, and what has come of its request. */
interface Stream {
  readonly socket: Socket;
  unread: string;
  eventsLeft: number;
  ticks: number;
  slot: number;
}

function isWhole(request: string): boolean {
  const end = request.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /content-length: *(\d+)/i.exec(request.slice(0, end));
  return length === null ? request.endsWith(chunks.lastChunk) : request.length >= end + 4 + Number(length[1]);
}

function begin(stream: Stream, pace: Pace): void {
  const { events, intervalMs } = pace;
  if (intervalMs === 0) {
    for (const bytes of burstOf(pace)) stream.socket.write(bytes);
    return;
  }
  stream.socket.write(opening + stamped(), "latin1");
  stream.eventsLeft = events - 1;
  stream.ticks = Math.min(wheel.length - 1, Math.max(1, Math.round(intervalMs / tickMs)));
  wait(stream);
}

function wait(stream: Stream): void {
  stream.slot = (slotNow + stream.ticks) % wheel.length;
  wheel[stream.slot]?.add(stream);
}

createServer({ noDelay: true }, (socket) => {
  const stream: Stream = { socket, unread: "", eventsLeft: 0, ticks: 1, slot: 0 };
  // A client that goes is no fault of the mock; the load counts what is missing.
  socket.on("error", () => socket.destroy());
  socket.on("close", () => wheel[stream.slot]?.delete(stream));
  socket.on("data", (bytes: Buffer) => {
    stream.unread += bytes.toString("latin1");
    if (!isWhole(stream.unread)) return;
    const pace = readPace(stream.unread);
    stream.unread = "";
    if (pace === null) socket.end("HTTP/1.1 400 No pace\r\nContent-Length: 0\r\n\r\n");
    else begin(stream, pace);
  });
}).listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 8192 });

function tick(): void {
  slotNow = (slotNow + 1) % wheel.length;
  const due = wheel[slotNow] ?? [];
  wheel[slotNow] = new Set();
  for (const stream of due) {
    if (stream.eventsLeft-- > 0) {
      stream.socket.write(stamped(), "latin1");
      wait(stream);
    } else {
      stream.socket.write(ending, "latin1");
    }
  }
}

let next = performance.now();
setInterval(() => {
  for (; next <= performance.now(); next += tickMs) tick();
}, 2);
