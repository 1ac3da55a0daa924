import { anthropicMessages } from "./anthropic-messages/index.ts";
import { gemini } from "./gemini/index.ts";
import { openaiChat } from "./openai-chat/index.ts";
import { openaiResponses } from "./openai-responses/index.ts";
import type { Protocol } from "./protocol.ts";

/** Every wire format that the gateway reads. */
export const protocols: readonly Protocol[] = [openaiChat, openaiResponses, anthropicMessages, gemini];
