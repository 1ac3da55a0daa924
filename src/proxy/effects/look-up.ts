import type { ClaimRecord, Settlement } from "../../ledger/ledger.ts";
import type { LookUp } from "../settings.ts";
import { pairs, requestHeaders } from "../upstream-headers.ts";
import { readWithin } from "./body-read.ts";
import { readLookUp, type LookedUp } from "./look-up-answer.ts";
import { filled, filledPath } from "./look-up-template.ts";
import { type CallKey, keyHeaders } from "./call-key.ts";
import { sentKey, sharesAccount } from "./operation-key.ts";
import { storeByContent } from "./recorded-answer.ts";
import type { ToolExchange } from "./tool-exchange.ts";

/** Headers that belong to the call, and would make a GET another one. */
const ofTheCall = /^(?:content-.*|if-.*|range|expect)$/i;

/**
 * Asks the tool what became of an operation in doubt, where the configuration says how. Gives the
 * record as it is resolved; null where nobody knows more than before, whatever the reason.
 */
export async function lookUp(
  exchange: ToolExchange,
  record: ClaimRecord,
  body: Uint8Array,
  key: SentKey,
): Promise<ClaimRecord | null> {
  const { engine, terms } = exchange;
  if (terms.lookUp === null || !mayTell(exchange, terms.lookUp, record, key)) return null;
  try {
    const settlement = await settlementOf(exchange, terms.lookUp, record, body);
    if (settlement === null) return null;
    const { id, epoch, nonce } = record;
    const settled = await engine.ledger.settle({ id, epoch, nonce }, settlement);
    engine.log.info("effect looked up", { operation: id, state: settled.record.state });
    // Whoever was faster has moved it on: a human, or another retry.
    return settled.record;
  } catch (cause) {
    engine.log.warn("effect not looked up", { operation: record.id, tool: exchange.tool.name, cause });
    return null;
  }
}

/** What is known of the key that this retry would be sent with. */
type SentKey = Pick<CallKey, "sent" | "isKnownByKey">;

/**
 * Whether what the tool says can be of this operation. A key that the first dispatch did not carry in this
 * very form is found nowhere, and that is no proof. Where tenants share one account, fields that a caller
 * chose may name what another tenant did.
 */
function mayTell(exchange: ToolExchange, how: LookUp, record: ClaimRecord, key: SentKey): boolean {
  const byKey = `${how.path} ${how.found.equals ?? ""}`.includes("{key}");
  if (byKey) return key.isKnownByKey && record.sent === key.sent;
  if (!sharesAccount(exchange)) return true;
  const why = "tenants share its account, and its lookUp does not ask by {key}";
  exchange.engine.report(exchange.tool.name, `No operation in doubt is looked up: ${why}.`);
  return false;
}

async function settlementOf(
  exchange: ToolExchange,
  how: LookUp,
  record: ClaimRecord,
  body: Uint8Array,
): Promise<Settlement | null> {
  const { "content-type": contentType } = exchange.inbound.incoming.headers;
  const key = sentKey(record, exchange.terms.service?.limits, sharesAccount(exchange));
  const values = { key, contentType, body };
  const path = filledPath(how.path, values);
  const equals = how.found.equals === undefined ? null : filled(how.found.equals, values, String);
  if (path === null || (equals === null && how.found.equals !== undefined)) return null;
  const looked = await ask(exchange, how, path, equals);
  if (looked.kind === "found") {
    const bytes = await storeByContent(exchange.engine.ledger, record.tenant, Buffer.from(looked.answer));
    const headers = [
      ["content-type", "application/json"],
      ["longstop-looked-up", "true"],
    ] as const;
    const answer = { status: 200, headers, body: bytes, extent: "whole" } as const;
    return { state: "resolved-done", reason: `It was looked up and found (GET ${how.path}).`, answer };
  }
  if (looked.kind === "unknown" || !isOldEnough(exchange, how, record)) return null;
  return { state: "resolved-not-done", reason: `It was looked up and is not there (GET ${how.path}).` };
}

/** A dispatch that may still be at work, or that shows late, is no proof that there was none. */
function isOldEnough({ engine }: ToolExchange, { absent }: LookUp, record: ClaimRecord): boolean {
  return absent !== undefined && engine.clock.now() - record.leaseUntilMs >= absent.afterSeconds * 1000;
}

async function ask(
  { engine, inbound, tool, terms }: ToolExchange,
  how: LookUp,
  path: string,
  equals: string | null,
): Promise<LookedUp> {
  const { rawHeaders } = inbound.incoming;
  const own = keyHeaders(tool, terms);
  const headers = [...pairs(requestHeaders(rawHeaders, "whole", true))].filter(
    ([name]) => !ofTheCall.test(name) && !own.includes(name.toLowerCase()),
  );
  const answer = await engine.upstreams.send({
    target: tool,
    method: "GET",
    path,
    headers: headers.flat(),
    body: null,
    signal: inbound.gone,
    headersMs: terms.timeoutMs,
  });
  const read = await readWithin(answer, engine.settings.effects.effectBodyBytesMax);
  if (read.kind === "whole") return readLookUp(how, equals, answer.status, read.bytes);
  answer.discard();
  return { kind: "unknown" };
}
