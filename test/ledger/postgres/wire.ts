/** Cuts the bytes of one direction of a connection into messages of PostgreSQL's protocol, version 3. */
export class Messages {
  #rest = Buffer.alloc(0);
  /** The first message of a client has no type: https://www.postgresql.org/docs/18/protocol-message-formats.html */
  #isFirst: boolean;

  constructor(side: "client" | "server") {
    this.#isFirst = side === "client";
  }

  take(bytes: Buffer): readonly Message[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const messages: Message[] = [];
    for (;;) {
      const head = this.#isFirst ? 0 : 1;
      if (this.#rest.length < head + 4) return messages;
      const length = head + this.#rest.readInt32BE(head);
      if (this.#rest.length < length) return messages;
      const type = this.#isFirst ? "startup" : String.fromCharCode(this.#rest[0] ?? 0);
      messages.push({
        type,
        bytes: this.#rest.subarray(0, length),
        body: this.#rest.subarray(head + 4, length),
      });
      this.#rest = this.#rest.subarray(length);
      this.#isFirst = false;
    }
  }
}

export interface Message {
  readonly type: string;
  /** The whole of it, and what is in it. */
  readonly bytes: Buffer;
  readonly body: Buffer;
}

export function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** The SQL of a simple query or of a Parse, or null: one of each statement. */
export function sqlOf({ type, body }: Message): string | null {
  if (type === "Q") return body.toString("utf8", 0, body.indexOf(0));
  if (type !== "P") return null;
  const from = body.indexOf(0) + 1;
  return body.toString("utf8", from, body.indexOf(0, from));
}
