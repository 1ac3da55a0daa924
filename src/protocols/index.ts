import { anthropicMessages } from "./anthropic-messages/index.ts";
import { openaiChat } from "./openai-chat/index.ts";
import type { Protocol } from "./protocol.ts";

/** Every wire format that the gateway reads. */
export const protocols: readonly Protocol[] = [openaiChat, anthropicMessages];
