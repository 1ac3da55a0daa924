import { plainClients, type Post } from "./loop.ts";

const post: Post = async (url, headers, body, { fetch: fetching = fetch }) => {
  const answer = await fetching(url, { method: "POST", headers, body });
  const { status, headers: got } = answer;
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of answer.body ?? []) text += decoder.decode(chunk, { stream: true });
  } catch (cause) {
    return { status, headers: got, body: text, broken: cause as Error };
  }
  return { status, headers: got, body: text, broken: null };
};

export const fetchClients = plainClients("fetch", post);
