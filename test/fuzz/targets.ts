import type { Target } from "./fuzz.ts";
import { jsonTarget } from "./json-target.ts";
import { protocolTargets } from "./protocol-targets.ts";
import { sseTarget } from "./sse-target.ts";

export const targets: readonly Target[] = [sseTarget, jsonTarget, ...protocolTargets];
