/** A body as text, for what reads text: a body that came is UTF-8, one that was made here may be text. */
export function textOf(body: string | Uint8Array): string {
  if (typeof body === "string") return body;
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
}
