import type { KeyedService } from "../../../src/exchange/keyed-service.ts";
import type { EngineSettings, Target, ToolTarget } from "../../../src/proxy/settings.ts";

export const generousTimeouts = {
  connectMs: 2_000,
  headersMs: 5_000,
  firstTokenMs: 5_000,
  idleMs: 5_000,
  totalMs: 0,
} as const;

export function targetOf(name: string, origin: string, basePath = ""): Target {
  return { name, origin, basePath };
}

export function toolOf(name: string, origin: string, more: Partial<ToolTarget> = {}): ToolTarget {
  return {
    name,
    origin,
    basePath: "",
    effect: "by-method",
    timeoutMs: 5_000,
    clientKeys: "random",
    rules: [],
    services: [],
    ...more,
  };
}

/** A row of a table of services: the header `Idempotency-Key` on every path. */
export function keyedService(more: Partial<KeyedService> = {}): KeyedService {
  return {
    name: "Test service",
    hosts: ["127.0.0.1"],
    paths: ["/**"],
    methods: ["POST"],
    key: { in: "header", name: "Idempotency-Key" },
    limits: {},
    conflict: "in-doubt",
    ignore: [],
    source: "https://service.test/docs",
    checked: "2026-11-30",
    ...more,
  };
}

/** Settings with the upstreams `openai`, `anthropic` and `gemini`, and the tool `payments`. */
export function engineSettings(more: Partial<EngineSettings> = {}): EngineSettings {
  const upstreams = [
    targetOf("openai", "https://openai.test"),
    targetOf("anthropic", "https://anthropic.test", "/base"),
    targetOf("gemini", "https://gemini.test"),
  ];
  return {
    limits: {
      requestBytesMax: 1_000_000,
      answerBytesMax: 1_000_000,
      frameBytesMax: 1_000_000,
    },
    timeouts: generousTimeouts,
    deadlines: {
      mode: "enforce",
      totalMs: Infinity,
      wholeMs: 290_000,
      marginPercent: 10,
      marginMsMin: 1_000,
      marginMsMax: 10_000,
    },
    upstreamRetries: { attemptsMax: 0, statuses: [], delayMs: 0, delayMsMax: 0 },
    hold: { heldBytesMax: 10_000, heldSecondsMax: 30, preambleMs: 1_000, keepAliveSeconds: 15 },
    repairAttemptsMax: 2,
    effects: {
      mode: "enforce",
      leaseSeconds: 30,
      retryWindowSeconds: 300,
      effectBodyBytesMax: 1_000_000,
      attachSeconds: 5,
      inDoubtLock: "operation",
      unrequested: "report",
    },
    turns: {
      mode: "enforce",
      graceMs: 5_000,
      streamGraceMs: 0,
      keptBytesMax: 1_000_000,
      replayMs: 86_400_000,
      detectedAttempts: "report",
      onDivergence: "pause",
      upstreamStreaming: "off",
      onPartial: "attach",
      normalise: null,
    },
    upstreams: new Map(upstreams.map((target) => [target.name, target])),
    tools: new Map([["payments", toolOf("payments", "https://payments.test")]]),
    defaultOpenai: "openai",
    defaultAnthropic: "anthropic",
    defaultGemini: "gemini",
    unguarded: "pass",
    statefulRequests: "hydrate",
    ...more,
  };
}
