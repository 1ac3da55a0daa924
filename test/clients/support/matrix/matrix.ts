import { describe } from "vitest";
import type { Client } from "../client.ts";
import { siteOf } from "../site.ts";
import { alike } from "./alike.ts";
import { cutByLimit } from "./cut-by-limit.ts";
import { faulty } from "./faults.ts";
import { longConversation } from "./long-conversation.ts";
import { nothingWrong } from "./nothing-wrong.ts";
import { refused } from "./refused.ts";
import { repaired } from "./repaired.ts";
import { slow } from "./slow.ts";

/** All that each client is promised, on one provider and one gateway. */
export function matrix(clients: readonly Client[]): void {
  describe("through one gateway", () => {
    const site = siteOf();
    describe.each(clients)("$name", (client) => {
      nothingWrong(client, site);
      repaired(client, site);
      alike(client, site);
      refused(client, site);
      faulty(client, site);
      cutByLimit(client, site);
      longConversation(client, site);
    });
  });
  slow(clients);
}
