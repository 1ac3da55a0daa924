import { spawn, spawnSync } from "node:child_process";
import { plainClients, type Post } from "./loop.ts";

const { error } = spawnSync("curl", ["--version"]);

/** Why curl cannot be tested, or null. */
export const noCurl = error === undefined ? null : `cannot be run here: ${error.message}`;

const post: Post = async (url, headers, body, { tap }) => {
  const given = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const curl = spawn("curl", ["-sSN", "-i", "--data-binary", "@-", ...given, url]);
  curl.stdin.end(body);
  let out = "";
  let said = "";
  curl.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  curl.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const code = await new Promise<number | null>((ended) => curl.once("close", ended));
  const end = out.indexOf("\r\n\r\n");
  if (end < 0) throw new Error(said);
  const [first = "", ...lines] = out.slice(0, end).split("\r\n");
  const got = new Headers(
    lines.map((line): [string, string] => [
      line.slice(0, line.indexOf(":")),
      line.slice(line.indexOf(":") + 1).trim(),
    ]),
  );
  tap?.(got, out.slice(end + 4));
  const broken = code === 0 ? null : new Error(said);
  return { status: Number(first.split(" ")[1]), headers: got, body: out.slice(end + 4), broken };
};

export const curlClients = plainClients("curl", post).map((client) => ({ ...client, isProcess: true }));
