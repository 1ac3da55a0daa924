/** A request as it goes over the wire, made once for a whole run. */
export function requestBytes(port: number, headers: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const lines = Object.entries({
    host: `127.0.0.1:${port}`,
    "content-type": "application/json",
    authorization: "Bearer bench",
    ...headers,
    "content-length": String(body.length),
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST /v1/chat/completions HTTP/1.1\r\n${lines.join("")}\r\n`), body]);
}

/** What stands in a header's value for what tells one request from another. */
export const numberSign = "{n}";

/** The same for requests that differ in their headers alone, by what each is called. */
export function numberedRequests(
  port: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): (name: string) => Buffer {
  const bytes = requestBytes(port, headers, body);
  const end = bytes.indexOf("\r\n\r\n");
  const head = bytes.toString("latin1", 0, end);
  if (!head.includes(numberSign)) return () => bytes;
  const rest = bytes.subarray(end);
  return (name) => Buffer.concat([Buffer.from(head.replaceAll(numberSign, name), "latin1"), rest]);
}
