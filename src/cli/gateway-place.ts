import { InvalidArgumentError } from "commander";
import { request, Agent } from "undici";
import { urlProblems } from "../config/address.ts";
import { addressUrl } from "../config/explain.ts";
import { RunError } from "./known-run.ts";
import { plain } from "./plain.ts";

/** How long a gateway may take to say whether it is ready, ms. */
const answerMs = 3000;

/** A gateway's URL as an option has it, without a slash at its end. */
export function readGatewayUrl(written: string): string {
  const [problem] = urlProblems(written);
  if (problem !== undefined) throw new InvalidArgumentError(`Expected ${problem}.`);
  const { href, pathname } = new URL(written);
  if (/\/(?:k|run)\//.test(pathname)) {
    throw new InvalidArgumentError(
      "Expected the gateway's URL alone; a key comes by --key-env or --key-file.",
    );
  }
  return href.replace(/\/+$/, "");
}

/** The URL, on this machine, of the gateway that `longstop start` runs with the same configuration. */
export function gatewayUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  if (port === 0) {
    throw new RunError(
      "listen.port is 0, any free port: only the gateway knows which. Say where it listens: --gateway <url>.",
    );
  }
  // Who listens on all addresses listens on this one; nobody can be called at a wildcard.
  return addressUrl({ host: host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host, port });
}

/** Asks a gateway whether it serves. Throws a `RunError` that says why it does not. */
export async function mustBeReady(gateway: string): Promise<void> {
  const trouble = await troubleOf(gateway);
  if (trouble !== null) {
    throw new RunError(`${trouble} The command was not started; --no-check starts it all the same.`);
  }
}

async function troubleOf(gateway: string): Promise<string | null> {
  // An agent of its own goes through no proxy: what the environment says of those is meant for the command.
  const dispatcher = new Agent();
  try {
    const { statusCode, body } = await request(`${gateway}/-/ready`, {
      dispatcher,
      signal: AbortSignal.timeout(answerMs),
    });
    const status = statusOf(await body.text());
    if (status === null) {
      return `What answers at ${gateway} is no gateway of Longstop (HTTP ${statusCode} for /-/ready).`;
    }
    if (statusCode === 200) return null;
    return `The gateway at ${gateway} is not ready: ${plain(status)}.`;
  } catch (error) {
    const nobody = `No gateway answers at ${gateway} (${reasonOf(error)}).`;
    return `${nobody} Start it, or say where it is: --gateway <url>.`;
  } finally {
    await dispatcher.destroy();
  }
}

/** What the page says, or null where it is another program's. */
function statusOf(text: string): string | null {
  try {
    const page: unknown = JSON.parse(text);
    const status = page !== null && typeof page === "object" && "status" in page ? page.status : null;
    return typeof status === "string" ? status : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer in ${answerMs / 1000} s`;
  const { code } = error as NodeJS.ErrnoException;
  return code ?? plain(error.message);
}
