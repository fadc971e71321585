import { type Client, items, orThrow } from "serverless-api-client";
import { collect, equal } from "./expect.js";

export const TITLES = ["First", "Second", "Third", "Fourth", "Fifth"].map((number) => `${number} post`);

export async function create(client: Client): Promise<string> {
  for (const title of TITLES) {
    const created = await client.POST("/api/posts", { body: { title, content: "It weaves.", published: true } });
    equal(orThrow(created).title, title);
  }
  return `created ${TITLES.length} posts`;
}

export async function edit(client: Client): Promise<string> {
  const created = await client.POST("/api/posts", { body: { title: "A draft", content: "It weaves." } });
  const tag = created.response.headers.get("ETag")!;
  const params = { path: { id: orThrow(created).id }, header: { "If-Match": tag } };
  const edited = await client.PATCH("/api/posts/{id}", { params, body: { category: "tech" } });
  equal(orThrow(edited).category, "tech");
  const stale = await client.PATCH("/api/posts/{id}", { params, body: { category: null } });
  equal([stale.error?.code, stale.response.status], ["precondition_failed", 412]);
  return `edited a draft at ${tag}; at the same tag again: ${stale.error?.code}`;
}

export async function list(client: Client): Promise<string> {
  const posts = await collect(items(client, "/api/posts", { sort: "createdAt", order: "asc", limit: 2 }));
  equal(posts.map(({ title }) => title), TITLES);
  return `listed ${posts.length} posts to the end, 2 a page`;
}
