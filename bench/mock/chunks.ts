// The stream of the mock model: events of a chat completion of about 200 bytes, as HTTP chunks.

const head = '{"id":"chatcmpl-9nYqvXo2Zt7b1L","object":"chat.completion.chunk","created":1790000000,';

function event(delta: string, finish: string): string {
  return `data: ${head}"model":"gpt-4.1","choices":[{"index":0,"delta":${delta},"finish_reason":${finish}}]}\n\n`;
}

/** One HTTP chunk, as providers send each event. */
export function chunked(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

export const headers =
  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";

export const roleEvent = event('{"role":"assistant","content":""}', "null");
export const finishEvent = event("{}", '"stop"');
export const doneEvent = "data: [DONE]\n\n";
export const lastChunk = "0\r\n\r\n";

/** The sign before the stamp in an event's text. Nothing else in a stream has it. */
export const stampSign = "@";
export const stampDigits = 16;

/** A text event that carries the time of its birth: microseconds of the monotonic clock, which all processes share. */
export function stampedEvent(microseconds: bigint): string {
  return event(
    `{"content":"${stampSign}${String(microseconds).padStart(stampDigits, "0")} and so on "}`,
    "null",
  );
}

export function nowUs(): bigint {
  return process.hrtime.bigint() / 1000n;
}
