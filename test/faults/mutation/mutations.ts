/** A change of the source that must be noticed. */
export interface Mutation {
  readonly name: string;
  /** What the mutated gateway does. */
  readonly does: string;
  readonly edits: readonly Edit[];
  /** Histories of turns must notice it, and not those of effects. */
  readonly turns?: true;
}

interface Edit {
  readonly file: string;
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
}

const serve = "src/proxy/effects/serve-tool.ts";
const claimed = "src/proxy/effects/effect-claim.ts";
const dispatch = "src/proxy/effects/dispatch.ts";

const store = `    await this.#store({ state: "done" }, recorded, read.bytes);\n`;
const failpoint = `    await failpoint("after-outcome");\n`;
const send = `    await sendJudged(this.#exchange, answer.status, this.#answerHeaders(answer), read.bytes);\n`;

/** An intent that is only thought. */
const thoughtOnly = `return { kind: "won", newest: null, record: { ...request, id: this.#engine.newId(), epoch: 1,
        keyEpoch: 1, occurrence: 1, state: "intent", doubted: false, nonce: "", answer: null } } as never;`;

export const mutations: readonly Mutation[] = [
  {
    name: "no-intent-write",
    does: "dispatches without having written the intent",
    edits: [
      { file: serve, from: "return orUnsent(() => this.#engine.ledger.claim(request));", to: thoughtOnly },
    ],
  },
  {
    name: "expiry-dispatches-again",
    does: "takes a call whose lease ran out for one that was never sent",
    edits: [
      {
        file: "src/ledger/sqlite/leases.ts",
        from: "state = case kind when 'effect' then 'in-doubt' else 'not-sent' end",
        to: "state = 'not-sent'",
      },
    ],
  },
  {
    name: "key-without-tenant",
    does: "knows operations without their tenant",
    edits: [
      {
        file: claimed,
        from: "const { engine, inbound, at, route, tool, terms } = exchange;",
        to: `const { engine, inbound, route, tool, terms } = exchange;
  const at = { caller: { ...exchange.at.caller, tenant: "everyone" } };`,
      },
    ],
  },
  {
    name: "key-over-arguments-only",
    does: "knows operations by their arguments, whatever the run",
    edits: [
      {
        file: "src/proxy/effects/operation-key.ts",
        from: `const whose = ["longstop effect 1", caller.tenant, run.id ?? "", run.stage ?? "", "tool", target.name];`,
        to: `const whose = ["longstop effect 1", run.id === null ? "anonymous" : ""];`,
      },
    ],
  },
  {
    name: "outcome-after-the-answer",
    does: "answers first and records then",
    edits: [{ file: dispatch, from: store + failpoint + send, to: send + store + failpoint }],
  },
  {
    name: "different-key-trusted",
    does: "takes another client key for another operation",
    edits: [
      {
        file: claimed,
        from: `key.clientKey !== null && exchange.tool.clientKeys === "stable";`,
        to: "key.clientKey !== null;",
      },
    ],
  },
  {
    name: "stable-keys-share",
    does: "lets calls with different stable keys meet one record",
    edits: [
      {
        file: claimed,
        from: `const own = isProof(call) ? setApart(equal.key, clientKey ?? "") : equal.key;`,
        to: "const own = equal.key;",
      },
    ],
  },
  {
    name: "server-error-is-a-refusal",
    does: "takes a 5xx for a refusal",
    edits: [
      {
        file: "src/proxy/effects/outcome.ts",
        from: `if (status === 408 || status >= 500) return "in-doubt";`,
        to: `if (status === 408) return "in-doubt";`,
      },
    ],
  },
  {
    name: "broken-connection-is-not-sent",
    does: "takes a connection that broke for one on which nothing was sent",
    edits: [
      {
        file: dispatch,
        from: `thrown instanceof UpstreamFailure && thrown.sent === "no";`,
        to: "thrown instanceof UpstreamFailure;",
      },
    ],
  },
  {
    name: "unrecorded-ok",
    does: "answers although the outcome could not be recorded",
    edits: [{ file: dispatch, from: "throw unrecorded(this.#record, cause);", to: "return;" }],
  },
  {
    name: "doubt-dispatched-again",
    does: "dispatches again whatever is in doubt",
    edits: [
      {
        file: "src/proxy/effects/second-dispatch.ts",
        from: "if (terms.keyRetentionMs === null) return null;",
        to: "if (terms.keyRetentionMs === null) return { withinMs: null, sameBytes: true };",
      },
    ],
  },
  {
    name: "key-of-the-dispatch",
    does: "sends another key with every dispatch of one operation",
    edits: [
      {
        file: "src/proxy/effects/operation-key.ts",
        from: "{ tenant, id, clientKey, keyEpoch }: ClaimRecord",
        to: "{ tenant, id, clientKey, epoch: keyEpoch }: ClaimRecord",
      },
    ],
  },
  {
    name: "key-that-was-refused",
    does: "keeps a key under which a service keeps its 402",
    edits: [{ file: "src/proxy/effects/second-dispatch.ts", from: `"any" : [402];`, to: `"any" : [];` }],
  },
  {
    name: "delivery-of-another-attempt",
    does: "takes an answer for delivered because an earlier attempt had it",
    edits: [
      {
        file: "src/ledger/sqlite/claims.ts",
        from: "if (!record.delivered) return record;",
        to: "if (record.id !== null) return record;",
      },
    ],
  },
  {
    name: "delivery-of-a-refusal",
    does: "takes who had got a refusal for who got the answer",
    edits: [
      {
        file: "src/proxy/effects/orphans.ts",
        from: "return `${id} ${epoch} ",
        to: "return `${id} ${typeof epoch} ",
      },
    ],
  },
  {
    name: "vanished-caller-forgotten",
    does: "forgets that the caller of a running call has left",
    edits: [
      {
        file: "src/proxy/effects/orphans.ts",
        from: "running.left.add(occurrence);",
        to: "running.left.delete(occurrence);",
      },
    ],
  },
  {
    name: "turn-evidence-ignored",
    does: "takes no retry for one",
    turns: true,
    edits: [
      {
        file: "src/proxy/turns/serve-turn.ts",
        from: `const saysRetry = Number(headers["x-stainless-retry-count"] ?? 0) > 0;`,
        to: `const saysRetry = Number(headers["x-stainless-retry-count"] ?? 0) > 1_000;`,
      },
    ],
  },
  {
    name: "turn-pieces-without-epoch",
    does: "writes what is made anew where pieces of what broke off are",
    turns: true,
    edits: [
      {
        file: "src/proxy/turns/turn-pieces.ts",
        from: "return `turn-${place}-${id}-${epoch}`;",
        to: "return `turn-${place}-${id}-${typeof epoch}`;",
      },
    ],
  },
  {
    name: "turn-cut-is-whole",
    does: "takes a stream that a proxy ended for an answer",
    turns: true,
    edits: [
      {
        file: "src/proxy/turns/turn-output.ts",
        from: "if (this.#isCut) this.brokeOff = true;",
        to: "if (this.#isCut) this.brokeOff = false;",
      },
    ],
  },
  {
    name: "turn-made-anew-for-a-part",
    does: "goes on with another generation where the gateway that made the first one died",
    turns: true,
    edits: [
      { file: "src/proxy/turns/serve-turn.ts", from: "if (inbound.started) throw lostTurn(thrown);", to: "" },
    ],
  },
  {
    name: "turn-broken-off-is-done",
    does: "records what broke off as done",
    turns: true,
    edits: [
      {
        file: "src/proxy/turns/turn-record.ts",
        from: "    if (isAnswer) {",
        to: "    if (isAnswer || head.status === 200) {",
      },
    ],
  },
];
