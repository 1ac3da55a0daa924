import { request } from "node:http";

/** A client that takes its time over an answer. */
export interface SlowClient {
  /** How the answer began. */
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Reads all of it. */
  read(): Promise<void>;
}

/** Posts JSON, and reads nothing of the answer's body until it is told to. Resolves with its headers. */
export function postSlowly(url: string, body: object): Promise<SlowClient> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method: "POST", headers: { "content-type": "application/json" } });
    asking.on("error", reject).on("response", (answer) => {
      answer.pause();
      resolve({
        status: answer.statusCode,
        headers: answer.headers,
        read: async () => {
          const ended = new Promise<void>((done, fail) => answer.on("end", done).on("error", fail));
          answer.resume();
          await ended;
        },
      });
    });
    asking.end(JSON.stringify(body));
  });
}
