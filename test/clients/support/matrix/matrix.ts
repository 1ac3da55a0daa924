import { describe } from "vitest";
import type { Client } from "../client.ts";
import { siteOf } from "../site.ts";
import { alike } from "./alike.ts";
import { cutByLimit } from "./cut-by-limit.ts";
import { faulty } from "./faulty.ts";
import { longConversation } from "./long-conversation.ts";
import { nothingWrong } from "./nothing-wrong.ts";
import { repaired } from "./repaired.ts";
import { slow } from "./slow.ts";

/**
 * All that each client is promised, on one provider and one gateway. Its tests run at the same time; what
 * waits longest begins first, or at the end all would wait for it.
 */
export function matrix(clients: readonly Client[]): void {
  const site = siteOf();
  describe.concurrent.each(clients)("$name", { timeout: 120_000 }, (client) => {
    faulty(client, site);
    slow(client, site);
    longConversation(client, site);
  });
  describe.concurrent.each(clients)("$name", { timeout: 120_000 }, (client) => {
    nothingWrong(client, site);
    repaired(client, site);
    alike(client, site);
    cutByLimit(client, site);
  });
}
