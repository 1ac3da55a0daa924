import { connect } from "node:net";
import { join } from "node:path";
import type { Probed } from "./probe.ts";

/** Where the probe of the gateway on this port listens. */
export function probeFile(folder: string, port: number): string {
  return join(folder, `probe-${port}.sock`);
}

/** What the probe has seen since it was asked before. */
export async function askProbe(file: string): Promise<Probed> {
  let text = "";
  for await (const chunk of connect(file).setEncoding("utf8")) text += String(chunk);
  return JSON.parse(text) as Probed;
}
