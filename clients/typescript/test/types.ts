// Code that tsc must refuse. tsc compiles this file, and nothing runs it.

import { type Client, items, lines, orThrow } from "serverless-api-client";

export async function typed(client: Client, id: string) {
  const { data, error } = await client.GET("/api/posts/{id}", { params: { path: { id } } });
  // @ts-expect-error: there is no data where there is an error
  data.title;
  if (error) {
    return error.code;
  }
  data.title.toUpperCase();
  // @ts-expect-error: a post has no such member
  data.titel;

  const created = await client.POST("/api/posts", { body: { title: "Notes", content: "It weaves." } });
  created.error?.code === "title_taken";
  // @ts-expect-error: the operation has no such error
  created.error?.code === "email_taken";

  // @ts-expect-error: the API has no such path
  await client.GET("/api/post");
  // @ts-expect-error: the path needs its parameter
  await client.GET("/api/posts/{id}");
  // @ts-expect-error: a post needs its content
  await client.POST("/api/posts", { body: { title: "Notes" } });
  // @ts-expect-error: the body has no such member
  await client.POST("/api/posts", { body: { title: "Notes", content: "It weaves.", catgory: "tech" } });
  // @ts-expect-error: the body has no such member
  await client.PATCH("/api/posts/{id}", { params: { path: { id } }, body: { titel: "Notes" } });
  // @ts-expect-error: a list is not sorted so
  items(client, "/api/posts", { sort: "author" });
  // @ts-expect-error: the iteration counts its pages itself
  items(client, "/api/posts", { page: 2 });
  // @ts-expect-error: this is no list
  items(client, "/api/health", {});
  // @ts-expect-error: these are no lines
  lines(client, "/api/stream");
  for await (const line of lines(client, "/api/stream/posts")) {
    line.title.toUpperCase();
  }
  for await (const user of items(client, "/api/users", {})) {
    user.role satisfies "user" | "admin" | undefined;
  }
  return orThrow(await client.GET("/api/health")).status;
}
