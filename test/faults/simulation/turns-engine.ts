import { protocols } from "../../../src/protocols/index.ts";
import type { Engine } from "../../../src/proxy/engine.ts";
import { groupPosts } from "../../../src/proxy/posts.ts";

const posts = groupPosts([]);
const version = { id: "v", text: "", posts, judging: "", others: posts };

/** What of an engine only exchanges with models need: nobody watches what is in them. */
export const turnsEngine = {
  protocols,
  posts,
  version,
  versions: { of: () => ({ id: version.id, posts }) },
  conversations: { facts: () => ({ facts: [], writable: false }), append: async () => [] },
  accountKey: async () => new Uint8Array(32),
} as unknown as Pick<Engine, "protocols" | "posts" | "version" | "versions" | "conversations" | "accountKey">;
