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
